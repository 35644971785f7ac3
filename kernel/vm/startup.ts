/** INIT and the startup interrupt, by which a guest's boot processor starts the others. SDM vol. 3, 9.4 and 11.4.7.3. */
import { ResetCause } from '../../capability/power'
import { Action, initialize, Never, vectorOf } from '../apic/localapic'
import { callForOrders } from '../cpu/kick'
import { flushGuest, resetState, setSegment, setTscOffset } from '../../vmx/operations'
import { haltVcpu } from './scheduling'
import { settle } from './switch'
import { apicOf, Vcpu } from './vcpu'
import { isPlugged, PowerRequest, vmAt } from './vm'

const Cs: u32 = 1 // as capability/start.ts counts segments

/** Carries out Action.Init or Action.Startup at its target. */
export function startUp(vcpu: Vcpu, action: i32): void {
  if ((action & Action.Init) != 0) waitForStartup(vcpu)
  else if (vcpu.waitingForStartup && isPlugged(vmAt(vcpu.vm), vcpu.index)) startAt(vcpu, vectorOf(action))
}

/** The boot processor would go on at the reset vector, in firmware that restarts the board: the machine is reset. */
function waitForStartup(vcpu: Vcpu): void {
  if (vcpu.index == 0) {
    const vm = vmAt(vcpu.vm)
    vm.resetCause = ResetCause.Init
    vm.powerRequest = PowerRequest.Reset
    callForOrders()
    return
  }
  initialize(apicOf(vcpu))
  vcpu.deadline = Never
  vcpu.stealArea = 0
  vcpu.waitingForStartup = true
  haltVcpu(vcpu)
}

/** In real mode at `page` << 12. x87, SSE and AVX state and most MSRs are what they were: INIT leaves them. SDM vol. 3, table 10-1. */
function startAt(vcpu: Vcpu, page: u32): void {
  settle(vcpu)
  resetState(vcpu)
  setTscOffset(vcpu, vcpu.tscOffset)
  setSegment(vcpu, Cs, page << 8, <u64>page << 12, 0xFFFF, 0x9B)
  vcpu.rip = 0
  flushGuest(vcpu)
  vcpu.nmiPending = false
  vcpu.postponed = 0
  vcpu.waitingForStartup = false
  vcpu.evaluate = true
  vcpu.halted = false
}
