/** Switching SVM on, or saying why not. APM vol. 2, 15.4 and 15.30. */
import * as hw from '../../kernel/hw'
import { Blocked } from '../../capability/virtualization'
import { detectFeatures, hasNestedPaging } from './features'

const EferMsr: u32 = 0xC000_0080
@inline const EferSvme: u64 = 1 << 12
const VmCrMsr: u32 = 0xC001_0114
@inline const VmCrLock: u64 = 1 << 3
@inline const VmCrSvmDisable: u64 = 1 << 4
const HostSaveMsr: u32 = 0xC001_0117

/** Why guests cannot run on this CPU; Blocked.No when they can. */
export function check(): u32 {
  if (!detectFeatures()) return Blocked.NoExtension
  const vmCr = hw.readMsr(VmCrMsr)
  if ((vmCr & VmCrSvmDisable) != 0) return (vmCr & VmCrLock) != 0 ? Blocked.DisabledAndLocked : Blocked.Disabled
  if (!hasNestedPaging()) return Blocked.NoNestedPaging
  return Blocked.No
}

/** Enables SVM on this CPU; `save` and `hostState` are the hpa of zeroed frames for VMRUN's host save area and VMSAVE. Blocked.No: it cannot be refused. */
export function enable(save: u64, hostState: u64): u32 {
  hw.writeMsr(EferMsr, hw.readMsr(EferMsr) | EferSvme)
  hw.writeMsr(HostSaveMsr, save)
  hw.svmSave(hostState)
  return Blocked.No
}

/** Switches SVM off. GIF is 1 wherever this can be called from: boot/svm.asm clears it around VMRUN only. */
export function disable(): void {
  hw.writeMsr(EferMsr, hw.readMsr(EferMsr) & ~EferSvme)
}
