/** The settings of a port that can be changed: their names, and their values in words, those of the configuration. */
import { AddressCount, PortFlag, PortSettings } from '../../../capability/switch'
import { parseNumber } from '../format'
import { parseIpv4, parseIpv6 } from './address'
import { addressesText, AllRoles, roleFlags, roleNames, roleOf } from './portstate'
import { burstOf, parseRate, rateText } from './rate'
import { MostVlan, parseVlans, VlanSetBytes, vlansText } from './vlans'

/** Indexes of `portSettingNames`. */
export namespace PortSetting {
  export const Link: u32 = 0
  export const Vlan: u32 = 1
  export const Trunk: u32 = 2
  export const Role: u32 = 3
  export const LockMac: u32 = 4
  export const Addresses: u32 = 5
  export const SendLimit: u32 = 6
  export const ReceiveLimit: u32 = 7
  export const Broadcast: u32 = 8
  export const Multicast: u32 = 9
  export const Unknown: u32 = 10
  export const AddressLimit: u32 = 11
  export const Mirrored: u32 = 12
}
export const portSettingNames: string[] = [
  'link', 'vlan', 'trunk', 'role', 'lockMac', 'addresses', 'sendLimit', 'receiveLimit', 'broadcast', 'multicast', 'unknown', 'addressLimit', 'mirrored',
]

const linkNames: string[] = ['up', 'down']
const onOff: string[] = ['off', 'on']
const none: string[] = ['none']
const mostPerSecond: u64 = 10000000
const mostAddresses: u64 = 512
const vlans: usize = memory.data(512, 8) // VlanSetBytes
const ipv4: usize = memory.data(16, 8)
const ipv6: usize = memory.data(64, 8)

/** The setting of that name, also written as in lock-mac; -1 for none. */
export function portSettingOf(name: string): i32 {
  const wanted = name.replaceAll('-', '').toLowerCase()
  for (let i = 0; i < portSettingNames.length; i++) if (portSettingNames[i].toLowerCase() == wanted) return i
  return -1
}

/** The words that a setting can have. */
export function portValuesOf(setting: u32): string[] {
  switch (setting) {
    case PortSetting.Link: return linkNames
    case PortSetting.Vlan: return []
    case PortSetting.Role: return roleNames
    case PortSetting.LockMac:
    case PortSetting.Mirrored: return onOff
    default: return none
  }
}

/** What a setting can be, in words. */
export function allowedOfPort(setting: u32): string {
  switch (setting) {
    case PortSetting.Vlan: return `a whole number from 0 to ${MostVlan}, 0 for frames without a tag`
    case PortSetting.Trunk: return `none, or VLANs as in 1,10-19, each from 0 to ${MostVlan}`
    case PortSetting.Addresses: return `none, or IP addresses as in 10.0.0.5,fd00::5, at most ${AddressCount} of each version`
    case PortSetting.SendLimit:
    case PortSetting.ReceiveLimit: return 'none, or a rate as in 100 Mbit/s, from 8 kbit/s to 1000 Gbit/s'
    case PortSetting.AddressLimit: return `none, or a whole number from 1 to ${mostAddresses}`
    case PortSetting.Broadcast:
    case PortSetting.Multicast:
    case PortSetting.Unknown: return `none, or frames a second from 1 to ${mostPerSecond}`
    default: return portValuesOf(setting).join(', ')
  }
}

/** Gives `settings` another value; false when it is not allowed. */
export function changePort(settings: PortSettings, setting: u32, text: string): bool {
  const word = portValuesOf(setting).indexOf(text.toLowerCase())
  switch (setting) {
    case PortSetting.Link: return word >= 0 && setFlag(settings, PortFlag.Down, word == 1)
    case PortSetting.LockMac: return word >= 0 && setFlag(settings, PortFlag.MacLocked, word == 1)
    case PortSetting.Mirrored: return word >= 0 && setFlag(settings, PortFlag.Mirrored, word == 1)
    case PortSetting.Role:
      if (word < 0) return false
      settings.flags = settings.flags & ~AllRoles | roleFlags[word]
      return true
    case PortSetting.Vlan: return setNumber(changetype<usize>(settings) + offsetof<PortSettings>('vlan'), text, 0, MostVlan)
    case PortSetting.Trunk: return setTrunk(settings, text, word == 0)
    case PortSetting.Addresses: return setAddresses(settings, text, word == 0)
    case PortSetting.SendLimit:
    case PortSetting.ReceiveLimit: return setRate(settings, setting, text, word == 0)
  }
  const at = changetype<usize>(settings) + offsetof<PortSettings>('broadcastRate') + (<usize>(setting - PortSetting.Broadcast) << 2)
  return word == 0 ? setNumber(at, '0', 0, 0) : setNumber(at, text, 1, setting == PortSetting.AddressLimit ? mostAddresses : mostPerSecond)
}

function setFlag(settings: PortSettings, flag: u32, is: bool): bool {
  settings.flags = is ? settings.flags | flag : settings.flags & ~flag
  return true
}

function setNumber(at: usize, text: string, least: u64, most: u64): bool {
  const value = parseNumber(text, most)
  if (value < least || value > most) return false
  store<u32>(at, <u32>value)
  return true
}

function setTrunk(settings: PortSettings, text: string, isNone: bool): bool {
  memory.fill(vlans, 0, VlanSetBytes)
  if (!isNone && !parseVlans(text, vlans)) return false
  memory.copy(settings.trunk, vlans, VlanSetBytes)
  return setFlag(settings, PortFlag.Trunk, !isNone)
}

function setAddresses(settings: PortSettings, text: string, isNone: bool): bool {
  memory.fill(ipv4, 0, 16)
  memory.fill(ipv6, 0, 64)
  if (!isNone && !parseAddresses(text.replaceAll(',', ' ').split(' '))) return false
  memory.copy(settings.ipv4, ipv4, 16)
  memory.copy(settings.ipv6, ipv6, 64)
  return setFlag(settings, PortFlag.AddressLocked, !isNone)
}

function parseAddresses(words: string[]): bool {
  let fours: u32 = 0
  let sixes: u32 = 0
  for (let i = 0; i < words.length; i++) {
    if (!words[i].length) continue
    const isSix = words[i].includes(':')
    if ((isSix ? sixes : fours) == AddressCount) return false
    const at = isSix ? ipv6 + (sixes++ << 4) : ipv4 + (fours++ << 2)
    if (isSix ? !parseIpv6(words[i], at) || !(load<u64>(at) | load<u64>(at + 8)) : !parseIpv4(words[i], at) || !load<u32>(at)) return false
  }
  return fours + sixes != 0
}

function setRate(settings: PortSettings, setting: u32, text: string, isNone: bool): bool {
  const rate = isNone ? 0 : parseRate(text)
  if (!rate && !isNone) return false
  if (setting == PortSetting.SendLimit) {
    settings.sendRate = rate
    settings.sendBurst = burstOf(rate)
  } else {
    settings.receiveRate = rate
    settings.receiveBurst = burstOf(rate)
  }
  return true
}

/** A setting's value in words. */
export function wordOfPort(settings: PortSettings, setting: u32): string {
  const flags = settings.flags
  switch (setting) {
    case PortSetting.Link: return linkNames[i32((flags & PortFlag.Down) != 0)]
    case PortSetting.Vlan: return settings.vlan.toString()
    case PortSetting.Trunk: return flags & PortFlag.Trunk ? vlansText(settings.trunk) : 'none'
    case PortSetting.Role: return roleOf(flags)
    case PortSetting.LockMac: return onOff[i32((flags & PortFlag.MacLocked) != 0)]
    case PortSetting.Addresses: return flags & PortFlag.AddressLocked ? addressesText(settings) : 'none'
    case PortSetting.SendLimit: return rateText(settings.sendRate)
    case PortSetting.ReceiveLimit: return rateText(settings.receiveRate)
    case PortSetting.Mirrored: return onOff[i32((flags & PortFlag.Mirrored) != 0)]
  }
  const value = load<u32>(changetype<usize>(settings) + offsetof<PortSettings>('broadcastRate') + (<usize>(setting - PortSetting.Broadcast) << 2))
  return value ? value.toString() : 'none'
}
