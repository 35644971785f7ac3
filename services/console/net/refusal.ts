/** Why the switches' service did not do what it was asked, and what to do. */
import { SwitchOperation, SwitchStatus } from '../../../capability/switch'
import { quoted } from '../format'
import { nameRule } from './record'

/** What is said of an answer that no service gives that works. */
export const strange: string = 'The switches\' service gave an answer that cannot be. If it does so again: sandbox restart switch'

/** A SwitchStatus that is not Ok, in a sentence or two. `port` is the one that the order was about, `network` the network; '' where there is none. */
export function refusal(status: u32, operation: u32, network: string, port: string = ''): string {
  const where = network.length ? network : 'The network'
  const one = port.length ? port : 'A port'
  switch (status) {
    case SwitchStatus.Unsupported: return 'The switches\' service does not know this order: it is of another version than the console.'
    case SwitchStatus.NoSuchSwitch: return `There is no network ${quoted(network)}. net list shows all.`
    case SwitchStatus.NameTaken: return `There is a network ${quoted(network)} already. net list shows all.`
    case SwitchStatus.WrongName: return nameRule + '.'
    case SwitchStatus.TooManySwitches: return 'The host has as many networks as it can have, 64. net delete deletes one without ports.'
    case SwitchStatus.InUse:
      if (operation == SwitchOperation.Delete) return `${where} has ports, which net ports shows. Take them off first: net disconnect, net connect.`
      return `${one} is connected already: net ports shows where.`
    case SwitchStatus.NoSuchPort:
      if (port.startsWith('uplink:')) return `${where} has no uplink: its configuration gives it none.`
      return `${one} is connected to no network. net connect connects it.`
    case SwitchStatus.WrongVlan: return 'A VLAN is a number from 0 to 4094; a trunk carries 0, which stands for frames without a tag, only where its own VLAN is 0 too.'
    case SwitchStatus.WrongMac:
      return `The hardware address is no machine's own, or is locked to another port of the network in the same VLAN: net ports shows whose. Another VLAN goes, or another address in the configuration (mac).`
    case SwitchStatus.UplinkTaken: return `${where} has an uplink already, and a network has one.`
    case SwitchStatus.MirrorTaken: return `${where} has a mirror already, and a network has one: net info shows which.`
    case SwitchStatus.WrongFlags: return `What ${one} is to be does not go together: it has one role, a mirror is not mirrored, and addresses are held to with lockMac on.`
    case SwitchStatus.WrongRate: return 'A limit is from 8 kbit/s to 1000 Gbit/s.'
    case SwitchStatus.Failed: return 'The switches\' service failed meanwhile. It starts again by itself, and log says why. Whether this was carried out net ports shows.'
    default: return `The switches' service refused the order (status ${status}).`
  }
}
