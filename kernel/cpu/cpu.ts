/** The host's processors that run the nucleus: what each keeps for the others to see. One page of the shared window each. */
import * as hw from '../hw'
import { allocate } from '../memory/frames'
import { NucleusLinear, WindowBase } from '../memory/layout'
import { Owner } from '../../capability/owner'
import { mapPage, Write } from '../memory/paging'

export const CpuLimit: u32 = 32
const RecordBase: usize = WindowBase + 0x3E00_0000

export namespace CpuState {
  export const Absent: u32 = 0
  export const Online: u32 = 1
  export const Failed: u32 = 2 // it did not start: the host does without
  export const Starting: u32 = 3
}

@unmanaged export class Cpu {
  state: u32
  apicId: u32
  // TSC ticks since it came online, each counted once; what is left is the nucleus's own time.
  onlineSince: u64 //   host TSC
  idleTicks: u64 //     halted
  guestTicks: u64 //    in vCPUs' turns, what their exits cost among it, and the way from one to the next
  sandboxTicks: u64 //  in calls into sandboxes
  waitTicks: u64 //     waiting for what another CPU had locked
  activity: u32 //      what it turned to last
  turnedAt: u64 //      host TSC of that
  apart: u64 //         sandboxTicks + waitTicks then
  shownTsc: u64 //      its TSC, over and over, while it is Starting
  calledUpon: u32 //    1: its run loop is to look at everything; anybody sets it
  flushDone: u32 //     the `flushWanted` that it has answered
  // Of the first CPU's record only, which alone writes them.
  flushWanted: u32 //   counts what was unmapped
  endWanted: u32 //     1: the others are to leave
  outputWaiting: u32 // 1: a guest wrote to its serial line since the console was last told; anybody sets it
  panicking: u32 //     1: an NMI stops a CPU; who panics sets it
  online: u32 //        CPUs that run the nucleus
  diskVms: u64 //       VMs whose machines have asked something of a disk, bit n for number n; anybody sets it
}

/** What a CPU's time between two turns of its run loop goes into. */
export namespace Activity {
  export const Nucleus: u32 = 0
  export const Guest: u32 = 1
  export const Idle: u32 = 2
}

/** A CPU by its number; 0 is the one that booted. */
@inline export function cpu(number: u32): Cpu { return changetype<Cpu>(RecordBase + (<usize>number << 12)) }

/** Where it is kept that a guest wrote something: exchanged, so that what was written before is seen by whoever clears it. */
@inline export function outputWaiting(): usize { return changetype<usize>(cpu(0)) + offsetof<Cpu>('outputWaiting') }

/** Where it is kept which VMs have asked something of a disk: exchanged, for the same reason. */
@inline export function diskVms(): usize { return changetype<usize>(cpu(0)) + offsetof<Cpu>('diskVms') }

/** This CPU's number. */
export let thisCpu: u32 = 0
/** CPUs that run the nucleus: those with the numbers below. */
@inline export function cpuCount(): u32 { return cpu(0).online }

/** True when each bit of a set stands for a CPU that runs the nucleus. */
export function areCpus(set: u64): bool { return set >> cpuCount() == 0 }

/** True on a host where others may have to be kept out. Every copy of the nucleus is made after it became true. */
export let severalCpus = false
export function expectOthers(): void { severalCpus = true }
/** For one that goes on alone, whatever the others hold. */
export function expectNobody(): void { severalCpus = false }

/** Whom the copy of this nucleus that is made next is for. */
let starting: u32 = 0
export function numberStarting(number: u32): void { starting = number }
/** The copy becomes what it was made for. */
export function joinCpus(): void { thisCpu = starting }

/** Makes the record of the CPU that boots. False when there is no memory for it. */
export function initializeCpus(): bool {
  if (!makeCpu(0)) return false
  cpu(0).onlineSince = hw.readTsc()
  cpu(0).state = CpuState.Online
  cpu(0).online = 1
  return true
}

/** An empty record for a CPU. */
export function makeCpu(number: u32): bool {
  const frame = allocate(Owner.Nucleus)
  if (frame == 0) return false
  hw.zero(frame, 4096)
  return mapPage(NucleusLinear + changetype<usize>(cpu(number)), frame, Write, Owner.Nucleus)
}

/** This CPU turns to something else at `now`: what it did until then is counted. */
export function turnTo(activity: u32, now: u64): void {
  const self = cpu(thisCpu)
  if (self.activity == Activity.Guest) self.guestTicks = ticksOf(self, Activity.Guest, now)
  else if (self.activity == Activity.Idle) self.idleTicks = ticksOf(self, Activity.Idle, now)
  self.activity = activity
  self.turnedAt = now
  self.apart = self.sandboxTicks + self.waitTicks
}

/** Ticks that a CPU has spent on guests or halted, with what it is at now: another CPU may be at it for long. */
export function ticksOf(box: Cpu, activity: u32, now: u64): u64 {
  const counted = activity == Activity.Guest ? box.guestTicks : box.idleTicks
  return box.activity == activity && now > box.turnedAt ? counted + (now - box.turnedAt) - (box.sandboxTicks + box.waitTicks - box.apart) : counted
}
