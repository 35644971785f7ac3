/** Why frames were dropped, and what can be done. docs/network.md has the rules. */
import { Drop } from '../../../capability/switch'

/** Drop's names. */
export const dropNames: string[] = [
  'Detached', 'Malformed', 'FromMirror', 'Reserved', 'Vlan', 'MacSpoof', 'AddressSpoof', 'BroadcastStorm', 'MulticastStorm', 'UnknownStorm', 'Isolated', 'NoTarget', 'TooLong', 'ReceiveRate', 'NoRoom',
]

/** What it means for a port, and what to do. */
export function dropText(reason: u32, port: string): string {
  switch (reason) {
    case Drop.Detached: return `its link was set down. net set ${port} link up`
    case Drop.Malformed: return 'shorter than their headers, or what their headers ask for is not offered'
    case Drop.FromMirror: return `a mirror only listens. net set ${port} role ordinary`
    case Drop.Reserved: return 'for the nearest bridge (spanning tree, LLDP, pause): that is here'
    case Drop.Vlan: return `of a VLAN that it does not carry, or tagged where no tag is taken. net set ${port} vlan, trunk`
    case Drop.MacSpoof: return `from a hardware address that is not its own, or is another's. net set ${port} lockMac off, if that is to be`
    case Drop.AddressSpoof: return `from IP addresses other than its own, or what only a router or DHCP server says. net set ${port} addresses`
    case Drop.BroadcastStorm: return `more to everybody than it may. net set ${port} broadcast`
    case Drop.MulticastStorm: return `more to groups than it may. net set ${port} multicast`
    case Drop.UnknownStorm: return `more to unknown addresses than it may. net set ${port} unknown`
    case Drop.Isolated: return 'for a port that it is kept apart from: one of them is private'
    case Drop.NoTarget: return 'for itself, or for nobody who is there'
    case Drop.TooLong: return 'to it: longer than its MTU. Give both ends the same (mtu in the configuration)'
    case Drop.ReceiveRate: return `to it: more than it may get. net set ${port} receiveLimit`
    case Drop.NoRoom: return 'to it: its guest had no buffer, since it is slow or its driver is not ready'
    default: return ''
  }
}
