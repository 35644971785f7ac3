/** Stands in kernel/vm/ of a nucleus that spoils the control blocks of VMs with certain names, as a fault of the nucleus's own would: no guest and no machine can. */
import { ConfigText } from '../../capability/config'
import { Intercept2 } from '../../capability/vmcb'
import { Field } from '../../capability/vmcs'
import { vmcbOf } from '../../vmx/amd/control'
import { select } from '../../vmx/intel/structure'
import { isOnIntel } from '../../vmx/operations'
import { configuration, hpaOf } from '../config/configuration'
import * as hw from '../hw'
import { Vcpu } from './vcpu'

/** Called before each entry. */
export function spoil(vcpu: Vcpu): void {
  if (isOnIntel()) spoilVmcs(vcpu)
  else spoilVmcb(vcpu)
}

/** One thing of each of the kinds that VMLAUNCH looks at before the guest's state. SDM vol. 3, 27.2. */
function spoilVmcs(vcpu: Vcpu): void {
  select(vcpu)
  if (isNamed(vcpu, 'pin')) hw.vmwrite(Field.PinControls, u32.MAX_VALUE)
  if (isNamed(vcpu, 'vpid')) hw.vmwrite(Field.VirtualProcessor, 0)
  if (isNamed(vcpu, 'task')) hw.vmwrite(Field.HostTrSelector, 0)
  if (isNamed(vcpu, 'stack')) hw.vmwrite(Field.HostSysenterEsp, 1 << 63)
}

/** What VMRUN refuses besides the guest's state. APM vol. 2, 15.5.1. */
function spoilVmcb(vcpu: Vcpu): void {
  const vmcb = vmcbOf(vcpu)
  vmcb.clean = 0
  if (isNamed(vcpu, 'vmrun')) vmcb.intercept2 &= ~Intercept2.Vmrun
  if (isNamed(vcpu, 'asid')) vmcb.asid = 0
}

function isNamed(vcpu: Vcpu, name: string): bool {
  const span = configuration().vm(vcpu.vm).text(ConfigText.Name)
  if (span.length != name.length) return false
  for (let i = 0; i < name.length; i++) if (hw.load8(hpaOf(span) + i) != name.charCodeAt(i)) return false
  return true
}
