/** Three vCPUs of two VMs, to whom a processor's registers are given. */
import { WindowLimit } from '../../kernel/memory/layout'
import { guestXcr0, initializeCpuid } from '../../kernel/vm/cpuid'
import { initializeSwitch, resetExtendedState, setDown, switchTo } from '../../kernel/vm/switch'
import { Vcpu } from '../../kernel/vm/vcpu'
import { vcpuAt, vmAt } from '../../kernel/vm/vm'
import { initializeControl } from '../../vmx/operations'

function vcpu(n: u32): Vcpu { return vcpuAt(vmAt(n >> 1), n & 1) }

export function start(): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  initializeCpuid()
  initializeSwitch(guestXcr0)
  for (let n: u32 = 0; n < 3; n++) powerOn(n)
}

/** A vCPU begins anew; its extended state is at the hpa n × 4096. */
export function powerOn(n: u32): void {
  const box = vcpu(n)
  setDown(box)
  memory.fill(changetype<usize>(box), 0, 8192)
  box.vm = n >> 1
  box.index = n & 1
  box.control = changetype<usize>(box) + 0x1000
  box.state = <u64>n << 12
  initializeControl(box, 0, false, false)
  resetExtendedState(box)
}

export function give(n: u32): void { switchTo(vcpu(n)) }
export function take(n: u32): void { setDown(vcpu(n)) }
