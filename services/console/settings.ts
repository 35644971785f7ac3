/** The settings of a VM that can be changed while it exists: their names, and their values in words. */
import { RestartPolicy, VmSetting } from '../../capability/admin'
import { parseNumber } from './format'
import { hostProcessors, parseProcessors, processorsText } from './processors'
import { vmOf } from './vm'

/** Names of settings, at the index that `VmSetting` gives them. */
export const settingNames: string[] = ['weight', 'mirror', 'onReboot', 'onCrash', 'cap', 'affinity', 'prefer', 'vcpus', 'memory']

/** Names of restart policies, at the index that `RestartPolicy` gives them. */
const policyNames: string[] = ['restart', 'stop', 'pause']

/** Names of the host's settings, at the index that `HostSetting` gives them. */
export const hostSettingNames: string[] = ['coreScheduling']

/** The words for 0 and 1. */
export const switchNames: string[] = ['off', 'on']
const noLimit: string[] = ['none']
const allProcessors: string[] = ['all']
const mostWeight: u64 = 10000
const mostCap: u64 = 3200
const mostVcpus: u64 = 32

/** The words that a setting can have, the first of which stands for 0; empty for a number and for what is no setting. */
export function valuesOf(name: string): string[] {
  if (hostSettingNames.includes(name)) return switchNames
  switch (<u32>settingNames.indexOf(name)) {
    case VmSetting.Mirror: return switchNames
    case VmSetting.OnReboot:
    case VmSetting.OnCrash: return policyNames
    case VmSetting.Cap:
    case VmSetting.Preferred: return noLimit
    case VmSetting.Affinity: return allProcessors
    default: return []
  }
}

/** What a setting can be, in words. */
export function allowedOf(setting: u32): string {
  const words = valuesOf(settingNames[setting]).join(', ')
  switch (setting) {
    case VmSetting.Weight: return `a whole number from 1 to ${mostWeight}`
    case VmSetting.VcpuCount: return `a whole number from 1 to ${mostVcpus}`
    case VmSetting.MemoryWanted: return 'a size such as 512MiB between its minMemory and its maxMemory'
    case VmSetting.Cap: return `${words}, or percent of one processor from 1 to ${mostCap}`
    case VmSetting.Affinity:
    case VmSetting.Preferred: return `${words}, or processors as in 0,2-3 (this host has ${processorsText(hostProcessors())})`
    default: return words
  }
}

/** The number that stands for a value, or u64.MAX_VALUE when it is not allowed. */
export function valueOf(setting: u32, text: string): u64 {
  const at = valuesOf(settingNames[setting]).indexOf(text.toLowerCase())
  if (at >= 0) return at
  switch (setting) {
    case VmSetting.Weight: return numberUpTo(mostWeight, text)
    case VmSetting.VcpuCount: return numberUpTo(mostVcpus, text)
    case VmSetting.Cap: return numberUpTo(mostCap, text)
    case VmSetting.Affinity:
    case VmSetting.Preferred: {
      const set = parseProcessors(text)
      return set ? set : u64.MAX_VALUE
    }
    default: return u64.MAX_VALUE
  }
}

function numberUpTo(most: u64, text: string): u64 {
  const number = parseNumber(text, most)
  return number >= 1 && number <= most ? number : u64.MAX_VALUE
}

/** A setting's value in words. */
export function wordOf(setting: u32, value: u64): string {
  const words = valuesOf(settingNames[setting])
  if (value < <u64>words.length) return words[<i32>value]
  if (setting == VmSetting.Cap) return `${value} %`
  return setting == VmSetting.Affinity || setting == VmSetting.Preferred ? processorsText(value) : value.toString()
}

/** What a setting of a VM is now. */
export function settingOf(vm: u32, setting: u32): u64 {
  const known = vmOf(vm)
  switch (setting) {
    case VmSetting.Weight: return known.weight
    case VmSetting.Mirror: return known.mirror
    case VmSetting.OnReboot: return known.onReboot
    case VmSetting.OnCrash: return known.onCrash
    case VmSetting.Cap: return known.cap
    case VmSetting.Affinity: return known.affinity
    case VmSetting.Preferred: return known.preferred
    default: return known.vcpusAsked
  }
}

/** A restart policy in words. */
export function policyName(policy: u64): string {
  return policy <= RestartPolicy.Pause ? policyNames[<i32>policy] : policy.toString()
}
