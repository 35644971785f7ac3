/** net list, info, ports, port, addresses, forget, create, delete, connect, disconnect. */
import { SwitchOperation } from '../../../capability/switch'
import { add, Arguments, Kind } from '../command'
import { Conversation, converse } from '../conversation'
import { quoted } from '../format'
import { AddressList } from '../net/addresses'
import { Connect, OneOrder } from '../net/change'
import { hasSwitches } from '../net/names'
import { NetworkInformation, NetworkList } from '../net/networks'
import { findPlace, Place } from '../net/place'
import { PortInformation } from '../net/portinfo'
import { PortList } from '../net/ports'
import { isName, nameRule } from '../net/record'
import { print } from '../terminal'

const noNetworks: string = 'This host has no networks: its configuration names none (networks, and a VM\'s interfaces).\n'

/** Adds them. */
export function addNetCommands(): void {
  add('net list', 'all networks', 'net list', list).option('--json')
  add('net info', 'all about one', 'net info lan', info).takes('NETWORK', Kind.Network).option('--json')
  add('net ports', 'who is connected', 'net ports lan', ports).mayTake('NETWORK', Kind.Network).option('--json')
    .explain('A port is a VM\'s interface, web:0 for the first of web, or the way outside, uplink:lan of the network lan.')
  add('net port', 'all about a port', 'net port web:0', port).takes('PORT', Kind.Port).option('--json')
    .explain('PORT is web:0 for the first interface of the VM web, which web is short for, or uplink:lan.\nIt says of each reason for which frames were dropped what can be done.')
  add('net addresses', 'who was seen where', 'net addresses lan', addresses).mayTake('NETWORK', Kind.Network).option('--json')
    .explain('Hardware addresses that sent something in the last five minutes.')
  add('net forget', 'forget all addresses', 'net forget lan', forget).takes('NETWORK', Kind.Network).explain('The switch learns them again from what is sent; until then it asks everywhere.')
  add('net create', 'make a network', 'net create dmz', create).takes('NETWORK', Kind.Name).explain(`${nameRule}. It is there until the host is rebooted.`)
  add('net delete', 'delete one', 'net delete dmz', remove).takes('NETWORK', Kind.Network).explain('It must have no ports.')
  add('net connect', 'to another network', 'net connect web:0 lan', connect).takes('PORT', Kind.Port).takes('NETWORK', Kind.Network)
    .explain('The interface keeps its settings. Its guest sees its link go down and up.')
  add('net disconnect', 'from its network', 'net disconnect web:0', disconnect).takes('PORT', Kind.Port).explain('Its guest sees its link go down. The interface keeps its settings.')
}

/** True where there are networks to speak of; otherwise it is said that there are none. */
export function hasNetworks(): bool {
  const has = hasSwitches()
  if (!has) print(noNetworks)
  return has
}

/** True for a name of a network; otherwise it is said what one is. */
function checkName(name: string): bool {
  const is = isName(name)
  if (!is) print(`${nameRule}; not ${quoted(name)}.\n`)
  return is
}

/** Begins a conversation about all networks or the one that is named. */
function show(given: Arguments, conversation: Conversation, isList: bool): void {
  if (!hasSwitches()) return print(isList && given.has('--json') ? '[]\n' : noNetworks)
  if (!given.positions.length || checkName(given.positions[0])) converse(conversation)
}

function named(given: Arguments): string { return given.positions.length ? given.positions[0] : '' }

function list(given: Arguments): void { show(given, new NetworkList(given.has('--json')), true) }
function info(given: Arguments): void { show(given, new NetworkInformation(given.positions[0], given.has('--json')), false) }
function ports(given: Arguments): void { show(given, new PortList(named(given), given.has('--json')), true) }
function addresses(given: Arguments): void { show(given, new AddressList(named(given), given.has('--json')), true) }

function port(given: Arguments): void {
  if (!hasNetworks()) return
  const place = findPlace(given.positions[0])
  if (place) converse(new PortInformation(place, given.has('--json')))
}

function forget(given: Arguments): void { order(given, SwitchOperation.Forget, 'has forgotten all addresses; it learns them again from what is sent.') }
function create(given: Arguments): void { order(given, SwitchOperation.Create, 'is made, until the host is rebooted. net connect connects VMs.') }
function remove(given: Arguments): void { order(given, SwitchOperation.Delete, 'is deleted.') }

function order(given: Arguments, operation: u32, done: string): void {
  const name = given.positions[0]
  if (hasNetworks() && checkName(name)) converse(new OneOrder(operation, name, null, `${name} ${done}`))
}

function connect(given: Arguments): void {
  const place = findInterface(given.positions[0])
  if (place && checkName(given.positions[1])) converse(new Connect(place, given.positions[1]))
}

function disconnect(given: Arguments): void {
  const place = findInterface(given.positions[0])
  if (place) converse(new OneOrder(SwitchOperation.Detach, '', place, `${place.name} is disconnected. net connect ${place.name} NETWORK connects it again.`))
}

/** A VM's interface, or null after saying why there is none. */
function findInterface(word: string): Place | null {
  if (!hasNetworks()) return null
  const place = findPlace(word)
  if (!place || !place.isUplink) return place
  print(`An uplink stays with its network, as the configuration has it. net set ${place.name} link down takes it down.\n`)
  return null
}
