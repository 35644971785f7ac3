/** Networks, and virtual machines' interfaces to them, as zod checks them. */
import { isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'

/** Most networks of a host. */
export const NETWORK_LIMIT = 64
/** Most interfaces of one virtual machine, and of all. */
export const INTERFACE_LIMIT = 8
export const ALL_INTERFACES_LIMIT = 192
/** Most IP addresses of each version that an interface is held to. */
export const ADDRESS_LIMIT = 4

/** A rate in bytes a second, or undefined for what is none. */
export function parseRate(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kMG])bit\/s$/.exec(text)
  if (!match) return undefined
  const rate = Math.round(Number(match[1]) * { k: 1e3, M: 1e6, G: 1e9 }[match[2] as 'k' | 'M' | 'G'] / 8)
  return rate >= 1000 && rate <= 125e9 ? rate : undefined
}

const text = (allowed: string, isAllowed: (value: string) => boolean) => z.string({ error: allowed }).refine(isAllowed, { error: allowed })

function whole(lowest: number, highest: number) {
  const error = `a whole number from ${lowest} to ${highest}`
  return z.number({ error }).int({ error }).min(lowest, { error }).max(highest, { error })
}

const nameAllowed = '1 to 31 of the characters a-z, 0-9 and -'
const networkName = z.string({ error: nameAllowed }).regex(/^[a-z0-9-]{1,31}$/, { error: nameAllowed })
const vlan = whole(0, 4094)
const trunkAllowed = 'a list of VLANs, each a whole number from 0 to 4094; 0 stands for frames without a tag'
const trunk = z.array(vlan, { error: trunkAllowed }).min(1, { error: trunkAllowed })
const macAllowed = "a hardware address such as '02:00:00:00:00:01', which is nobody's group and not all zeros"
const rateAllowed = "a rate such as '100 Mbit/s', from 8 kbit/s to 1000 Gbit/s"
const rate = text(rateAllowed, value => parseRate(value) !== undefined)
const addressAllowed = 'an IPv4 or IPv6 address, without a zone and not all zeros'
const isAddress = (value: string): boolean => (isIPv4(value) || isIPv6(value) && !value.includes('%')) && /[1-9a-f]/i.test(value)
const addressesAllowed = `a list of at most ${ADDRESS_LIMIT} IPv4 and ${ADDRESS_LIMIT} IPv6 addresses`
const perSecond = whole(1, 10_000_000)
const onOff = z.boolean({ error: 'true or false' })
const deviceAllowed = "where a network card of the host is, as host devices shows it, such as '00:1F.6'"
const roles = ['ordinary', 'private', 'promiscuous', 'mirror'] as const

const uplink = z.strictObject({
  device: text(deviceAllowed, value => /^[0-9A-Fa-f]{2}:[01][0-9A-Fa-f]\.[0-7]$/.test(value)).describe('The network card that leads outside.'),
  vlan: vlan.default(0).describe('VLAN of the frames that have no tag outside.'),
  trunk: trunk.optional().describe('VLANs whose frames have tags outside.'),
}, { error: '{ device, vlan, trunk }' })

/** A virtual switch. */
export const network = z.strictObject({
  name: networkName.describe('What the network is called.'),
  uplink: uplink.optional().describe('Connects it with the network outside.'),
}, { error: '{ name, uplink }' })

const storm = z.strictObject({
  broadcast: perSecond.optional().describe('Frames to everybody.'),
  multicast: perSecond.optional().describe('Frames to groups.'),
  unknown: perSecond.optional().describe('Frames to addresses that nobody knows.'),
}, { error: '{ broadcast, multicast, unknown }' })

/** An interface of a virtual machine. */
export const networkInterface = z.strictObject({
  network: networkName.describe('The network that it goes to.'),
  mac: text(macAllowed, value => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(value) && (parseInt(value, 16) & 1) === 0 && /[1-9a-f]/i.test(value)).optional()
    .describe('Its hardware address; one is made of the names of host and machine when it is left out.'),
  mtu: whole(68, 65535).default(1500).describe('Most bytes that a frame carries.'),
  vlan: vlan.default(0).describe('VLAN of its frames that have no tag.'),
  trunk: trunk.optional().describe('VLANs whose frames have tags.'),
  role: z.enum(roles, { error: roles.map(role => `'${role}'`).join(', ') }).default('ordinary').describe('With whom it is connected.'),
  lockMac: onOff.default(true).describe('Drops what it sends from another hardware address.'),
  addresses: z.array(text(addressAllowed, isAddress), { error: addressesAllowed }).default([])
    .refine(list => list.filter(isIPv4).length <= ADDRESS_LIMIT && list.filter(isIPv6).length <= ADDRESS_LIMIT, { error: addressesAllowed })
    .describe('IP addresses that it is held to; none holds it to nothing.'),
  sendLimit: rate.optional().describe('The most that it may send: more waits.'),
  receiveLimit: rate.optional().describe('The most that it is sent: more is dropped.'),
  storm: storm.optional().describe('Frames a second that it may send to many: more are dropped.'),
  addressLimit: whole(1, 512).optional().describe('Hardware addresses that are learned of it.'),
  mirrored: onOff.default(false).describe("Copies what it sends and gets to the network's mirror."),
  link: onOff.default(true).describe('Whether its link is up.'),
}, { error: 'an object that describes a network interface' })

const networksAllowed = `a list of at most ${NETWORK_LIMIT} networks, each { name, uplink }`
export const networks = z.array(network, { error: networksAllowed }).max(NETWORK_LIMIT, { error: networksAllowed }).default([]).describe('Virtual switches. Experimental.')
const interfacesAllowed = `a list of at most ${INTERFACE_LIMIT} network interfaces`
export const interfaces = z.array(networkInterface, { error: interfacesAllowed }).max(INTERFACE_LIMIT, { error: interfacesAllowed }).default([]).describe('Its network interfaces, in order. Experimental.')

export type Network = z.output<typeof network>
export type NetworkInterface = z.output<typeof networkInterface>
