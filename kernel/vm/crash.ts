/** A guest that cannot go on: why, in words, for the policy to act on. */
import { RefusalBytes } from '../../capability/refusal'
import { callForOrders } from '../cpu/kick'
import * as words from '../log/text'
import { readRefusal } from '../service/readers'
import { Exit } from '../../vmx/exit'
import { rawReason, readProcessor } from '../../vmx/operations'
import { Vcpu } from './vcpu'
import { setReason, vcpuAt, Vm, vmAt } from './vm'

/** Marks the VM as crashed, with the vCPU's state in the reason. */
export function crashGuest(vcpu: Vcpu, what: string): void {
  const vm = vmAt(vcpu.vm)
  callForOrders()
  if (vm.crashed) return
  vm.crashed = true
  if (vcpu.exit.reason == Exit.Invalid) vm.refused = vcpu.index + 1
  words.text(what)
  tellState(vm, vcpu)
}

/** Where the VM's entry was refused, has a sandbox find out why, for the reason: `entry refused: invalid guest state: RFLAGS=0: …`. For the first CPU, while the VM is held. */
export function explainRefusal(vm: Vm): void {
  if (vm.refused == 0) return
  const vcpu = vcpuAt(vm, vm.refused - 1)
  vm.refused = 0
  const why = readRefusal(vcpu)
  if (why == 0) return
  let length: u32 = 0
  while (length < RefusalBytes && load<u8>(why + length) != 0) length++
  words.text('entry refused: ')
  words.printable(why, length)
  tellState(vm, vcpu)
}

/** Ends the line that is the VM's reason. */
function tellState(vm: Vm, vcpu: Vcpu): void {
  readProcessor(vcpu)
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
