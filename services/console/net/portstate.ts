/** A port's state and role in words. */
import { VmState } from '../../../capability/admin'
import { AddressCount, Drop, PortFlag, PortSettings, SwitchAnswer } from '../../../capability/switch'
import { size } from '../format'
import { vmOf } from '../vm'
import { ipv4Text, ipv6Text } from './address'
import { vmOfPort } from './place'
import { hasVlan, vlansText } from './vlans'

/** Roles that a VM's interface can have, as the configuration calls them, and the flags that they are. */
export const roleNames: string[] = ['ordinary', 'private', 'promiscuous', 'mirror']
export const roleFlags: u32[] = [0, PortFlag.Private, PortFlag.Promiscuous, PortFlag.Mirror]
export const AllRoles: u32 = PortFlag.Private | PortFlag.Promiscuous | PortFlag.Mirror

export function roleOf(flags: u32): string {
  if (flags & PortFlag.Uplink) return 'uplink'
  const at = roleFlags.indexOf(flags & AllRoles)
  return at < 0 ? roleNames[0] : roleNames[at]
}

/** 10, or of a trunk 10-19 (10 untagged). */
export function vlanText(settings: PortSettings): string {
  if (!(settings.flags & PortFlag.Trunk)) return settings.vlan.toString()
  return vlansText(settings.trunk) + (hasVlan(settings.trunk, settings.vlan) ? ` (${settings.vlan} untagged)` : '')
}

/** Whether a port's link is up, and why not; `told` is about one that is attached. */
export function linkText(told: SwitchAnswer): string {
  if (told.settings.flags & PortFlag.Down) return 'down: set'
  if (told.linkUp) return 'up'
  const vm = vmOfPort(told.port)
  if (vm < 0) return 'down: no driver'
  const state = vmOf(vm).state
  return state == VmState.Running || state == VmState.Paused ? 'down: no driver' : 'down: VM off'
}

/** How often a frame was dropped for a reason. */
export function dropsOf(told: SwitchAnswer, reason: u32): u64 { return load<u64>(told.counters.drops + (<usize>reason << 3)) }

/** How many were dropped for any. */
export function allDrops(told: SwitchAnswer): u64 {
  let all: u64 = 0
  for (let reason: u32 = 0; reason < Drop.Count; reason++) all += dropsOf(told, reason)
  return all
}

/** Frames and their bytes. */
export function traffic(frames: u64, bytes: u64): string { return frames ? `${frames} (${size(bytes)})` : '0' }

/** The IP addresses that a port may have, parted by blanks. */
export function addressesText(settings: PortSettings): string {
  const texts: string[] = []
  for (let i: u32 = 0; i < AddressCount; i++) if (load<u32>(settings.ipv4 + (i << 2))) texts.push(ipv4Text(settings.ipv4 + (i << 2)))
  for (let i: u32 = 0; i < AddressCount; i++) {
    const at = settings.ipv6 + (i << 4)
    if (load<u64>(at) | load<u64>(at + 8)) texts.push(ipv6Text(at))
  }
  return texts.join(' ')
}
