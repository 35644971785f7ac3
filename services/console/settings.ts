/** The settings of a VM that can be changed while it exists: their names, and their values in words. */
import { RestartPolicy, VmNumber, VmSetting } from '../../capability/admin'
import { parseNumber } from './format'

/** Names of settings, at the index that `VmSetting` gives them. */
export const settingNames: string[] = ['weight', 'mirror', 'onReboot', 'onCrash']

/** Names of restart policies, at the index that `RestartPolicy` gives them. */
const policyNames: string[] = ['restart', 'stop', 'pause']

const switchNames: string[] = ['off', 'on']
const mostWeight: u64 = 10000

/** The words that a setting can have; empty for a number and for what is no setting. */
export function valuesOf(name: string): string[] {
  switch (<u32>settingNames.indexOf(name)) {
    case VmSetting.Mirror: return switchNames
    case VmSetting.OnReboot:
    case VmSetting.OnCrash: return policyNames
    default: return []
  }
}

/** What a setting can be, in words. */
export function allowedOf(setting: u32): string {
  if (setting == VmSetting.Weight) return `a whole number from 1 to ${mostWeight}`
  return valuesOf(settingNames[setting]).join(', ')
}

/** The number that stands for a value, or u64.MAX_VALUE when it is not allowed. */
export function valueOf(setting: u32, text: string): u64 {
  if (setting == VmSetting.Weight) {
    const weight = parseNumber(text, mostWeight)
    return weight >= 1 && weight <= mostWeight ? weight : u64.MAX_VALUE
  }
  const at = valuesOf(settingNames[setting]).indexOf(text.toLowerCase())
  return at < 0 ? u64.MAX_VALUE : at
}

/** A setting's value in words. */
export function wordOf(setting: u32, value: u64): string {
  if (setting == VmSetting.Weight) return value.toString()
  const words = valuesOf(settingNames[setting])
  return value < <u64>words.length ? words[<i32>value] : value.toString()
}

/** The `VmNumber` with which a setting is read. */
export function numberOf(setting: u32): u32 {
  switch (setting) {
    case VmSetting.Weight: return VmNumber.Weight
    case VmSetting.Mirror: return VmNumber.Mirror
    case VmSetting.OnReboot: return VmNumber.OnReboot
    default: return VmNumber.OnCrash
  }
}

/** A restart policy in words. */
export function policyName(policy: u64): string {
  return policy <= RestartPolicy.Pause ? policyNames[<i32>policy] : policy.toString()
}
