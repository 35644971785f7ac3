/** A port: its settings, what is known of who is behind it, and what it has done. */
import * as host from '../../capability/switch'
import { PortCounters, PortCountersBytes, PortFlag, PortLimit, PortNumber, PortSettings, PortSettingsBytes } from '../../capability/switch'
import { Bucket, BucketBytes, fill } from '../bucket'

/** Of a port that is attached to none. */
export const NoSwitch: u32 = u32.MAX_VALUE

@unmanaged export class Port {
  number: u32
  attached: u32 //      the number of its switch, or NoSwitch
  ready: u32 //         1: it takes frames
  offloads: u32 //      NetOffload
  maximumBytes: u32 //  the MTU
  learned: u32 //       addresses
  paused: u32 //        1: its frames wait until its bucket opens
  reserved: u32

  @inline get sending(): Bucket { return changetype<Bucket>(changetype<usize>(this) + 32) }
  @inline get receiving(): Bucket { return changetype<Bucket>(changetype<usize>(this) + 32 + BucketBytes) }
  @inline get broadcasts(): Bucket { return changetype<Bucket>(changetype<usize>(this) + 32 + 2 * BucketBytes) }
  @inline get multicasts(): Bucket { return changetype<Bucket>(changetype<usize>(this) + 32 + 3 * BucketBytes) }
  @inline get unknowns(): Bucket { return changetype<Bucket>(changetype<usize>(this) + 32 + 4 * BucketBytes) }
  @inline get settings(): PortSettings { return changetype<PortSettings>(changetype<usize>(this) + SettingsAt) }
  @inline get counters(): PortCounters { return changetype<PortCounters>(changetype<usize>(this) + SettingsAt + PortSettingsBytes) }
}
const SettingsAt: usize = 32 + 5 * BucketBytes
const PortBytes: u32 = 32 + 5 * BucketBytes + PortSettingsBytes + PortCountersBytes

let ports: usize = 0

/** Makes all ports, attached to none. */
export function makePorts(): void {
  if (ports == 0) ports = heap.alloc(PortLimit * PortBytes)
  memory.fill(ports, 0, PortLimit * PortBytes)
  for (let number: u32 = 0; number < PortLimit; number++) {
    portAt(number).number = number
    portAt(number).attached = NoSwitch
  }
}

/** Port `number`, below PortLimit. */
@inline export function portAt(number: u32): Port { return changetype<Port>(ports + <usize>number * PortBytes) }

@inline export function has(port: Port, flags: u32): bool { return (port.settings.flags & flags) != 0 }

/** Gives it other settings. */
export function configure(port: Port, settings: PortSettings, now: u64): void {
  memory.copy(changetype<usize>(port.settings), changetype<usize>(settings), PortSettingsBytes)
  fill(port.sending, settings.sendRate, settings.sendBurst, now)
  fill(port.receiving, settings.receiveRate, settings.receiveBurst, now)
  // Frames of a second may come at once.
  fill(port.broadcasts, settings.broadcastRate, settings.broadcastRate, now)
  fill(port.multicasts, settings.multicastRate, settings.multicastRate, now)
  fill(port.unknowns, settings.unknownRate, settings.unknownRate, now)
}

/** Asks who is behind it what can be sent there. */
export function look(port: Port): void {
  port.ready = u32(host.number(port.number, PortNumber.Ready) != 0)
  port.offloads = <u32>host.number(port.number, PortNumber.Offloads)
  port.maximumBytes = <u32>host.number(port.number, PortNumber.MaximumBytes)
}

/** True while frames can go there. */
@inline export function isUp(port: Port): bool { return port.ready != 0 && !has(port, PortFlag.Down) }

/** True when frames of a VLAN come and go there. */
export function carries(port: Port, vlan: u32): bool {
  const settings = port.settings
  return settings.flags & PortFlag.Trunk ? (load<u8>(settings.trunk + (vlan >> 3)) >> (vlan & 7) & 1) != 0 : settings.vlan == vlan
}

/** True when they have a tag there. */
@inline export function isTagged(port: Port, vlan: u32): bool { return has(port, PortFlag.Trunk) && port.settings.vlan != vlan }

/** True when frames of one may go to the other: mirrors stand alone, nothing goes from outside to outside, and whoever is private sees uplinks and promiscuous ports only. */
export function areConnected(one: Port, other: Port): bool {
  if (one.number == other.number) return false
  const both = one.settings.flags & other.settings.flags
  const either = one.settings.flags | other.settings.flags
  if (either & PortFlag.Mirror || both & (PortFlag.Uplink | PortFlag.Private)) return false
  return !(either & PortFlag.Private) || (either & (PortFlag.Uplink | PortFlag.Promiscuous)) != 0
}
