/** HLT: it ends by an interrupt, not before, and not too late; STI's shadow. */
import { pause, readTsc, wait } from '../platform/hw'
import { ticksOf } from '../platform/clock'
import { attempt } from '../platform/instructions'
import { Apic, DivideBy16, enableApic, hasApic, Masked, readApic, sendSelf, startTimer, stopTimer } from '../platform/localapic'
import { stiShadow } from './code'
import { forget, taken, Vector, waitFor } from './interrupts'
import { between, equal, skip, subject } from './report'

export function testWake(): void {
  if (!hasApic()) return skip('HLT', 'no local APIC')
  enableApic()
  startTimer(Vector.Timer | Masked, 0, 0xFFFFFFFF, DivideBy16)
  const end = readTsc() + ticksOf(20000)
  while (readTsc() < end) pause()
  const in20ms = 0xFFFFFFFF - readApic(Apic.CurrentCount)
  stopTimer()

  forget()
  const begin = readTsc()
  startTimer(Vector.Timer, 0, in20ms, DivideBy16)
  while (!taken(Vector.Timer)) wait()
  const passed = readTsc() - begin
  between('HLT until a timer of 20 ms (tenths of a ms)', passed * 10000 / ticksOf(1000000), 195, 600)
  forget()
  sendSelf(Vector.Ipi)
  wait()
  equal('HLT with an interrupt pending', taken(Vector.Ipi), 1)

  subject('STI')
  forget()
  sendSelf(Vector.Ipi)
  attempt(stiShadow())
  equal('  holds interrupts back for one instruction', taken(Vector.Ipi), 0)
  equal('  not for ever', waitFor(Vector.Ipi, 1, 100000), 1)
}
