/** A guest that cannot go on: why, in words, for the policy to act on. */
import { callForOrders } from '../cpu/kick'
import * as words from '../log/text'
import { Exit } from '../../vmx/exit'
import { explainRefusal, rawReason, readProcessor } from '../../vmx/operations'
import { brokenRule, refusedAs, refusedPart, refusedValue } from '../../vmx/refusal'
import { Vcpu } from './vcpu'
import { setReason, vmAt } from './vm'

/** Marks the VM as crashed, with the vCPU's state in the reason. */
export function crashGuest(vcpu: Vcpu, what: string): void {
  const vm = vmAt(vcpu.vm)
  callForOrders()
  if (vm.crashed) return
  vm.crashed = true
  readProcessor(vcpu)
  words.text(what)
  if (vcpu.exit.reason == Exit.Invalid) tellRefusal(vcpu)
  part(' at rip', vcpu.rip)
  part(' cr0', vcpu.cr0)
  part(' cr3', vcpu.cr3)
  part(' cr4', vcpu.cr4)
  part(' efer', vcpu.efer)
  part(' exit', rawReason(vcpu))
  setReason(vm, '')
}

function part(name: string, value: u64): void {
  words.text(name)
  words.byte(0x3D)
  words.hex(value)
}

/** `: invalid guest state: RFLAGS=0: bit 1 must be 1 and reserved bits 0` */
function tellRefusal(vcpu: Vcpu): void {
  explainRefusal(vcpu)
  words.text(': ')
  words.text(refusedAs)
  if (brokenRule.length == 0) return words.text(': no rule that is checked is broken')
  words.text(': ')
  part(refusedPart, refusedValue)
  words.text(': ')
  words.text(brokenRule)
}
