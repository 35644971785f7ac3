/** All that is due at a time: the host timer is armed for the earliest of it. Times are host TSC. */
import * as hw from '../hw'
import { deadline, expire } from '../apic/timer'
import { Never } from '../apic/localapic'
import { VmState } from '../../capability/admin'
import { call, sandbox } from '../sandbox/sandbox'
import { toTicks } from '../time/clock'
import { interruptAfter } from '../time/timer'
import { act } from './interrupts'
import { afterMachine } from './machine'
import { apicOf, Vcpu } from './vcpu'
import { vcpuAt, vmAt, vmCount } from './vm'

/** The host timer is never armed for later than this, nanoseconds: it must find a sandbox that does not return. */
@inline const Pulse: u64 = 1_000_000_000

/** What the host timer is armed for. */
let armed: u64 = u64.MAX_VALUE
/** When the console asked to be woken. */
let consoleDeadline: u64 = u64.MAX_VALUE
export function setConsoleDeadline(tsc: u64): void {
  consoleDeadline = tsc
  noteDeadline(tsc)
}
export function consoleIsDue(now: u64): bool { return consoleDeadline <= now }

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
  vcpu.deadline = due == Never ? Never : due - vcpu.tscOffset
  if (vcpu.deadline < armed) noteDeadline(vcpu.deadline)
}

/** Lets everything expire that is due, and arms the timer for what comes next, `sliceEnd` included. */
export function expireTimers(sliceEnd: u64): void {
  const now = hw.readTsc()
  let next = min(min(sliceEnd, consoleDeadline), now + toTicks(Pulse))
  for (let i: u32 = 0; i < vmCount; i++) {
    const vm = vmAt(i)
    if (vm.restartAt != 0) next = min(next, vm.restartAt)
    if (vm.state != VmState.Running) continue
    if (vm.machineDeadline <= now) {
      vm.machineDeadline = u64.MAX_VALUE
      call(sandbox(vm.machine), vm.tick)
      afterMachine(vm)
      if (vm.state != VmState.Running) continue
    }
    next = min(next, vm.machineDeadline)
    for (let index: u32 = 0; index < vm.vcpuCount; index++) {
      const vcpu = vcpuAt(vm, index)
      if (vcpu.deadline <= now) act(vcpu, expire(apicOf(vcpu), now + vcpu.tscOffset))
      next = min(next, vcpu.deadline)
    }
  }
  armed = u64.MAX_VALUE
  noteDeadline(next)
}
