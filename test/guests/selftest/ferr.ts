/**
 * x87 errors with CR0.NE clear, which a PC of the AT's kind reports by FERR# and IRQ 13. No VM has that wire: on VT-x NE is always in force and
 * the guest takes #MF, on AMD-V nothing comes of the error. Intel SDM vol. 3, 24.8 and 26.6; AMD APM vol. 2, 8.2.17.
 */
import { linear, NoFault, readControl, writeControl } from '../platform/hw'
import { isIntel, underHypervisor } from '../platform/processor'
import { registers } from '../platform/registers'
import { forget, listen, taken, Vector } from './interrupts'
import { equal, skip, subject } from './report'
import { fresh, Mode, run } from './run'

@inline const NumericError: u64 = 1 << 5
const FloatingPoint: u32 = 16
const Irq13: u32 = Vector.Pic + 13
// FNINIT; FLDCW [RDI] of 0; FLD1; FLDZ; FDIVP; FWAIT; and what leaves no error behind.
const Divide: string = 'DB E3 D9 2F D9 E8 D9 EE DE F9 9B'
const Clear: string = 'DB E3'

const word: usize = memory.data(8, 8)

export function testErrors(): void {
  if (!underHypervisor()) return skip('x87 error with CR0.NE clear', 'no hypervisor')
  fresh()
  subject('x87 error')
  const before = readControl(0)
  registers.rdi = linear(word)
  equal('  with CR0.NE is #MF', run(Mode.Long, 0, Divide), FloatingPoint)
  run(Mode.Long, 0, Clear)
  writeControl(0, before & ~NumericError)
  forget()
  registers.rdi = linear(word)
  equal('  without CR0.NE: #MF on VT-x, nothing on AMD-V', run(Mode.Long, 0, Divide), isIntel() ? FloatingPoint : NoFault)
  listen(1000)
  equal('  without CR0.NE: no IRQ 13', taken(Irq13), 0)
  run(Mode.Long, 0, Clear)
  equal('  CR0.NE reads back as it was written', readControl(0) & NumericError, 0)
  writeControl(0, before)
}
