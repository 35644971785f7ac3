/** All that is due at a time: the host timer is armed for the earliest of it. Times are host TSC. */
import { thisCpu } from '../cpu/cpu'
import * as hw from '../hw'
import { deadline, expire } from '../apic/timer'
import { Action, Never } from '../apic/localapic'
import { VmState } from '../../capability/admin'
import { tscFrequency } from '../time/calibrate'
import { later } from '../time/clock'
import { interruptAfter } from '../time/timer'
import { requestOrders, requestService } from './attention'
import { act } from './interrupts'
import { post, Posted } from './post'
import { tell } from './machine'
import { apicOf, Vcpu } from './vcpu'
import { vcpuAt, Vm, vmAt, vmCount } from './vm'

/** The host timer is never armed for later than this, a second: it must find a sandbox that does not return. */
@inline function pulse(): u64 { return tscFrequency }
/** When everything is looked at, whatever has been noted of it. */
let nextPulse: u64 = 0

/** What the host timer was armed for last in this turn of the run loop. It may have interrupted since. */
let armed: u64 = u64.MAX_VALUE

/*
 * Who watches what: a machine's deadline is its `timekeeper`'s, a vCPU's timer its `watcher`'s. A CPU becomes either by its own doing only, and notes the deadline
 * when it does, and whenever it changes one that it watches: what is below is never later than any of them. So no CPU has to be told of a deadline by another, and
 * one that has lost what it watched looks once in vain. Before a guest runs or the CPU halts the timer is armed for no later than `earliest`.
 */
/** No later than anything that expires, slices apart. */
let earliest: u64 = 0
/** For each VM, no later than what expires of it that this CPU watches. */
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
export function noteDeadline(due: u64): void {
  earliest = min(earliest, due)
  if (earliest < armed) arm(earliest)
}

/** Something of a VM does, which this CPU watches. */
export function noteVmDeadline(vm: u32, due: u64): void {
  store<u64>(placeOf(vm), min(load<u64>(placeOf(vm)), due))
  noteDeadline(due)
}

/** Within a tick, when the next may be. */
let leastNext: u64 = 0

/** A machine asks for its tick at `due`, within a call, which keeps every other CPU out of it. */
export function noteMachineDeadline(vm: Vm, due: u64): void {
  vm.timekeeper = thisCpu
  vm.machineDeadline = max(due, leastNext)
  noteVmDeadline(vm.index, vm.machineDeadline)
}

/**
 * A guest runs until `sliceEnd`, or nobody does. The timer is armed anew each time: it may have interrupted a sandbox since, and QEMU 7.2 loses an interrupt now and
 * then (SUPPORT.md, By vendor), after which a timer that was taken for armed would never interrupt again.
 */
export function interruptUntil(sliceEnd: u64): void { arm(min(earliest, sliceEnd)) }

/** Sandboxes are about to be called: one that does not return is to be found. */
export function keepWatch(): void { arm(hw.readTsc() + pulse()) }

function arm(due: u64): void {
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

/** Lets everything expire that is due; `interruptUntil` is to follow. A VM is looked at when something of it may be. */
@inline export function expireTimers(): void { if (isDue(hw.readTsc())) expireAll(hw.readTsc()) }
@inline export function isDue(now: u64): bool { return now >= earliest }

function expireAll(now: u64): void {
  keepWatch()
  requestService()
  if (now >= nextPulse) {
    nextPulse = now + pulse()
    requestOrders()
    memory.fill(earliestOf, 0, 64 * 8)
  }
  // What is noted from here on counts.
  earliest = min(consoleIsDue(now) ? u64.MAX_VALUE : consoleDeadline, nextPulse)
  for (let i: u32 = 0; i < vmCount; i++) {
    if (load<u64>(placeOf(i)) <= now) expireVm(vmAt(i), now)
    else earliest = min(earliest, load<u64>(placeOf(i)))
  }
}

function expireVm(vm: Vm, now: u64): void {
  store<u64>(placeOf(vm.index), u64.MAX_VALUE)
  if (vm.restartAt != 0 && vm.restartAt <= now) requestOrders()
  else if (vm.restartAt != 0) noteVmDeadline(vm.index, vm.restartAt)
  if (vm.state != VmState.Running) return
  if (vm.timekeeper == thisCpu && vm.machineDeadline <= now) tickMachine(vm, now)
  else if (vm.timekeeper == thisCpu) noteVmDeadline(vm.index, vm.machineDeadline)
  for (let index: u32 = 0; index < vm.vcpuCount && vm.state == VmState.Running; index++) {
    const vcpu = vcpuAt(vm, index)
    if (vcpu.watcher != thisCpu || (vcpu.postedEvents & Posted.Timer) != 0) continue
    if (vcpu.deadline <= now) post(vcpu, Posted.Timer)
    else noteVmDeadline(vm.index, vcpu.deadline)
  }
}

/** The machine asks anew for all that it waits for. What another CPU asks of it after that is not touched. */
function tickMachine(vm: Vm, now: u64): void {
  vm.machineDeadline = u64.MAX_VALUE
  leastNext = now + leastPeriod()
  tell(vm, vm.tick)
  leastNext = 0
}
