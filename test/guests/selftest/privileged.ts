/** Instructions that only ring 0 may execute, from every ring of every mode. Intel SDM vol. 3, 5.9; vol. 2 for each. */
import { cpuid, NoFault, readControl, readMsr, store16, store64, writeControl, writeMsr } from '../platform/hw'
import { descriptorTable } from '../platform/descriptors'
import { Low } from '../platform/legacy'
import { registers } from '../platform/registers'
import { equal, skip, subject } from './report'
import { Ended, fresh, isNarrow, Mode, modeName, permitPort, pointAtData, run, World } from './run'

/** In one number: how far the instruction pointer is from the instruction, the vector, the error code. */
function outcome(mode: u32, ring: u32, bytes: string): u64 {
  prepare(mode)
  const vector = run(mode, ring, bytes)
  if (vector == NoFault) return NoFault
  return (Ended.ip - (isNarrow(mode) ? Low.Code - Low.Base : Low.Code)) << 32 | u64(vector) << 16 | Ended.error
}

/** Operands that do no harm: RDI or BX names what LGDT may load, ECX an MSR, DX a port that nobody has. */
function prepare(mode: u32): void {
  pointAtData(mode)
  store16(Low.Data, 0x1FF)
  store64(Low.Data + 2, descriptorTable())
  registers.rax = 0
  registers.rcx = 0x174 // SYSENTER_CS
  registers.rdx = Nobody
  registers.rsi = registers.rdi
}

@inline const Efer: u32 = 0xC0000080
const Nobody: u32 = 0x9F0 // no device of a PC has this port
@inline const Protection: u64 = 13 << 16 // #GP(0) at the instruction
@inline const Undefined: u64 = 6 << 16 // #UD

/** What rings from `ring` on come to; one that differs from what is expected is shown. */
function inRings(mode: u32, ring: u32, bytes: string, expected: u64): u64 {
  for (; ring < 4; ring++) {
    const got = outcome(mode, mode == Mode.Virtual ? 3 : ring, bytes)
    if (got != expected) return got
  }
  return expected
}

/** #GP(0) in rings 1 to 3 of all modes from `from` on; in ring 0 it does no harm where `harmless`. */
function privileged(name: string, bytes: string, harmless: bool = true, from: u32 = Mode.Long, to: u32 = Mode.Virtual): void {
  subject(name)
  for (let mode = from; mode <= to; mode++) {
    if (mode != Mode.Real) equal(modeName(mode, false), inRings(mode, 1, bytes, Protection), Protection)
    if (harmless && mode != Mode.Virtual) equal(modeName(mode, true), outcome(mode, 0, bytes), NoFault)
  }
}

/** #UD in every ring of the modes from `from` to `to`. */
function undefined(name: string, bytes: string, from: u32, to: u32): void {
  subject(name)
  for (let mode = from; mode <= to; mode++) equal(modeName(mode, false), mode == Mode.Real ? outcome(mode, 0, bytes) : inRings(mode, 0, bytes, Undefined), Undefined)
}

function testEveryMode(): void {
  privileged('HLT', 'F4', false)
  privileged('CLTS', '0F 06')
  privileged('INVD', '0F 08')
  privileged('WBINVD', '0F 09')
  privileged('LGDT', '0F 01 17')
  privileged('LIDT', '0F 01 1F', false)
  privileged('LMSW', '0F 01 F0')
  privileged('INVLPG', '0F 01 3F')
  privileged('MOV from CR0', '0F 20 C0')
  privileged('MOV from CR2', '0F 20 D0')
  privileged('MOV from CR3', '0F 20 D8')
  privileged('MOV from CR4', '0F 20 E0')
  privileged('MOV to CR0', '0F 22 C0', false)
  privileged('MOV to and from CR2', '0F 22 D0 0F 20 D0')
  privileged('MOV to CR3', '0F 22 D8', false)
  privileged('MOV to CR4', '0F 22 E0', false)
  privileged('MOV from DR0', '0F 21 C0')
  privileged('MOV from DR7', '0F 21 F8')
  privileged('MOV to DR1', '0F 23 C8')
  privileged('MOV to DR6', '0F 23 F0')
  privileged('RDMSR', '0F 32')
  privileged('WRMSR', '0F 30')
  privileged('WRMSR of an MSR that was read', '0F 32 0F 30')
}

/** SLDT and its kin do not exist in real and virtual-8086 mode. */
function testSystemSegments(): void {
  privileged('LLDT', '0F 00 D0', true, Mode.Long, Mode.Protected16)
  privileged('LTR', '0F 00 D8', false, Mode.Long, Mode.Protected16)
  undefined('LLDT', '0F 00 D0', Mode.Real, Mode.Virtual)
  undefined('LTR', '0F 00 D8', Mode.Real, Mode.Virtual)
  undefined('SLDT', '0F 00 C0', Mode.Real, Mode.Virtual)
  undefined('STR', '0F 00 C8', Mode.Real, Mode.Virtual)
  undefined('VERR', '0F 00 E0', Mode.Real, Mode.Virtual)
  undefined('LAR', '0F 02 C0', Mode.Real, Mode.Virtual)
  undefined('LSL', '0F 03 C0', Mode.Real, Mode.Virtual)
  undefined('ARPL', '63 C0', Mode.Real, Mode.Virtual)
}

function testLongMode(): void {
  privileged('MOV to CR8', '44 0F 22 C0', true, Mode.Long, Mode.Long)
  privileged('MOV from CR8', '44 0F 20 C0', true, Mode.Long, Mode.Long)
  privileged('SWAPGS', '0F 01 F8 0F 01 F8', true, Mode.Long, Mode.Long)
  // In long mode AMD's processors have no SYSEXIT.
  privileged('SYSEXIT', '0F 35', false, Mode.Protected32, Mode.Protected16)
  const efer = readMsr(Efer)
  undefined('SYSRET without EFER.SCE', '48 0F 07', Mode.Long, Mode.Long)
  writeMsr(Efer, efer | 1)
  privileged('SYSRET', '48 0F 07', false, Mode.Long, Mode.Long)
  writeMsr(Efer, efer)
  undefined('SWAPGS', '0F 01 F8', Mode.Compatibility32, Mode.Virtual)
}

/** IOPL and the I/O permission map. Intel SDM vol. 1, chapter 19. */
function testPorts(): void {
  for (let mode = Mode.Long; mode < Mode.Real; mode++) {
    subject('IOPL')
    for (let level: u32 = 0; level < 4; level++) {
      World.flags = 2 | level << 12
      let wrong: u64 = 0
      for (let ring: u32 = 0; ring < 4; ring++) {
        const expected = ring > level ? Protection : u64(NoFault)
        if (outcome(mode, ring, 'FA') != expected) wrong |= 1 << ring // CLI
        if (outcome(mode, ring, 'FB FA') != expected) wrong |= 0x10 << ring // STI
        if (outcome(mode, ring, 'EC') != expected) wrong |= 0x100 << ring // IN AL, DX
        if (outcome(mode, ring, 'EF') != expected) wrong |= 0x1000 << ring // OUT DX, EAX
        if (outcome(mode, ring, '6C') != expected) wrong |= 0x10000 << ring // INSB
        if (outcome(mode, ring, '6E') != expected) wrong |= 0x100000 << ring // OUTSB
      }
      equal(modeName(mode, false), wrong, 0)
    }
  }
  World.flags = 2
  permitPort(Nobody, true)
  subject('I/O permission map')
  equal('  a byte that it permits', outcome(Mode.Protected32, 3, 'EC'), NoFault)
  equal('  a word of which it permits half', outcome(Mode.Protected32, 3, '66 ED'), Protection)
  equal('  in virtual-8086 mode', outcome(Mode.Virtual, 3, 'EC'), NoFault)
  World.flags = 2 | 3 << 12
  equal('  in virtual-8086 mode whatever IOPL', outcome(Mode.Virtual, 3, 'ED'), Protection)
  permitPort(Nobody, false)
  World.flags = 2
}

/** In virtual-8086 mode with IOPL below 3 these are for the monitor. Intel SDM vol. 3, 21.2.2. */
function testVirtual(): void {
  subject('virtual-8086 mode')
  equal('  CLI', outcome(Mode.Virtual, 3, 'FA'), Protection)
  equal('  STI', outcome(Mode.Virtual, 3, 'FB'), Protection)
  equal('  PUSHF', outcome(Mode.Virtual, 3, '9C'), Protection)
  equal('  POPF', outcome(Mode.Virtual, 3, '9D'), Protection)
  equal('  INT n', outcome(Mode.Virtual, 3, 'CD 20 90'), Protection)
  equal('  IRET', outcome(Mode.Virtual, 3, 'CF'), Protection)
  World.flags = 2 | 3 << 12
  equal('  CLI with IOPL 3', outcome(Mode.Virtual, 3, 'FA'), NoFault)
  equal('  PUSHF and POPF with IOPL 3', outcome(Mode.Virtual, 3, '9C 9D'), NoFault)
  World.flags = 2
}

/** What CR4 takes away from ring 3: TSD, PCE, UMIP. */
function testForbiddable(): void {
  const before = readControl(4)
  const features = cpuid(7, 0, 2)
  for (let mode = Mode.Long; mode <= Mode.Virtual; mode++) {
    if (mode == Mode.Real) continue
    World.cr4 = 0x600
    writeControl(4, before & ~4)
    subject('RDTSC')
    equal(modeName(mode, false), inRings(mode, 1, '0F 31', NoFault), NoFault)
    World.cr4 = 0x604
    writeControl(4, before | 4)
    subject('RDTSC with CR4.TSD')
    equal(modeName(mode, false), inRings(mode, 1, '0F 31', Protection), Protection)
    writeControl(4, before)
    subject('RDPMC without CR4.PCE')
    equal(modeName(mode, false), inRings(mode, 1, '0F 33', Protection), Protection)
    if (!(features & 4)) continue
    World.cr4 = 0xE00
    writeControl(4, before | 1 << 11)
    subject('SGDT with CR4.UMIP')
    equal(modeName(mode, false), inRings(mode, 1, '0F 01 07', Protection), Protection)
    subject('SMSW with CR4.UMIP')
    equal(modeName(mode, false), inRings(mode, 1, '0F 01 E0', Protection), Protection)
    writeControl(4, before)
  }
  if (!(features & 4)) skip('CR4.UMIP', 'not in CPUID')
  World.cr4 = 0x600
}

export function testPrivileged(): void {
  fresh()
  testEveryMode()
  testSystemSegments()
  testLongMode()
  testPorts()
  testVirtual()
  testForbiddable()
}
