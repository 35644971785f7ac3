/** The MSRs of a vCPU that only its guest goes by; those that change how it runs are the nucleus's. */
import { ConfigurationLimit } from '../../capability/configuration'
import * as mtrr from './mtrr'
import { Msr } from '../../capability/msr'

/** What is read where there is no such MSR: no value that one can have. */
@inline const None: u64 = u64.MAX_VALUE
/** HWCR bits that are kept: 0–6 and 24. */
@inline const HardwareConfigurationBits: u64 = 1 << 24 | 0x7F

/** HWCR of each vCPU. */
const hardwareConfigurations: usize = memory.data(32 * 8, 8)

/** As after power-on. */
export function reset(): void {
  mtrr.reset()
  memory.fill(hardwareConfigurations, 0, ConfigurationLimit.Vcpus << 3)
}

/** The value, or all ones where RDMSR takes #GP(0). */
export function msrRead(vcpu: u32, index: u32): u64 {
  if (vcpu >= ConfigurationLimit.Vcpus) return None
  if (mtrr.isMtrr(index)) return mtrr.read(vcpu, index)
  switch (index) {
    case Msr.MtrrCapability: return mtrr.Capability
    case Msr.MiscEnable: return 1 | 1 << 11 | 1 << 12 // fast strings; neither BTS nor PEBS
    case Msr.HardwareConfiguration: return load<u64>(hardwareConfigurations + (vcpu << 3))
    case Msr.VmCr: return 1 << 3 | 1 << 4 // SVM disabled and locked
    case Msr.DecodeConfiguration: return 1 << 1 // LFENCE serializes
    case Msr.PatchLevel:
    case Msr.MachineCheckCapability: // no banks
    case Msr.MachineCheckStatus:
    case Msr.DebugControl:
    case Msr.SystemConfiguration:
    case Msr.NorthbridgeConfiguration: return 0
  }
  return None
}

/** False where WRMSR takes #GP(0). */
export function msrWrite(vcpu: u32, index: u32, value: u64): bool {
  if (vcpu >= ConfigurationLimit.Vcpus) return false
  if (mtrr.isMtrr(index)) return mtrr.write(vcpu, index, value)
  switch (index) {
    case Msr.HardwareConfiguration:
      store<u64>(hardwareConfigurations + (vcpu << 3), value & HardwareConfigurationBits)
      return true
    case Msr.MachineCheckStatus:
    case Msr.DebugControl: return value == 0
    case Msr.PatchLevel:
    case Msr.MiscEnable:
    case Msr.SystemConfiguration:
    case Msr.NorthbridgeConfiguration:
    case Msr.DecodeConfiguration: return true
  }
  return false
}
