/** Instructions that CPUID offers one by one: they work where it has them and are #UD where it has not. What they read is this guest's own. Intel SDM vol. 2. */
import { argumentIs } from '../platform/arguments'
import { ticksOf } from '../platform/clock'
import { cpuid, execute, linear, load64, NoFault, readControl, readTsc, store64, writeControl } from '../platform/hw'
import { tryReadMsr, tryWriteMsr, tryWriteXcr, wideResult } from '../platform/instructions'
import { Low } from '../platform/legacy'
import { random, seed } from '../platform/random'
import { registers } from '../platform/registers'
import { closeWindow, mapWindow, pointWindow, Window } from '../platform/window'
import { compactRoundTrip } from './code'
import { equal, equalOnProcessor, equalUnderHypervisor, holds, skip, subject } from './report'
import { fresh, Mode, pointAtData, run } from './run'

const Undefined: u32 = 6
const Protection: u32 = 13
const TscAux: u32 = 0xC0000103
const UserWaitControl: u32 = 0xE1
const SupervisorState: u32 = 0xDA0
const Rdtscp: string = '0F 01 F9'
const Rdpid: string = 'F3 0F C7 F8'
const Invpcid: string = '66 0F 38 82 0F' // RCX type, [RDI]
const Xsaves: string = '48 0F C7 2F'
const Tpause: string = '66 0F AE F1' // ECX state, EDX:EAX until
@inline const TimeStampDisable: u64 = 4 // CR4
@inline const Osxsave: u64 = 1 << 18

const given: usize = memory.data(512, 16)
const left: usize = memory.data(512, 16)
const area: usize = memory.data(1024 + 64, 64)

/** RCX as RDTSCP leaves it in a ring, or more than 32 bits where it faults. */
function auxiliary(ring: u32): u64 {
  registers.rcx = u64.MAX_VALUE
  return run(Mode.Long, ring, Rdtscp) == NoFault ? registers.rcx : u64.MAX_VALUE
}

/** Two guests that run beside each other are told to have different values. */
function testTscAux(): void {
  const isOffered = (cpuid(0x80000001, 0, 3) >> 27 & 1) != 0
  subject('RDTSCP')
  if (!isOffered) {
    equal('  is #UD where it is not offered', run(Mode.Long, 0, Rdtscp), Undefined)
    equalUnderHypervisor('  and TSC_AUX is #GP', tryReadMsr(TscAux), Protection)
    return
  }
  equal('  TSC_AUX is 0 at first', auxiliary(0), 0)
  const mine: u64 = argumentIs('aux', 'other') ? 0x5A5A0002 : 0xFFFF0001
  equal('  TSC_AUX can be written', tryWriteMsr(TscAux, mine), NoFault)
  equalUnderHypervisor('  its upper half is reserved', tryWriteMsr(TscAux, mine | u64(1) << 32), Protection)
  tryWriteMsr(TscAux, mine) // QEMU's own processor has taken the other
  tryReadMsr(TscAux)
  equal('  it reads back', wideResult(), mine)
  // Long enough for others to have the processor between.
  let wrong: u64 = 0
  const end = readTsc() + ticksOf(100000)
  for (let round: u32 = 0; readTsc() < end; round++) {
    const before = readTsc()
    if (auxiliary(round & 3) != mine) wrong++
    const time = registers.rdx << 32 | registers.rax
    if (time < before || time > readTsc()) wrong++
  }
  equal('  has this guest\'s TSC_AUX and TSC in every ring', wrong, 0)
  if ((cpuid(7, 0, 2) >> 22 & 1) != 0) {
    equal('RDPID', run(Mode.Long, 3, Rdpid), NoFault)
    equal('  has the same', registers.rax, mine)
  } else skip('RDPID', 'not in CPUID')
  const cr4 = readControl(4)
  writeControl(4, cr4 | TimeStampDisable)
  equal('RDTSCP with CR4.TSD', run(Mode.Long, 3, Rdtscp), Protection)
  equal('  is ring 0\'s', auxiliary(0), mine)
  writeControl(4, cr4)
}

function invalidate(ring: u32, type: u64, identifier: u64): u32 {
  pointAtData(Mode.Long)
  store64(Low.Data, identifier)
  store64(Low.Data + 8, Window)
  registers.rcx = type
  return run(Mode.Long, ring, Invpcid)
}

/** There are no PCIDs: all that is cached is PCID 0's. */
function testInvpcid(): void {
  subject('INVPCID')
  if ((cpuid(7, 0, 1) >> 10 & 1) == 0) return equal('  is #UD where it is not offered', invalidate(0, 2, 0), Undefined)
  const other = u64(Low.Code) + 0x200000
  for (let type: u64 = 0; type < 4; type++) {
    store64(Low.Code, ~load64(other))
    mapWindow(Low.Code)
    holds('  the old page is mapped', load64(Window | Low.Code) != load64(other))
    pointWindow(other)
    equal('  of a type that exists', invalidate(0, type, 0), NoFault)
    equal('  forgets it', load64(Window | Low.Code), load64(other))
  }
  closeWindow()
  equal('  of another type is #GP', invalidate(0, 4, 0), Protection)
  equal('  of a PCID without CR4.PCIDE is #GP', invalidate(0, 0, 1), Protection)
  equal('  of a reserved bit is #GP', invalidate(0, 0, 1 << 12), Protection)
  equal('  in ring 3 is #GP', invalidate(3, 2, 0), Protection)
}

/** SDM vol. 1, 13.4.3: the legacy region and the header, and AVX if it is enabled. */
function compactSize(xcr0: u64, size: u32): void {
  tryWriteXcr(0, xcr0)
  equal('  its size follows XCR0', cpuid(13, 1, 1), size)
}

function testXsaves(): void {
  subject('XSAVES')
  const hasAvx = (cpuid(1, 0, 2) >> 28 & 1) != 0
  const features = (cpuid(1, 0, 2) >> 26 & 1) != 0 ? cpuid(13, 1, 0) : 0
  const cr4 = readControl(4)
  if (features) writeControl(4, cr4 | Osxsave)
  if ((features & 0xA) != 0 && hasAvx) {
    subject('compact XSAVE area')
    compactSize(1, 576)
    compactSize(3, 576)
    compactSize(7, 832)
    equal('  AVX is a user\'s state, not aligned', cpuid(13, 2, 2), 0)
    subject('XSAVES')
  }
  if ((features & 8) == 0) {
    pointAtData(Mode.Long)
    equal('  is #UD where it is not offered', run(Mode.Long, 0, Xsaves), Undefined)
    equalUnderHypervisor('  and XSS is #GP', tryReadMsr(SupervisorState), Protection)
  } else {
    equal('  XSS is there', tryReadMsr(SupervisorState), NoFault)
    equal('  and 0', wideResult(), 0)
    equal('  it takes 0', tryWriteMsr(SupervisorState, 0), NoFault)
    equal('  and no state that CPUID lacks', tryWriteMsr(SupervisorState, 1 << 8), Protection)
    pointAtData(Mode.Long)
    equal('  in ring 3 is #GP', run(Mode.Long, 3, Xsaves), Protection)
    if (hasAvx) testRoundTrip()
  }
  writeControl(4, cr4)
}

/** Saves, clears and restores what `mask` names, where both halves of the YMM registers hold something; what came back wrong, of the lower halves or the upper. */
function roundTrip(mask: u32, isUpper: bool): u32 {
  for (let at: usize = 0; at < 512; at += 8) {
    store<u64>(given + at, random())
    store<u64>(left + at, 0)
  }
  memory.fill(area, 0, 1024 + 64)
  registers.rdi = linear(given)
  registers.rsi = linear(left)
  registers.rbx = alignedArea()
  registers.rax = mask
  const vector = execute(compactRoundTrip(), changetype<usize>(registers))
  if (vector != NoFault) return vector << 8
  let differences: u32 = 0
  for (let at: usize = isUpper ? 16 : 0; at < 512; at += 32) if (load<u64>(given + at) != load<u64>(left + at) || load<u64>(given + at + 8) != load<u64>(left + at + 8)) differences++
  return differences
}

function alignedArea(): u64 { return linear(area) + 63 & ~63 }

function testRoundTrip(): void {
  tryWriteXcr(0, 7)
  seed(0xC0)
  equal('  and XRSTORS bring back XMM registers', roundTrip(3, false), 0)
  equal('  the area is compact', load64(alignedArea() + 520), u64(1) << 63 | 3)
  const differences = roundTrip(7, true)
  // Bochs 2.7 writes them at 416, where the legacy region and the header are.
  if (load64(alignedArea() + 528) != 0) return skip('XSAVES: upper halves of YMM registers', 'the emulator saves them over the header')
  equal('  and upper halves of YMM registers', differences, 0)
}

function testUserWait(): void {
  subject('TPAUSE')
  registers.rax = registers.rcx = registers.rdx = 0
  if ((cpuid(7, 0, 2) >> 5 & 1) == 0) {
    equalOnProcessor('  is #UD where it is not offered', run(Mode.Long, 0, Tpause), Undefined)
    equalUnderHypervisor('  and UMWAIT_CONTROL is #GP', tryReadMsr(UserWaitControl), Protection)
    return
  }
  equal('  until a time that is over', run(Mode.Long, 3, Tpause), NoFault)
  const end = readTsc() + ticksOf(1000)
  registers.rax = end & 0xFFFFFFFF
  registers.rdx = end >> 32
  registers.rcx = 1
  equal('  until a time to come', run(Mode.Long, 3, Tpause), NoFault)
  equal('UMWAIT_CONTROL can be written', tryWriteMsr(UserWaitControl, 0x186A1), NoFault)
  tryReadMsr(UserWaitControl)
  equal('  and reads back', wideResult(), 0x186A1)
  equal('  but for a reserved bit', tryWriteMsr(UserWaitControl, 2), Protection)
}

export function testOffered(): void {
  fresh()
  testTscAux()
  testInvpcid()
  testXsaves()
  testUserWait()
}
