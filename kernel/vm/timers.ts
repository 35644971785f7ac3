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
import { requestOrders } from './attention'
import { act } from './interrupts'
import { post, Posted } from './post'
import { chargeVm } from './scheduling'
import { tell } from './machine'
import { apicOf, Vcpu } from './vcpu'
import { vcpuAt, Vm, vmAt, vmCount } from './vm'

/** The host timer is never armed for later than this, nanoseconds: it must find a sandbox that does not return. */
@inline const Pulse: u64 = 1_000_000_000

/** What the host timer is armed for; 0 when it has interrupted, or was never armed. */
let armed: u64 = 0
export function timerInterrupted(): void { armed = 0 }
/** The earliest of what expires, slices apart, and of what each VM has that this CPU watches. */
let earliest: u64 = 0
const earliestOf: usize = memory.data(64 * 8, 8)
@inline function placeOf(vm: u32): usize { return earliestOf + (<usize>vm << 3) }
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

/** Something expires at `due`. */
export function noteDeadline(due: u64): void { interruptAt(earliest = min(earliest, due)) }

/** Something of a VM does, which this CPU watches. */
export function noteVmDeadline(vm: u32, due: u64): void {
  store<u64>(placeOf(vm), min(load<u64>(placeOf(vm)), due))
  noteDeadline(due)
}

/** Arms the host timer for `due` if that is earlier than what it is armed for. */
export function interruptAt(due: u64): void {
  if (due >= armed) return
  const now = hw.readTsc()
  armed = due
  interruptAfter(due > now ? due - now : 1)
}

/** The vCPU's APIC timer was written: its deadline on the host's clock. */
export function noteApicTimer(vcpu: Vcpu): void {
  const due = deadline(apicOf(vcpu))
  const now = hw.readTsc()
  const guestNow = now + vcpu.tscOffset
  vcpu.deadline = due == Never ? Never : due > guestNow ? later(now, due - guestNow) : now
  noteVmDeadline(vcpu.vm, vcpu.deadline)
}

/** The vCPU's timer has been said to be due, and it is this CPU's now. */
export function expireApicTimer(vcpu: Vcpu): void {
  const now = hw.readTsc()
  // The deadline is worked out anew in any case: a guest may have moved its TSC past the end of its 64 bits.
  act(vcpu, expire(apicOf(vcpu), now + vcpu.tscOffset) | Action.Timer)
  if (vcpu.deadline == Never) return
  vcpu.deadline = max(vcpu.deadline, now + leastPeriod())
  noteVmDeadline(vcpu.vm, vcpu.deadline)
}

/** Lets everything expire that is due, and arms the timer for what comes next. A VM is looked at when something of it may be due. */
export function expireTimers(): void {
  const now = hw.readTsc()
  if (now < armed) return
  armed = u64.MAX_VALUE
  if (now < earliest) return interruptAt(earliest)
  let next = min(consoleDeadline, now + toTicks(Pulse))
  interruptAt(next) // that a machine does not return from its tick has to be noticed too
  armed = 0
  for (let i: u32 = 0; i < vmCount; i++) {
    if (load<u64>(placeOf(i)) <= now) expireVm(vmAt(i), now)
    next = min(next, load<u64>(placeOf(i)))
  }
  armed = u64.MAX_VALUE
  interruptAt(earliest = next)
}

function expireVm(vm: Vm, now: u64): void {
  if (vm.state == VmState.Running && vm.timekeeper == thisCpu && vm.machineDeadline <= now) {
    vm.machineDeadline = u64.MAX_VALUE
    const before = hw.readTsc()
    tell(vm, vm.tick)
    chargeVm(vm, hw.readTsc() - before)
    vm.machineDeadline = max(vm.machineDeadline, now + leastPeriod())
  }
  store<u64>(placeOf(vm.index), u64.MAX_VALUE)
  if (vm.restartAt != 0 && vm.restartAt <= now) requestOrders()
  else if (vm.restartAt != 0) noteVmDeadline(vm.index, vm.restartAt)
  if (vm.state != VmState.Running) return
  if (vm.timekeeper == thisCpu) noteVmDeadline(vm.index, vm.machineDeadline)
  for (let index: u32 = 0; index < vm.vcpuCount && vm.state == VmState.Running; index++) {
    const vcpu = vcpuAt(vm, index)
    if (vcpu.watcher != thisCpu || (vcpu.postedEvents & Posted.Timer) != 0) continue
    if (vcpu.deadline <= now) post(vcpu, Posted.Timer)
    else noteVmDeadline(vm.index, vcpu.deadline)
  }
}
