/**
 * What CPUs ask of each other beyond what lies in shared structures. Nothing is queued: an interrupt makes a CPU look at what it is asked for, and
 * being asked twice is the same as once.
 */
import * as hw from '../hw'
import { sendKick, sendNmiToOthers } from '../interrupts/localapic'
import { flush } from '../memory/paging'
import { later, toTicks } from '../time/clock'
import { requestAttention, requestOrders, requestService } from '../vm/attention'
import { Cpu, cpu, cpuCount, CpuState, severalCpus, thisCpu } from './cpu'

@inline const Patience: u64 = 2_000_000_000 // nanoseconds

/** Has a CPU leave its guest, so that it looks at what its vCPU was sent. */
export function kick(number: u32): void { if (number != thisCpu) sendKick(cpu(number).apicId) }

/** Has a CPU's run loop look at everything: who is to run, what has changed. */
export function callUpon(number: u32): void {
  if (number == thisCpu) {
    requestAttention()
    return
  }
  if (hw.exchange32(changetype<usize>(cpu(number)) + offsetof<Cpu>('calledUpon'), 1) == 0) sendKick(cpu(number).apicId)
}

/** Has the first CPU's run loop do what a VM or a sandbox waits for; on this CPU no guest goes on before it has looked around. */
export function callForOrders(): void {
  requestOrders()
  callUpon(0)
}

/** Puts a number into a set of 64 that the first CPU empties, and has its run loop look. Of another CPU no guest is kept from going on. */
export function callFor(set: usize, number: u32): void {
  hw.or64(set, <u64>1 << (number & 63))
  if (thisCpu == 0) requestService()
  else callUpon(0)
}

/** The kick's interrupt, and what every wait for another CPU looks at. */
export function answer(): void {
  const record = cpu(thisCpu)
  const wanted = cpu(0).flushWanted
  if (record.flushDone != wanted) {
    flush()
    hw.publish32(changetype<usize>(record) + offsetof<Cpu>('flushDone'), wanted)
  }
  // Whoever finds it set has written before what is looked at after it was cleared.
  if (hw.exchange32(changetype<usize>(record) + offsetof<Cpu>('calledUpon'), 0) != 0) requestOrders()
}

/** After pages were unmapped, by the first CPU: no CPU has a translation of them any more when this returns, and their frames may go to others. */
export function flushEverywhere(): void {
  flush()
  if (!severalCpus) return
  const wanted = cpu(0).flushWanted + 1
  cpu(0).flushWanted = wanted
  cpu(0).flushDone = wanted
  for (let i: u32 = 1; i < cpuCount(); i++) sendKick(cpu(i).apicId)
  for (let i: u32 = 1; i < cpuCount(); i++) while (cpu(i).flushDone != wanted) hw.pause()
}

/** The other CPUs' run loops end, as `endWanted` says there: the machine ends or starts anew. One that is lost is not waited for. */
export function endOthers(): void {
  cpu(0).endWanted = 1
  for (let i: u32 = 1; i < cpuCount(); i++) callUpon(i)
  const deadline = later(hw.readTsc(), toTicks(Patience))
  for (let i: u32 = 1; i < cpuCount(); i++) while (cpu(i).state != CpuState.Absent && hw.readTsc() < deadline) hw.pause()
}

/** The other CPUs stop where they are: nothing of what they share can be trusted any more. */
export function stopOthers(): void {
  if (!severalCpus) return
  cpu(0).panicking = 1
  sendNmiToOthers()
}
/** An NMI has come: true when it means that. */
export function isStopped(): bool { return severalCpus && cpu(0).panicking != 0 }
