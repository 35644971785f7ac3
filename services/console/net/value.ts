/** Gives a setting of a port another value. */
import { AddressCount, PortFlag, PortSettings } from '../../../capability/switch'
import { parseNumber } from '../format'
import { parseIpv4, parseIpv6 } from './address'
import { AllRoles, roleFlags } from './portstate'
import { burstOf, parseRate } from './rate'
import { mostAddresses, mostPerSecond, PortSetting, portValuesOf } from './settings'
import { MostVlan, parseVlans, VlanSetBytes } from './vlans'

const vlans: usize = memory.data(512, 8) // VlanSetBytes
const ipv4: usize = memory.data(16, 8)
const ipv6: usize = memory.data(64, 8)

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
