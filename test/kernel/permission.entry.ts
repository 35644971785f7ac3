import * as amd from '../../vmx/amd/permission'
import * as intel from '../../vmx/intel/permission'

export function fillAmd(hpa: u64): u64 {
  amd.fillPermissionMaps(hpa)
  return amd.PermissionBytes
}

export function fillIntel(hpa: u64): u64 {
  intel.fillPermissionMaps(hpa)
  return intel.PermissionBytes
}
