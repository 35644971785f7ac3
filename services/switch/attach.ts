/** Ports come to a switch, change, and go. */
import * as host from '../../capability/switch'
import { BurstLimit, PortCountersBytes, PortFlag, PortSettings, SwitchStatus } from '../../capability/switch'
import { forgetMac, forgetPort } from './addresses'
import { RateLimit } from '../bucket'
import { isGroup } from './frame'
import { carries, configure, has, look, Port, portAt } from './port'
import { release } from './shaping'
import { findMirror, join, leave, NoPort, otherWith, Switch, switchAt } from './switches'

/** Attaches a port to switch `number`; a SwitchStatus. */
export function attach(port: Port, number: u32, settings: PortSettings, now: u64): u32 {
  const status = check(port, switchAt(number), settings)
  if (status != SwitchStatus.Ok) return status
  join(switchAt(number), number, port)
  memory.fill(changetype<usize>(port.counters), 0, PortCountersBytes)
  const taken = apply(port, settings, now)
  if (taken != SwitchStatus.Ok) detach(port)
  return taken
}

/** Gives an attached port other settings; a SwitchStatus, and other than Ok it has those that it had. */
export function set(port: Port, settings: PortSettings, now: u64): u32 {
  const status = check(port, switchAt(port.attached), settings)
  return status == SwitchStatus.Ok ? apply(port, settings, now) : status
}

/** Takes a port away from its switch. */
export function detach(port: Port): void {
  const it = switchAt(port.attached)
  forgetPort(port)
  leave(it, port)
  release(port)
  findMirror(it)
  host.setLink(port.number, false)
}

/** What is behind a port has changed. */
export function portHasChanged(port: Port): void {
  look(port)
  if (!port.ready) forgetPort(port)
}

const before = changetype<PortSettings>(memory.data(656, 8)) // PortSettingsBytes

function apply(port: Port, settings: PortSettings, now: u64): u32 {
  memory.copy(changetype<usize>(before), changetype<usize>(port.settings), host.PortSettingsBytes)
  configure(port, settings, now)
  if (has(port, PortFlag.MacLocked) && isLockedElsewhereInAny(port)) {
    configure(port, before, now)
    return SwitchStatus.WrongMac
  }
  forgetPort(port)
  if (has(port, PortFlag.MacLocked)) forgetMac(port.attached, settings.mac)
  release(port)
  look(port)
  findMirror(switchAt(port.attached))
  host.setLink(port.number, !has(port, PortFlag.Down))
  return SwitchStatus.Ok
}

/** True when another port of the switch has its address locked in a VLAN that both carry. */
function isLockedElsewhereInAny(port: Port): bool {
  const it = switchAt(port.attached)
  for (let index: u32 = 0; index < it.count; index++) {
    const other = portAt(it.member(index))
    if (other.number == port.number || !has(other, PortFlag.MacLocked) || other.settings.mac != port.settings.mac) continue
    for (let vlan: u32 = 0; vlan < 4095; vlan++) if (carries(port, vlan) && carries(other, vlan)) return true
  }
  return false
}

function check(port: Port, it: Switch, settings: PortSettings): u32 {
  const flags = settings.flags
  if (flags & ~PortFlag.All || !areCompatible(flags)) return SwitchStatus.WrongFlags
  // What has no tag on a trunk is of its own VLAN, and a tag that says 0 is none. IEEE 802.1Q-2018, 9.6.
  if (settings.vlan > 4094 || flags & PortFlag.Trunk && settings.vlan != 0 && load<u8>(settings.trunk) & 1) return SwitchStatus.WrongVlan
  if (settings.mac >> 48 || flags & (PortFlag.MacLocked | PortFlag.AddressLocked) && (settings.mac == 0 || isGroup(settings.mac))) return SwitchStatus.WrongMac
  if (!isRate(settings.sendRate, settings.sendBurst) || !isRate(settings.receiveRate, settings.receiveBurst)) return SwitchStatus.WrongRate
  if (flags & PortFlag.Uplink && otherWith(it, port, PortFlag.Uplink) != NoPort) return SwitchStatus.UplinkTaken
  if (flags & PortFlag.Mirror && otherWith(it, port, PortFlag.Mirror) != NoPort) return SwitchStatus.MirrorTaken
  return SwitchStatus.Ok
}

/** A port is private, promiscuous, an uplink, a mirror, or none of them; who mirrors is not mirrored; IP addresses are locked to a locked hardware address. */
function areCompatible(flags: u32): bool {
  if (popcnt(flags & (PortFlag.Uplink | PortFlag.Private | PortFlag.Promiscuous | PortFlag.Mirror)) > 1) return false
  if (flags & PortFlag.Mirror && flags & PortFlag.Mirrored) return false
  return !(flags & PortFlag.AddressLocked) || (flags & PortFlag.MacLocked) != 0
}

function isRate(rate: u64, burst: u64): bool { return rate == 0 ? burst == 0 : rate <= RateLimit && burst != 0 && burst <= BurstLimit }
