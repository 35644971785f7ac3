/** From the local APIC into the guest: what an APIC's action asks for, and what is injected at the next entry. */
import { acceptsExtInt } from '../apic/pins'
import { Action, vectorOf } from '../apic/localapic'
import { command, deliver, targets } from '../apic/icr'
import { DeliveryMode, Icr } from '../../capability/localapic'
import { severalCpus } from '../cpu/cpu'
import * as hw from '../hw'
import { highestInService, highestWaiting, pending, refresh, setTaskPriority, take, readCr8 } from '../apic/priority'
import { levelWord, post, postCommand, Posted, vectorWord } from './post'
import { EventType, EventValid } from '../../vmx/context'
import { ApicMode, closeWindow, injectNmi, isInterruptible, offerInterrupts, openWindow, readTaskPriority, watchTaskPriority, writeTaskPriority } from '../../vmx/operations'
import { chooseApicMode } from './apicmode'
import { callMachine } from './machine'
import { startUp } from './startup'
import { expireApicTimer, noteApicTimer } from './timers'
import { apicOf, Vcpu } from './vcpu'
import { vcpuAt, Vm, vmAt } from './vm'

const apics: usize = memory.data(32 * 4, 8)

/** Carries out what a call into the APIC of a vCPU that is this CPU's asked for. */
export function act(vcpu: Vcpu, action: i32): void {
  if (action == Action.None) return
  if ((action & Action.Base) != 0) chooseApicMode(vcpu)
  if ((action & Action.Timer) != 0) noteApicTimer(vcpu)
  if ((action & Action.Evaluate) != 0) vcpu.evaluate = true
  if ((action & Action.Nmi) != 0) {
    vcpu.nmiPending = true
    vcpu.evaluate = true
  }
  if ((action & Action.EndOfInterrupt) != 0) callMachine(vmAt(vcpu.vm), vmAt(vcpu.vm).endOfInterrupt, vectorOf(action))
  if ((action & (Action.Init | Action.Startup)) != 0) startUp(vcpu, action)
  if ((action & Action.Ipi) != 0) send(vmAt(vcpu.vm), <i32>vcpu.index, command(apicOf(vcpu)))
}

/** The vCPU that this CPU runs: the only one whose state is to be changed here. */
let running: usize = 0
export function setRunning(vcpu: usize): void { running = vcpu }

/** Delivers a command to all its targets; `source` is the sending vCPU, or -1 for a message. */
export function send(vm: Vm, source: i32, what: u64): void {
  for (let i: u32 = 0; i < vm.vcpuCount; i++) store<usize>(apics + (<usize>i << 2), changetype<usize>(apicOf(vcpuAt(vm, i))))
  let set = targets(apics, vm.vcpuCount, source, what)
  for (; set != 0; set &= set - 1) {
    const target = vcpuAt(vm, <u32>ctz(set))
    if (changetype<usize>(target) == running) act(target, deliver(apicOf(target), what))
    else postCommand(target, what)
  }
}

/** The level of the 8259s' INTR has changed, which the boot processor may take. */
export function lookAtIntr(vm: Vm): void {
  const vcpu = vcpuAt(vm, 0)
  if (changetype<usize>(vcpu) == running) vcpu.evaluate = true
  else post(vcpu, Posted.Look)
}

/** Takes what was posted to a vCPU that is this CPU's now. */
function takePosted(vcpu: Vcpu): void {
  const events = hw.exchange64(changetype<usize>(vcpu) + offsetof<Vcpu>('postedEvents'), 0)
  const apic = apicOf(vcpu)
  if ((events & Posted.Timer) != 0) expireApicTimer(vcpu)
  if ((events & Posted.Nmi) != 0) act(vcpu, Action.Nmi)
  if ((events & Posted.Vectors) != 0) {
    for (let first: u32 = 0; first < 256; first += 64) {
      let set = hw.exchange64(vectorWord(vcpu, first), 0)
      const levels = set != 0 ? hw.exchange64(levelWord(vcpu, first), 0) : 0
      for (; set != 0; set &= set - 1) {
        const bit = <u32>ctz(set)
        act(vcpu, deliver(apic, DeliveryMode.Fixed | first + bit | ((levels >> bit & 1) != 0 ? Icr.Level : 0)))
      }
    }
  }
  if ((events & Posted.Init) != 0) {
    // What starts it again is for its next turn: its registers are on this CPU now.
    if ((events & Posted.Startup) != 0) hw.or64(changetype<usize>(vcpu) + offsetof<Vcpu>('postedEvents'), Posted.Startup)
    act(vcpu, Action.Init)
  } else if ((events & Posted.Startup) != 0) act(vcpu, <i32>(Action.Startup | vcpu.startupPage << 8))
}

/** A vCPU has its turn, its registers not yet on the CPU: true when it has something to do, false when what woke it is nothing that ends its halt. */
export function resumes(vcpu: Vcpu): bool {
  if (vcpu.postedEvents != 0) takePosted(vcpu)
  if (vcpu.halted && !vcpu.waitingForStartup && hasInterrupt(vcpu)) vcpu.halted = false
  return !vcpu.halted
}

/** True when a halted vCPU has a reason to go on: with interrupts off only an NMI. APM vol. 3, HLT. */
export function hasInterrupt(vcpu: Vcpu): bool {
  if (vcpu.nmiPending && !vcpu.nmiBlocked) return true
  return isInterruptible(vcpu) && (vcpu.postponed != 0 || pending(apicOf(vcpu)) >= 0 || vmAt(vcpu.vm).intr && acceptsExtInt(apicOf(vcpu)))
}

/** The hardware may have changed the APIC without an exit, at least CR8: what the nucleus keeps beside the page follows. */
export function takeTaskPriority(vcpu: Vcpu): void {
  const apic = apicOf(vcpu)
  if (vcpu.apicMode != ApicMode.Emulated) {
    refresh(apic)
    return
  }
  const value = readTaskPriority(vcpu)
  if (value != apic.taskPriority >> 4) setTaskPriority(apic, value << 4)
}

/** The other way: after the APIC's TPR was written. */
export function giveTaskPriority(vcpu: Vcpu): void { writeTaskPriority(vcpu, <u32>readCr8(apicOf(vcpu))) }

/**
 * An exception came while an event was being delivered, and goes first: with #DB and #AC nothing becomes a double fault (APM vol. 2, 8.2.9). An
 * exception will be raised again by what raised it; an interrupt was taken from its controller already and waits until the guest takes interrupts again.
 */
export function postponeEvent(vcpu: Vcpu): void {
  const type = <u32>(vcpu.event >> 8) & 7
  if (vcpu.event == 0 || type == EventType.Exception) return
  if (type == EventType.Nmi) vcpu.nmiPending = true
  else vcpu.postponed = vcpu.event
  vcpu.evaluate = true
}

/** Chooses what to inject at the next entry: at most one event; more is asked for by a window. */
export function prepareInterrupts(vcpu: Vcpu): void {
  takeTaskPriority(vcpu)
  const vm = vmAt(vcpu.vm)
  const apic = apicOf(vcpu)
  vcpu.evaluate = false
  if (severalCpus) hw.fence() // who posts sets the event first: it is seen here, or `evaluate` stays set
  if (vcpu.postedEvents != 0) takePosted(vcpu)
  if (vcpu.nmiPending && !vcpu.nmiBlocked && vcpu.event == 0) {
    vcpu.nmiPending = false
    injectNmi(vcpu)
  }
  const external = vm.intr && acceptsExtInt(apic)
  const byHardware = vcpu.apicMode != ApicMode.Emulated
  if (byHardware) offerInterrupts(vcpu, highestWaiting(apic), highestInService(apic))
  const vector = byHardware ? -1 : pending(apic)
  if (vector < 0 && !external && vcpu.postponed == 0) {
    setWindow(vcpu, false)
    return
  }
  if (!isInterruptible(vcpu)) {
    setWindow(vcpu, true)
    return
  }
  if (vcpu.postponed != 0) {
    vcpu.event = vcpu.postponed
    vcpu.postponed = 0
  } else {
    let taken = vector >= 0 ? take(apic) : -1
    if (taken < 0) {
      taken = <i32>callMachine(vm, vm.acknowledge)
      if (taken < 0 || taken > 255) return
    }
    vcpu.event = EventValid | <u64>EventType.External << 8 | <u64>taken
  }
  setWindow(vcpu, !byHardware && pending(apic) >= 0 || vm.intr && acceptsExtInt(apic))
}

/**
 * Opens or closes the interrupt window. Writes of CR8 are watched while an interrupt waits for them, and while the window is open: QEMU's TCG
 * aborts when a guest lowers CR8 beside a virtual interrupt that is pending.
 */
function setWindow(vcpu: Vcpu, open: bool): void {
  const apic = apicOf(vcpu)
  if (open) openWindow(vcpu)
  else closeWindow(vcpu)
  watchTaskPriority(vcpu, open || apic.requests != 0 && pending(apic) < 0)
}
