/** A guest that cannot go on: why, in words, for the policy to act on. */
import * as words from '../log/text'
import { rawReason, readProcessor } from '../../vmx/operations'
import { requestAttention } from './attention'
import { Vcpu } from './vcpu'
import { setReason, vmAt } from './vm'

/** Marks the VM as crashed, with the vCPU's state in the reason. */
export function crashGuest(vcpu: Vcpu, what: string): void {
  const vm = vmAt(vcpu.vm)
  requestAttention()
  if (vm.crashed) return
  vm.crashed = true
  readProcessor(vcpu)
  words.clear()
  words.text(what)
  words.text(' at rip=')
  words.hex(vcpu.rip)
  words.text(' cr0=')
  words.hex(vcpu.cr0)
  words.text(' cr3=')
  words.hex(vcpu.cr3)
  words.text(' cr4=')
  words.hex(vcpu.cr4)
  words.text(' efer=')
  words.hex(vcpu.efer)
  words.text(' exit=')
  words.hex(rawReason(vcpu))
  setReason(vm, words.address(), words.size())
  words.clear()
}
