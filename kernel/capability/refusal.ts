/** The `refusal` capability: what there is to be read of a vCPU that the hardware refused to run. */
import { RefusalNumber } from '../../capability/refusal'
import { Vendor } from '../../capability/virtualization'
import { physicalWidth } from '../../vmx/guest/paging'
import { controlField, featureWord, isOnIntel } from '../../vmx/operations'
import { Vcpu } from '../vm/vcpu'

let refused: Vcpu = changetype<Vcpu>(0)

/** Says which vCPU it is, before the sandbox that may ask is started. */
export function setRefused(vcpu: Vcpu): void { refused = vcpu }

export function refusalNumber(subject: u32, key: u32): u64 {
  switch (key) {
    case RefusalNumber.Vendor: return isOnIntel() ? Vendor.Intel : Vendor.Amd
    case RefusalNumber.Error: return refused.exitError
    case RefusalNumber.PhysicalWidth: return physicalWidth
  }
  return key >= RefusalNumber.Features ? featureWord(key - RefusalNumber.Features) : 0
}

export function refusalField(subject: u32, key: u32): u64 { return controlField(refused, key) }
