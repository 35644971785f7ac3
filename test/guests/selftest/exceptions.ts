/** Every exception from every ring of every mode: its vector, its error code, where it leaves the instruction pointer. Intel SDM vol. 3, 6.15. */
import { NoFault, readControl, store32, store64, writeControl } from '../platform/hw'
import { describe, Selector } from '../platform/descriptors'
import { attempt, readDr6, result, writeDr6 } from '../platform/instructions'
import { Low } from '../platform/legacy'
import { registers } from '../platform/registers'
import { resetFpu } from './code'
import { equal, equalOnProcessor, subject } from './report'
import { Ended, fresh, isNarrow, Mode, modeName, pointAtData, run, World } from './run'

namespace Exception {
  export const Divide: u32 = 0
  export const Debug: u32 = 1
  export const Breakpoint: u32 = 3
  export const Overflow: u32 = 4
  export const Bound: u32 = 5
  export const Undefined: u32 = 6
  export const NotAvailable: u32 = 7
  export const NotPresent: u32 = 11
  export const Stack: u32 = 12
  export const Protection: u32 = 13
  export const FloatingPoint: u32 = 16
  export const Alignment: u32 = 17
  export const Simd: u32 = 19
}

/** Only ring 3 can take this one. */
let onlyRing3: bool = false

/** RAX for the code, and the doubleword in memory. */
let accumulator: u64 = 0
let operand: u64 = 0

function outcome(mode: u32, ring: u32, bytes: string): u64 {
  pointAtData(mode)
  store64(Low.Data, operand)
  store32(Low.Data + 4, 0x3F800000) // 1.0
  registers.rax = accumulator
  registers.rcx = 0
  registers.rdx = 0
  const vector = run(mode, ring, bytes)
  if (vector == NoFault) return NoFault
  return (Ended.ip - (isNarrow(mode) ? Low.Code - Low.Base : Low.Code)) << 32 | u64(vector) << 16 | Ended.error
}

/** The code must end by `vector`, with the instruction pointer `at` bytes from its start, in every ring of the modes from `from` to `to`. */
function raises(name: string, bytes: string, vector: u32, at: u32, error: u32 = 0, from: u32 = Mode.Long, to: u32 = Mode.Virtual): void {
  check(name, bytes, vector, at, error, from, to, false)
}

/** The same for what QEMU's processor does not check. */
function raisesOnProcessor(name: string, bytes: string, vector: u32, at: u32, error: u32 = 0, from: u32 = Mode.Long, to: u32 = Mode.Virtual): void {
  check(name, bytes, vector, at, error, from, to, true)
}

function check(name: string, bytes: string, vector: u32, at: u32, error: u32, from: u32, to: u32, onProcessor: bool): void {
  subject(name)
  for (let mode = from; mode <= to; mode++) {
    if (mode == Mode.Real && onlyRing3) continue
    const expected = u64(at) << 32 | u64(vector) << 16 | (mode == Mode.Real ? 0 : error)
    let got = expected
    let ring: u32 = mode == Mode.Virtual || onlyRing3 ? 3 : 0
    for (; ring < (mode == Mode.Real ? 1 : 4) && got == expected; ring++) got = outcome(mode, ring, bytes)
    if (onProcessor) equalOnProcessor(modeName(mode, false), got, expected)
    else equal(modeName(mode, false), got, expected)
  }
}

function testInstructions(): void {
  raises('#DE', 'F7 F1', Exception.Divide, 0) // DIV ECX
  raises('#DE of the least quotient', '99 F7 F9', Exception.Divide, 1) // CDQ; IDIV ECX
  raises('#BP', 'CC', Exception.Breakpoint, 1)
  raises('#UD', '0F 0B', Exception.Undefined, 0)
  raises('#UD after prefixes', '66 F3 0F 0B', Exception.Undefined, 0)
  raises('#OF', 'B0 7F 04 01 CE', Exception.Overflow, 5, 0, Mode.Compatibility32) // MOV AL, 7Fh; ADD AL, 1; INTO
  raises('INTO in 64-bit code', 'CE', Exception.Undefined, 0, 0, Mode.Long, Mode.Long)
  accumulator = u32.MAX_VALUE // less than either bound
  raises('#BR', '62 07', Exception.Bound, 0, 0, Mode.Compatibility32) // BOUND AX, [BX]
  accumulator = 0
  raisesOnProcessor('ICEBP', 'F1', Exception.Debug, 1)
}

/** EFLAGS.TF as IRET loads it: the first instruction is executed, then comes the trap. */
function testSingleStep(): void {
  World.flags = 0x102
  raises('#DB of a single step', '90 90', Exception.Debug, 1)
  World.flags = 2
  attempt(readDr6())
  equal('DR6.BS after a single step', result() & 0xF00F, 0x4000)
  attempt(writeDr6(), 0, 0xFFFF0FF0)
}

/** CR0 for long mode and for the legacy modes. */
function withCr0(bits: u32): void {
  World.cr0 = 0x31 | bits
  writeControl(0, readControl(0) & ~0xE | bits)
}

function testFloatingPoint(): void {
  const before = readControl(0)
  withCr0(8) // TS
  raises('#NM of CR0.TS', 'D9 D0', Exception.NotAvailable, 0, 0, Mode.Long, Mode.Protected16) // FNOP
  raises('#NM of CR0.TS, SSE', '0F 57 C0', Exception.NotAvailable, 0, 0, Mode.Long, Mode.Protected16)
  equal('FWAIT with CR0.TS alone', outcome(Mode.Long, 3, '9B'), NoFault)
  withCr0(0xA) // TS, MP
  raises('#NM of CR0.TS and MP, FWAIT', '9B', Exception.NotAvailable, 0, 0, Mode.Long, Mode.Protected16)
  withCr0(4) // EM
  raises('#NM of CR0.EM', 'D9 D0', Exception.NotAvailable, 0, 0, Mode.Long, Mode.Protected16)
  raises('#UD of SSE with CR0.EM', '0F 57 C0', Exception.Undefined, 0, 0, Mode.Long, Mode.Protected16)
  withCr0(0)
  // FNINIT; FLDCW [EDI] of 0; FLD1; FLDZ; FDIVP; FWAIT
  raises('#MF', 'DB E3 D9 2F D9 E8 D9 EE DE F9 9B', Exception.FloatingPoint, 10, 0, Mode.Long, Mode.Protected16)
  operand = 0x1D80 // MXCSR with ZM clear. LDMXCSR [EDI]; XORPS XMM0, XMM0; MOVSS XMM1, [EDI + 4]; DIVSS XMM1, XMM0
  raisesOnProcessor('#XM', '0F AE 17 0F 57 C0 F3 0F 10 4F 04 F3 0F 5E C8', Exception.Simd, 11, 0, Mode.Long, Mode.Protected16)
  writeControl(0, before)
  World.cr0 = 0x31
  const control = readControl(4)
  World.cr4 = 0x200
  writeControl(4, control & ~0x400) // OSXMMEXCPT
  raisesOnProcessor('#UD of SSE without CR4.OSXMMEXCPT', '0F AE 17 0F 57 C0 F3 0F 10 4F 04 F3 0F 5E C8', Exception.Undefined, 11, 0, Mode.Long, Mode.Protected16)
  World.cr4 = 0x400
  writeControl(4, control & ~0x200) // OSFXSR
  raises('#UD of SSE without CR4.OSFXSR', '0F 57 C0', Exception.Undefined, 0, 0, Mode.Long, Mode.Protected16)
  World.cr4 = 0x600
  writeControl(4, control)
  operand = 0
  attempt(resetFpu())
}

function testAlignment(): void {
  const before = readControl(0)
  onlyRing3 = true
  World.cr0 |= 1 << 18 // AM
  writeControl(0, before | 1 << 18)
  World.flags = 2 | 1 << 18 // AC
  raisesOnProcessor('#AC', '8B 47 01', Exception.Alignment, 0) // MOV EAX, [EDI + 1]
  onlyRing3 = false
  equal('no #AC in ring 0', outcome(Mode.Protected32, 0, '8B 47 01'), NoFault)
  equal('no #AC in ring 2', outcome(Mode.Protected32, 2, '8B 47 01'), NoFault)
  World.flags = 2
  equal('no #AC without EFLAGS.AC', outcome(Mode.Protected32, 3, '8B 47 01'), NoFault)
  writeControl(0, before)
  World.cr0 = 0x31
}

/** MOV to a segment register. Intel SDM vol. 2, MOV; the error code is the selector without its RPL. */
function testSegments(): void {
  accumulator = 0x1238
  raises('#GP of a selector past the table', '8E D8', Exception.Protection, 0, 0x1238, Mode.Long, Mode.Protected16)
  accumulator = 0x0C
  raises('#GP of a selector without LDT', '8E D8', Exception.Protection, 0, 0x0C, Mode.Long, Mode.Protected16)
  accumulator = Selector.Spare
  describe(Selector.Spare, 0, 0xFFFFF, 0x473) // data, ring 3, not present
  raises('#NP of DS', '8E D8', Exception.NotPresent, 0, Selector.Spare, Mode.Long, Mode.Protected16)
  describe(Selector.Spare, 0, 0xFFFFF, 0x4F9) // code that may only be executed
  raises('#GP of DS, code that cannot be read', '8E D8', Exception.Protection, 0, Selector.Spare, Mode.Long, Mode.Protected16)
  describe(Selector.Spare, 0, 0xFFFFF, 0x4F1) // data that cannot be written
  raises('#GP of SS, data that cannot be written', '8E D0', Exception.Protection, 0, Selector.Spare, Mode.Long, Mode.Protected16)
  subject('#SS of SS that is not present')
  for (let mode = Mode.Long; mode < Mode.Real; mode++) {
    let wrong: u64 = 0
    for (let ring: u32 = 0; ring < 4; ring++) {
      describe(Selector.Spare, 0, 0xFFFFF, 0x413 | ring << 5)
      accumulator = Selector.Spare | ring
      const got = outcome(mode, ring, '8E D0')
      if (got != (u64(Exception.Stack) << 16 | Selector.Spare)) wrong = got
    }
    equal(modeName(mode, false), wrong, 0)
  }
  accumulator = 0
  raises('#GP of a null SS', '8E D0', Exception.Protection, 0, 0, Mode.Compatibility32, Mode.Protected16)
  raisesOnProcessor('#GP of a null DS when it is used', '8E D8 8A 07', Exception.Protection, 2, 0, Mode.Compatibility32, Mode.Protected16)
  describe(Selector.Spare, 0, 0xFFF, 0x4F3)
  accumulator = Selector.Spare | 3
  raisesOnProcessor('#GP beyond a limit', '8E D8 A1 FE 0F 00 00', Exception.Protection, 2, 0, Mode.Compatibility32, Mode.Compatibility32)
  raisesOnProcessor('#GP beyond a limit', '8E D8 A1 FE 0F 00 00', Exception.Protection, 2, 0, Mode.Protected32, Mode.Protected32)
  describe(Selector.Spare, 0, 0xFFF, 0x4F7) // expands down
  raisesOnProcessor('#GP below an expand-down limit', '8E D8 A1 FE 0F 00 00', Exception.Protection, 2, 0, Mode.Protected32, Mode.Protected32)
  subject('expand-down segment')
  equal('  above its limit', outcome(Mode.Protected32, 3, '8E D8 A1 00 10 00 00'), NoFault)
  accumulator = 0
}

export function testExceptions(): void {
  fresh()
  testInstructions()
  testSingleStep()
  testFloatingPoint()
  testAlignment()
  testSegments()
}
