/** The local APIC: its timer in every mode, interrupts to itself, priorities. Intel SDM vol. 3, chapter 11. */
import { ticksOf } from '../platform/clock'
import { disableInterrupts, load32, NoFault, readControl, readMsr, readTsc, writeControl, writeMsr } from '../platform/hw'
import { tryReadMsr, tryWriteMsr } from '../platform/instructions'
import {
  Apic, ApicBase, DeadlineMode, DeliverNmi, DivideBy16, enableApic, enableX2apic, endOfInterrupt, hasApic, hasTscDeadline, hasX2apic, Masked,
  Periodic, readApic, sendSelf, startTimer, stopTimer, TscDeadline, writeApic,
} from '../platform/localapic'
import { acknowledge, forget, listen, taken, Vector, waitFor } from './interrupts'
import { between, equal, equalUnderHypervisor, holds, skip } from './report'

/** Timer input ticks in 20 ms, divided by 16. */
function measureTimer(): u32 {
  startTimer(Vector.Timer | Masked, 0, 0xFFFFFFFF, DivideBy16)
  const end = readTsc() + ticksOf(20000)
  while (readTsc() < end) {}
  const passed = 0xFFFFFFFF - readApic(Apic.CurrentCount)
  stopTimer()
  return passed
}

function testTimer(mode: string): void {
  forget()
  const in20ms = measureTimer()
  holds(mode, in20ms > 1000)
  equal('  masked timer is silent', taken(Vector.Timer), 0)

  const begin = readTsc()
  startTimer(Vector.Timer, 0, in20ms, DivideBy16)
  const count = waitFor(Vector.Timer, 1, 500000)
  const passed = readTsc() - begin
  equal('  one-shot fires', count, 1)
  between('  one-shot takes 20 ms (in tenths of a ms)', passed * 10000 / ticksOf(1000000), 195, 400)
  listen(30000)
  equal('  one-shot fires once', taken(Vector.Timer), 1)
  equal('  its count stays 0', readApic(Apic.CurrentCount), 0)

  forget()
  startTimer(Vector.Timer, Periodic, in20ms / 4, DivideBy16)
  listen(100000)
  stopTimer()
  between('  periodic, 5 ms for 100 ms', taken(Vector.Timer), 10, 21)
  listen(1000) // for one that was pending
  forget()
  listen(20000)
  equal('  stopped timer is silent', taken(Vector.Timer), 0)
}

function testDeadline(): void {
  if (!hasTscDeadline()) return skip('TSC-deadline timer', 'not in CPUID')
  forget()
  writeApic(Apic.Timer, Vector.Timer | DeadlineMode)
  const deadline = readTsc() + ticksOf(10000)
  writeMsr(TscDeadline, deadline)
  equal('TSC deadline reads back', readMsr(TscDeadline), deadline)
  equal('  fires', waitFor(Vector.Timer, 1, 500000), 1)
  holds('  not early', readTsc() >= deadline)
  equal('  is disarmed then', readMsr(TscDeadline), 0)
  writeMsr(TscDeadline, 1)
  equal('  fires at once when past', waitFor(Vector.Timer, 2, 100000), 2)
  writeMsr(TscDeadline, readTsc() + ticksOf(5000))
  writeMsr(TscDeadline, 0)
  listen(15000)
  equal('  writing 0 disarms', taken(Vector.Timer), 2)
  writeMsr(TscDeadline, readTsc() + ticksOf(5000))
  writeApic(Apic.Timer, Vector.Timer) // leaving the mode disarms (SDM vol. 3, 11.5.4.1)
  listen(15000)
  equal('  leaving the mode disarms', taken(Vector.Timer), 2)
  stopTimer()
}

function testSelf(mode: string): void {
  forget()
  sendSelf(Vector.Ipi)
  equal(mode, taken(Vector.Ipi), 0)
  holds('  pending in IRR', (readApic(Apic.Request + 0x20) & (1 << (Vector.Ipi & 31))) != 0)
  equal('  taken when interrupts are on', waitFor(Vector.Ipi, 1, 100000), 1)
  equal('  no longer in IRR', readApic(Apic.Request + 0x20) & (1 << (Vector.Ipi & 31)), 0)

  // A vector in service blocks those of its class and below, not those above.
  forget()
  acknowledge(false)
  sendSelf(Vector.Ipi)
  waitFor(Vector.Ipi, 1, 100000)
  holds('  in service until EOI', (readApic(Apic.InService + 0x20) & (1 << (Vector.Ipi & 31))) != 0)
  equal('  processor priority', readApic(Apic.ProcessorPriority) & 0xF0, Vector.Ipi & 0xF0)
  sendSelf(Vector.Ipi)
  listen(2000)
  equal('  blocked by itself', taken(Vector.Ipi), 1)
  sendSelf(Vector.UrgentIpi)
  equal('  not blocking a higher class', waitFor(Vector.UrgentIpi, 1, 100000), 1)
  endOfInterrupt()
  endOfInterrupt()
  acknowledge(true)
  equal('  unblocked by EOI', waitFor(Vector.Ipi, 2, 100000), 2)
}

function testPriority(): void {
  forget()
  writeControl(8, 9)
  equal('CR8 is the task priority', readApic(Apic.TaskPriority), 0x90)
  sendSelf(Vector.Ipi)
  sendSelf(Vector.UrgentIpi)
  listen(2000)
  equal('  blocks its class', taken(Vector.UrgentIpi), 0)
  writeApic(Apic.TaskPriority, 0x60)
  equal('task priority is CR8', readControl(8), 6)
  listen(2000)
  equal('  lets a higher class through', taken(Vector.UrgentIpi), 1)
  equal('  and holds the lower', taken(Vector.Ipi), 0)
  writeControl(8, 0)
  equal('  until it is lowered', waitFor(Vector.Ipi, 1, 100000), 1)
}

function testNmi(): void {
  forget()
  sendSelf(DeliverNmi)
  listen(1000)
  equal('NMI sent to oneself', taken(Vector.Nmi), 1)
  disableInterrupts()
  sendSelf(DeliverNmi)
  for (let i = 0; i < 100000 && taken(Vector.Nmi) < 2; i++) readTsc()
  equal('NMI with interrupts off', taken(Vector.Nmi), 2)
}

/** All of it in xAPIC mode, then in x2APIC mode where there is one. */
export function testApic(): void {
  if (!hasApic()) return skip('local APIC', 'not in CPUID')
  enableApic()
  between('local APIC version', readApic(Apic.Version) & 0xFF, 0x10, 0x15)
  equal('  ID is CPUID\'s', readApic(Apic.Id) >> 24, 0)
  testTimer('xAPIC timer runs')
  testSelf('xAPIC self-IPI waits for interrupts')
  testPriority()
  testNmi()
  testDeadline()
  equalUnderHypervisor('APIC base, reserved bit', tryWriteMsr(ApicBase, readMsr(ApicBase) | 1 << 60), 13)
  if (!hasX2apic()) {
    skip('x2APIC', 'not in CPUID')
    return
  }
  equal('x2APIC registers fault in xAPIC mode', tryReadMsr(0x802), 13)
  enableX2apic()
  equal('x2APIC reached', readMsr(ApicBase) & 0xC00, 0xC00)
  equal('  page is gone', load32(0xFEE00030), 0xFFFFFFFF)
  testTimer('x2APIC timer runs')
  testSelf('x2APIC self-IPI waits for interrupts')
  forget()
  writeMsr(0x83F, Vector.Ipi)
  equal('x2APIC SELF_IPI register', waitFor(Vector.Ipi, 1, 100000), 1)
  testPriority()
  testNmi()
  testDeadline()
  equal('  reserved register faults', tryReadMsr(0x804), 13)
  equal('  write to a read-only register faults', tryWriteMsr(0x803, 0), 13)
  equal('  no way straight back to xAPIC', tryWriteMsr(ApicBase, 0xFEE00800), 13)
  equal('  EOI must be 0', tryWriteMsr(0x80B, 1), 13)
  equal('  EOI of 0', tryWriteMsr(0x80B, 0), NoFault)
  enableApic()
  equal('xAPIC again', readApic(Apic.Version), load32(0xFEE00030))
}
