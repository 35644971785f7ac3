/**
 * x87 errors with CR0.NE clear, which a PC of the AT's kind reports by FERR# and IRQ 13: the processor waits at the next x87 instruction until an
 * interrupt comes, and the handler writes port F0h and clears the error. Intel SDM vol. 1, 8.7.2; AMD APM vol. 2, 8.2.17 and 15.14.2; Intel
 * ICH9 data sheet, 13.7.
 */
import { clearErrors, linear, NoFault, out8, readControl, writeControl } from '../platform/hw'
import { endOfPicInterrupt, maskPic } from '../platform/pic'
import { isIntel, underHypervisor } from '../platform/processor'
import { registers } from '../platform/registers'
import { forget, listen, taken, Vector } from './interrupts'
import { Low } from '../platform/legacy'
import { equal, onBochsSvm, processorEmulated, skip, subject } from './report'
import { Ended, fresh, Mode, run, World } from './run'

@inline const NumericError: u64 = 1 << 5
const FloatingPoint: u32 = 16
const Irq: u32 = 13
const LegacyVector: u32 = 0x2D
const CoprocessorError: u32 = 0xF0
const AllowInterrupts: u32 = 0x202
// FNINIT; FLDCW [RDI] of 0; FLD1; FLDZ; FDIVP.
const Divide: string = 'DB E3 D9 2F D9 E8 D9 EE DE F9'
const DivideLength: u64 = 10
const Clear: string = 'DB E3'

const word: usize = memory.data(8, 8)

/** Divides by zero and goes on; the vector that ended it. */
function divide(mode: u32, rest: string, flags: u32): u32 {
  store<u16>(word, 0)
  forget()
  registers.rdi = linear(word)
  World.flags = flags
  const vector = run(mode, 0, Divide + rest)
  World.flags = 2
  return vector
}

/** With NE the error is an exception, and no interrupt. */
function testException(): void {
  equal('  with CR0.NE is #MF', divide(Mode.Long, '9B', AllowInterrupts), FloatingPoint)
  run(Mode.Long, 0, Clear)
  listen(1000)
  equal('  with CR0.NE: no IRQ 13', taken(Vector.Pic + Irq), 0)
}

function testInterrupt(): void {
  equal('  without CR0.NE is no exception', divide(Mode.Long, '9B', AllowInterrupts), NoFault)
  equal('  without CR0.NE is IRQ 13', taken(Vector.Pic + Irq), 1)
  equal('  without CR0.NE waits for an x87 instruction that waits', divide(Mode.Long, 'DF E0 DB E2', AllowInterrupts), NoFault) // FNSTSW AX, FNCLEX
  equal('  and is none after FNCLEX', taken(Vector.Pic + Irq), 0)
  equal('  in the shadow of STI is no exception', divide(Mode.Long, 'FB 9B FA', 2), NoFault)
  equal('  in the shadow of STI is IRQ 13', taken(Vector.Pic + Irq), 1)
  World.cr0 = 0x11
  equal('  in protected mode is IRQ 13', divide(Mode.Protected32, '9B', AllowInterrupts), LegacyVector)
  equal('  in protected mode comes at the instruction that waits', Ended.ip - Low.Code, DivideLength)
  out8(CoprocessorError, 0)
  clearErrors()
  endOfPicInterrupt(Irq)
  equal('  once more', divide(Mode.Long, '9B', AllowInterrupts) << 8 | taken(Vector.Pic + Irq), NoFault << 8 | 1)
}

/** What the handler of IRQ 13 does. */
export function takeError(): void {
  out8(CoprocessorError, 0)
  clearErrors()
}

export function testErrors(): void {
  if (!underHypervisor()) return skip('x87 error with CR0.NE clear', 'no hypervisor')
  fresh()
  subject('x87 error')
  maskPic(~(1 << 2 | 1 << Irq))
  testException()
  const before = readControl(0)
  writeControl(0, before & ~NumericError)
  equal('  CR0.NE reads back as it was written', readControl(0) & NumericError, 0)
  if (!isIntel() && (processorEmulated() || onBochsSvm())) skip('x87 error without CR0.NE', 'the emulated processor does not freeze')
  else testInterrupt()
  clearErrors()
  writeControl(0, before)
  maskPic(0xFFFF)
  fresh()
}
