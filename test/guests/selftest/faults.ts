/** Every fault arrives where it belongs, with the error code it should have, from ring 0 and from ring 3. Intel SDM vol. 3, chapter 6. */
import {
  executeUser, faultAddress, faultError, faultInstruction, invalidatePage, linear, load64, NoFault, pageTable, readControl, store64, store8, writeControl,
} from '../platform/hw'
import { attempt, lockedMove, processorChecks, readDoubleword, result, tryReadMsr, tryWriteMsr, tryWriteXcr, writeCr0, writeCr3, writeCr4, writeCr8, writeDoubleword } from '../platform/instructions'
import { registers } from '../platform/registers'
import { mapWindow, Window } from '../platform/window'
import {
  clearTaskSwitched, faultBreakpoint, faultDivide, faultDivideOverflow, faultLongInstruction, faultNonCanonical, faultNotAvailable, faultSelector,
  faultStack, faultUndefined, fetch, privilegedCli, privilegedCr, privilegedHlt, privilegedIn, privilegedInvlpg, privilegedLgdt, privilegedMsr, privilegedOut,
  privilegedWbinvd, segmentBases, softwareInterrupt, userAlignment, userCode, userSpin,
} from './code'
import { startTimer, stopTimer, DivideBy1, enableApic, hasApic } from '../platform/localapic'
import { enableInterrupts, disableInterrupts } from '../platform/hw'
import { forget, taken, Vector } from './interrupts'
import { equal, equalOnProcessor, equalUnderHypervisor, onBochsSvm, onEmulator, processorEmulated, setEmulated, skip } from './report'

namespace Exception {
  export const Divide: u32 = 0
  export const Breakpoint: u32 = 3
  export const Undefined: u32 = 6
  export const NotAvailable: u32 = 7
  export const Stack: u32 = 12
  export const Protection: u32 = 13
  export const Page: u32 = 14
  export const Alignment: u32 = 17
}

/** Runs a piece of code in ring 3. */
function attemptUser(code: u64, rdi: u64 = 0, rcx: u64 = 0): u32 {
  registers.rdi = rdi
  registers.rcx = rcx
  registers.rdx = 0x3FF
  return executeUser(code, changetype<usize>(registers))
}

function testRing0(): void {
  equal('#UD', attempt(faultUndefined()), Exception.Undefined)
  equal('  at the instruction', faultInstruction(), faultUndefined())
  equal('#DE by zero', attempt(faultDivide()), Exception.Divide)
  equal('#DE by overflow', attempt(faultDivideOverflow()), Exception.Divide)
  equal('#BP', attempt(faultBreakpoint()), Exception.Breakpoint)
  equal('  after the instruction', faultInstruction(), faultBreakpoint() + 1)
  equal('#GP of a non-canonical address', attempt(faultNonCanonical()), Exception.Protection)
  equal('  error code', faultError(), 0)
  equalOnProcessor('#SS of a non-canonical stack', attempt(faultStack()), Exception.Stack)
  equal('#GP of a selector past the table', attempt(faultSelector(), 0, 0x1238), Exception.Protection)
  equal('  error code is the selector', faultError(), 0x1238)
  equal('#NM', attempt(faultNotAvailable()), Exception.NotAvailable)
  attempt(clearTaskSwitched())
  equal('CLTS', readControl(0) & 8, 0)
  equal('#GP of sixteen bytes', attempt(faultLongInstruction()), Exception.Protection)
  equalOnProcessor('#UD of a LOCK that cannot be', attempt(lockedMove(), registersAddress()), Exception.Undefined)
}

function registersAddress(): u64 { return linear(changetype<usize>(registers)) }

@inline const Unmapped: u64 = 0x140000000 // 5 GiB: beyond the tables

function testPageFaults(): void {
  equal('#PF of a read', attempt(readDoubleword(), Unmapped + 0x123), Exception.Page)
  equal('  address', faultAddress(), Unmapped + 0x123)
  equal('  error code', faultError(), 0)
  equal('#PF of a write', attempt(writeDoubleword(), Unmapped), Exception.Page)
  equal('  error code', faultError(), 2)
  equal('#PF of a fetch', attempt(fetch(), Unmapped), Exception.Page)
  equal('  at its target', faultInstruction(), Unmapped)

  // The page of the window, onto RAM.
  const target = linear(page)
  const at = mapWindow(target)
  const entry = windowEntry()
  const attributes = load64(entry) & ~0x60
  store64(entry, attributes)
  invalidatePage(at)
  attempt(readDoubleword(), at)
  equal('accessed bit', load64(entry) & 0x60, 0x20)
  attempt(writeDoubleword(), at, 0x600D)
  equal('dirty bit', load64(entry) & 0x60, 0x60)
  equal('  the data arrived', load<u32>(page), 0x600D)
  store64(entry, attributes & ~2)
  invalidatePage(at)
  equal('#PF of a write to a read-only page', attempt(writeDoubleword(), at), Exception.Page)
  equal('  error code', faultError(), 3)
  store64(entry, attributes & ~4)
  invalidatePage(at)
  equal('#PF of ring 3 on a supervisor page', attemptUser(readDoubleword(), at), Exception.Page)
  equal('  error code', faultError(), 5)
  store64(entry, attributes | u64(1) << 51)
  invalidatePage(at)
  equal('#PF of a reserved bit', attempt(readDoubleword(), at), Exception.Page)
  equalOnProcessor('  error code', faultError(), 9)
  mapWindow(Window)
}

const page: usize = memory.data(4096, 4096)

function windowEntry(): u64 {
  const pointers = load64(pageTable()) & 0xFFFFFFFFFF000
  return (load64(pointers + 16) & 0xFFFFFFFFFF000) + 511 * 8
}

function testRing3(): void {
  equal('ring 3', attemptUser(userCode()), NoFault)
  equal('  its CPL', registers.rax, 3)
  equal('  CLI', attemptUser(privilegedCli()), Exception.Protection)
  equal('  HLT', attemptUser(privilegedHlt()), Exception.Protection)
  equal('  IN', attemptUser(privilegedIn()), Exception.Protection)
  equal('  OUT', attemptUser(privilegedOut()), Exception.Protection)
  equal('  MOV from CR0', attemptUser(privilegedCr()), Exception.Protection)
  equal('  RDMSR', attemptUser(privilegedMsr()), Exception.Protection)
  equal('  LGDT', attemptUser(privilegedLgdt()), Exception.Protection)
  equal('  INVLPG', attemptUser(privilegedInvlpg()), Exception.Protection)
  equal('  WBINVD', attemptUser(privilegedWbinvd()), Exception.Protection)
  equal('  INT of a gate of ring 0', attemptUser(softwareInterrupt()), Exception.Protection)
  equalOnProcessor('  error code names the gate', faultError(), 0x62 * 8 + 2)
  equal('  #UD', attemptUser(faultUndefined()), Exception.Undefined)
  equal('  #DE', attemptUser(faultDivide()), Exception.Divide)
  equal('  #PF', attemptUser(readDoubleword(), Unmapped), Exception.Page)
  equal('  error code', faultError(), 4)
  equal('  breakpoint', attemptUser(faultBreakpoint()), Exception.Breakpoint)
  const control = readControl(0)
  writeControl(0, control | 1 << 18) // AM
  equalOnProcessor('  #AC', attemptUser(userAlignment()), Exception.Alignment)
  writeControl(0, control)
  if (!hasApic()) return
  enableApic()
  forget()
  startTimer(Vector.Timer, 0, 100000, DivideBy1)
  enableInterrupts()
  for (let i = 0; i < 100 && !taken(Vector.Timer); i++) attemptUser(userSpin(), 0, 1000000)
  disableInterrupts()
  stopTimer()
  equal('  interrupted', taken(Vector.Timer), 1)
}

function testControls(): void {
  const cr0 = readControl(0)
  // QEMU's processor takes these, and what it is then no guest survives, nor does Bochs itself under SVM.
  if (processorEmulated() || onBochsSvm()) skip('CR0: reserved and impossible values', 'the emulator does not check')
  else {
    equal('CR0: paging without protection', attempt(writeCr0(), 0, cr0 & ~1), Exception.Protection)
    equal('CR0: NW without CD', attempt(writeCr0(), 0, cr0 | 1 << 29), Exception.Protection)
    equal('CR0: upper half', attempt(writeCr0(), 0, cr0 | u64(1) << 32), Exception.Protection)
  }
  if (onEmulator()) skip('CR3 and CR4: reserved and impossible values', 'the emulator does not check')
  else {
    equal('CR3: bits beyond physical addresses', attempt(writeCr3(), 0, readControl(3) | u64(1) << 52), Exception.Protection)
    equal('CR4: PAE off in long mode', attempt(writeCr4(), 0, readControl(4) & ~0x20), Exception.Protection)
    equal('CR4: reserved bit', attempt(writeCr4(), 0, readControl(4) | u64(1) << 40), Exception.Protection)
  }
  equalOnProcessor('CR8: reserved bits', attempt(writeCr8(), 0, 0x10), Exception.Protection)
  writeControl(8, 0)
  equalUnderHypervisor('MSR that nobody has', tryReadMsr(0x12345), Exception.Protection)
  equalUnderHypervisor('  written', tryWriteMsr(0x12345, 0), Exception.Protection)
  equalUnderHypervisor('EFER: reserved bit', tryWriteMsr(0xC0000080, 0x500 | u64(1) << 40), Exception.Protection)
  equalOnProcessor('PAT: reserved type', tryWriteMsr(0x277, 0x0007040600070402), Exception.Protection)
  equal('FS base', tryWriteMsr(0xC0000100, registersAddress()), NoFault)
  registers.r8 = 0xFEEDFACE
  equal('  is used', attempt(segmentBases(), registersAddress() + 0x40), NoFault)
  equal('  value', result(), 0xFEEDFACE)
  equalOnProcessor('  non-canonical', tryWriteMsr(0xC0000100, 0x0800000000000000), Exception.Protection)
  equalOnProcessor('XCR0 without x87', tryWriteXcr(0, 2), readControl(4) & (1 << 18) ? Exception.Protection : Exception.Undefined)
}

const code: usize = memory.data(64, 16)

/** B8h MOV EAX, imm32; C3h RET. */
function testSelfModifying(): void {
  const at = linear(code)
  let wrong: u32 = 0
  for (let round: u32 = 0; round < 200; round++) {
    store8(at, 0xB8)
    store<u32>(code + 1, round * 0x01010101)
    store8(at + 5, 0xC3)
    if (attempt(at) != NoFault || result() != round * 0x01010101) wrong++
  }
  equal('self-modifying code', wrong, 0)
}

/** Notes whether the processor makes all its checks. */
export function findEmulator(): void { setEmulated(!processorChecks()) }

export function testFaults(): void {
  testRing0()
  testPageFaults()
  testRing3()
  testControls()
  testSelfModifying()
}
