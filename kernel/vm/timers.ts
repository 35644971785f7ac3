/** All that is due at a time: the host timer is armed for the earliest of it. Times are host TSC. */
import { thisCpu } from '../cpu/cpu'
import * as hw from '../hw'
import { deadline, expire } from '../apic/timer'
import { Action, Never } from '../apic/localapic'
import { VmState } from '../../capability/admin'
import { call, sandbox } from '../sandbox/sandbox'
import { tscFrequency } from '../time/calibrate'
import { later, toTicks } from '../time/clock'
import { interruptAfter } from '../time/timer'
import { act } from './interrupts'
import { post, Posted } from './post'
import { chargeVm } from './scheduling'
import { tell } from './machine'
import { apicOf, Vcpu } from './vcpu'
import { vcpuAt, vmAt, vmCount } from './vm'

/** The host timer is never armed for later than this, nanoseconds: it must find a sandbox that does not return. */
@inline const Pulse: u64 = 1_000_000_000

/** What the host timer is armed for. */
let armed: u64 = u64.MAX_VALUE
/** When the console asked to be woken. */
let consoleDeadline: u64 = u64.MAX_VALUE
export function setConsoleDeadline(tsc: u64): void {
  consoleDeadline = max(tsc, later(hw.readTsc(), leastPeriod()))
  noteDeadline(consoleDeadline)
}
export function consoleIsDue(now: u64): bool { return consoleDeadline <= now }

/**
 * 100 µs: what repeats by itself, a periodic timer or a device's tick, is served no more often. Without a least period a guest could
 * ask for interrupts faster than they can be served, and nobody would get any further.
 */
@inline function leastPeriod(): u64 { return tscFrequency / 10_000 }

/** Arms the host timer for `due` if that is earlier than what it is armed for. */
export function noteDeadline(due: u64): void {
  if (due >= armed) return
  const now = hw.readTsc()
  armed = due
  interruptAfter(due > now ? due - now : 1)
}

/** The vCPU's APIC timer was written: its deadline on the host's clock. */
export function noteApicTimer(vcpu: Vcpu): void {
  const due = deadline(apicOf(vcpu))
  if (due == Never) {
    vcpu.deadline = Never
    return
  }
  const now = hw.readTsc()
  const guestNow = now + vcpu.tscOffset
  vcpu.deadline = due > guestNow ? later(now, due - guestNow) : now
  if (vcpu.deadline < armed) noteDeadline(vcpu.deadline)
}

/** The vCPU's timer has been said to be due, and it is this CPU's now. */
export function expireApicTimer(vcpu: Vcpu): void {
  const now = hw.readTsc()
  // The deadline is worked out anew in any case: a guest may have moved its TSC past the end of its 64 bits.
  act(vcpu, expire(apicOf(vcpu), now + vcpu.tscOffset) | Action.Timer)
  if (vcpu.deadline == Never) return
  vcpu.deadline = max(vcpu.deadline, now + leastPeriod())
  noteDeadline(vcpu.deadline)
}

/** Lets everything expire that is due, and arms the timer for what comes next. */
export function expireTimers(): void {
  const now = hw.readTsc()
  let next = min(consoleDeadline, now + toTicks(Pulse))
  for (let i: u32 = 0; i < vmCount; i++) {
    const vm = vmAt(i)
    if (thisCpu == 0 && vm.restartAt != 0) next = min(next, vm.restartAt)
    if (vm.state != VmState.Running) continue
    if (vm.timekeeper == thisCpu && vm.machineDeadline <= now) {
      vm.machineDeadline = u64.MAX_VALUE
      const before = hw.readTsc()
      tell(vm, vm.tick)
      chargeVm(vm, hw.readTsc() - before)
      vm.machineDeadline = max(vm.machineDeadline, now + leastPeriod())
    }
    if (vm.timekeeper == thisCpu) next = min(next, vm.machineDeadline)
    for (let index: u32 = 0; index < vm.vcpuCount && vm.state == VmState.Running; index++) {
      const vcpu = vcpuAt(vm, index)
      if (vcpu.watcher != thisCpu || (vcpu.postedEvents & Posted.Timer) != 0) continue
      if (vcpu.deadline <= now) post(vcpu, Posted.Timer)
      else next = min(next, vcpu.deadline)
    }
  }
  armed = u64.MAX_VALUE
  noteDeadline(next)
}
