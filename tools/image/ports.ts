/** Networks and interfaces as a pack has them: what the switches' service is to begin with. docs/pack-format.md gives the layout. */
import { createHash } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { parseRate, type Network, type NetworkInterface } from '../config/network.ts'
import type { FullConfig } from '../config/schema.ts'

export const PORT_SIZE = 680
const NO_VM = 0xFFFF_FFFF
/** PortFlag of capability/switch.ts. */
const FLAGS = { uplink: 1, trunk: 2, private: 4, promiscuous: 8, macLocked: 16, addressLocked: 32, mirror: 64, mirrored: 128, down: 256 }
const ROLES = { ordinary: 0, private: FLAGS.private, promiscuous: FLAGS.promiscuous, mirror: FLAGS.mirror }
const SETTINGS_AT = 24

/** The port records: those of virtual machines' interfaces, one machine after the other, then those of uplinks. */
export function portRecords(config: FullConfig): Buffer[] {
  const numberOf = (name: string) => config.networks.findIndex(network => network.name === name)
  const interfaces = config.vms.flatMap((vm, i) => vm.interfaces.map((it, j) => interfaceRecord(it, i, numberOf(it.network), it.mac ?? madeAddress(config.name, vm.name, j))))
  return [...interfaces, ...config.networks.flatMap(({ uplink }, i) => uplink ? [uplinkRecord(uplink, i)] : [])]
}

function interfaceRecord(it: NetworkInterface, vm: number, network: number, mac: string): Buffer {
  const record = begin(vm, network, it.mtu, it)
  const address = Buffer.from(mac.replaceAll(':', ''), 'hex')
  address.copy(record, 8)
  address.copy(record, SETTINGS_AT + 8)
  const flags = (it.trunk ? FLAGS.trunk : 0) | ROLES[it.role] | (it.lockMac ? FLAGS.macLocked : 0) | (it.addresses.length ? FLAGS.addressLocked : 0) | (it.mirrored ? FLAGS.mirrored : 0) | (it.link ? 0 : FLAGS.down)
  record.writeUInt32LE(flags, SETTINGS_AT)
  ;[it.sendLimit, it.receiveLimit].forEach((limit, i) => {
    const rate = limit === undefined ? 0 : parseRate(limit)!
    record.writeBigUInt64LE(BigInt(rate), SETTINGS_AT + 16 + 16 * i)
    record.writeBigUInt64LE(BigInt(burst(rate)), SETTINGS_AT + 24 + 16 * i)
  })
  ;[it.storm?.broadcast, it.storm?.multicast, it.storm?.unknown, it.addressLimit].forEach((limit, i) => record.writeUInt32LE(limit ?? 0, SETTINGS_AT + 48 + 4 * i))
  it.addresses.filter(isIPv4).forEach((text, i) => Buffer.from(text.split('.').map(Number)).copy(record, SETTINGS_AT + 64 + 4 * i))
  it.addresses.filter(text => !isIPv4(text)).forEach((text, i) => ipv6Bytes(text).copy(record, SETTINGS_AT + 80 + 16 * i))
  return record
}

function uplinkRecord(uplink: NonNullable<Network['uplink']>, network: number): Buffer {
  const record = begin(NO_VM, network, 0, uplink)
  record.writeUInt32LE(FLAGS.uplink | (uplink.trunk ? FLAGS.trunk : 0), SETTINGS_AT)
  return record
}

function begin(vm: number, network: number, mtu: number, { vlan, trunk = [] }: { vlan: number, trunk?: number[] }): Buffer {
  const record = Buffer.alloc(PORT_SIZE)
  record.writeUInt32LE(vm, 0)
  record.writeUInt32LE(network, 4)
  record.writeUInt32LE(mtu, 16)
  record.writeUInt32LE(vlan, SETTINGS_AT + 4)
  for (const id of trunk) record[SETTINGS_AT + 144 + (id >> 3)] |= 1 << (id & 7)
  return record
}

/** What may come at once: all that a twentieth of a second allows, and two frames of the longest at least. */
const burst = (rate: number): number => rate === 0 ? 0 : Math.max(128 << 10, Math.round(rate / 20))

/** Locally administered (IEEE 802, 8.2), the same whenever the image is made, and another for another host, machine or interface. */
function madeAddress(host: string, vm: string, index: number): string {
  const hash = createHash('sha256').update(`${host} ${vm} ${index}`).digest()
  hash[0] = hash[0] & 0xFC | 2
  return hash.toString('hex', 0, 6).replace(/..(?=.)/g, '$&:')
}

/** RFC 4291, 2.2. */
function ipv6Bytes(text: string): Buffer {
  const groups = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::').map(part => part ? part.split(':').map(group => parseInt(group, 16)) : [])
  const [front, back = []] = groups
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
  return Buffer.from(all.flatMap(group => [group >> 8, group & 0xFF]))
}
