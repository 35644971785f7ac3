/** The settings of a port that can be changed: their names, and their values in words, those of the configuration. */
import { AddressCount, PortFlag, PortSettings } from '../../../capability/switch'
import { addressesText, roleNames, roleOf } from './portstate'
import { rateText } from './rate'
import { MostVlan, vlansText } from './vlans'

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
export const mostPerSecond: u64 = 10000000
export const mostAddresses: u64 = 512

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
