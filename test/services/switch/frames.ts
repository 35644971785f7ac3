/** Frames as guests make them, and the Internet checksum, from the standards. */
import { macOf } from './world.ts'

export interface Link { to: string, from: string, tag?: number, priority?: number }
export interface NetHeader { flags?: number, type?: number, headerBytes?: number, segmentBytes?: number, start?: number, offset?: number }

const be16 = (value: number): Buffer => Buffer.from([value >> 8 & 0xff, value & 0xff])

/** struct virtio_net_hdr. VIRTIO 1.2, 5.1.6. */
export function netHeader({ flags = 0, type = 0, headerBytes = 0, segmentBytes = 0, start = 0, offset = 0 }: NetHeader = {}): Buffer {
  const header = Buffer.alloc(12)
  header[0] = flags
  header[1] = type
  ;[headerBytes, segmentBytes, start, offset].forEach((field, index) => header.writeUInt16LE(field, 2 + 2 * index))
  return header
}

export function ethernet({ to, from, tag, priority = 0 }: Link, type: number, body: Buffer, header: NetHeader = {}): Buffer {
  const tagged = tag === undefined ? [] : [be16(0x8100), be16(priority << 13 | tag)]
  return Buffer.concat([netHeader(header), macOf(to), macOf(from), ...tagged, be16(type), body])
}

export const ip4 = (text: string): number[] => text.split('.').map(Number)

export function checksum(...parts: Buffer[]): number {
  const all = Buffer.concat(parts)
  let sum = 0
  for (let at = 0; at < all.length; at++) sum += at % 2 ? all[at] : all[at] << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

export function ipv4({ from, to, protocol = 17, fragment = 0, id = 0x1234, options = Buffer.alloc(0) }: { from: number[], to: number[], protocol?: number, fragment?: number, id?: number, options?: Buffer }, body: Buffer): Buffer {
  const header = Buffer.concat([Buffer.from([0x40 | 5 + options.length / 4, 0]), be16(20 + options.length + body.length), be16(id), be16(fragment), Buffer.from([64, protocol, 0, 0, ...from, ...to]), options])
  header.writeUInt16BE(checksum(header), 10)
  return Buffer.concat([header, body])
}

export function ipv6({ from, to, next = 17 }: { from: Buffer, to: Buffer, next?: number }, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x60, 0, 0, 0]), be16(body.length), Buffer.from([next, 255]), from, to, body])
}

/** An IPv6 address of eight groups or with `::`. */
export function ip6(text: string): Buffer {
  const [left, right = ''] = text.split('::')
  const groups = (part: string) => part === '' ? [] : part.split(':')
  const middle = text.includes('::') ? Array(8 - groups(left).length - groups(right).length).fill('0') : []
  return Buffer.concat([...groups(left), ...middle, ...groups(right)].map(group => be16(parseInt(group, 16))))
}

export const udp = (from: number, to: number, body = Buffer.alloc(8)): Buffer => Buffer.concat([be16(from), be16(to), be16(8 + body.length), be16(0), body])

export function arp({ operation = 1, mac, address, target }: { operation?: number, mac: string, address: number[], target: number[] }): Buffer {
  return Buffer.concat([be16(1), be16(0x0800), Buffer.from([6, 4]), be16(operation), macOf(mac), Buffer.from(address), Buffer.alloc(6), Buffer.from(target)])
}

/** A TCP segment without its checksum. */
export function tcp({ sequence = 1000, flags = 0x10, options = Buffer.alloc(0), from = 1024, to = 80 }: { sequence?: number, flags?: number, options?: Buffer, from?: number, to?: number }, body: Buffer): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(from, 0)
  header.writeUInt16BE(to, 2)
  header.writeUInt32BE(sequence, 4)
  header[12] = 5 + options.length / 4 << 4
  header[13] = flags
  return Buffer.concat([header, options, body])
}

/** ICMPv6 of Neighbor Discovery; its checksum, which no switch looks at, is 0. */
export const icmpv6 = (type: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([type, 0, 0, 0]), body])
export const linkOption = (kind: number, mac: string): Buffer => Buffer.concat([Buffer.from([kind, 1]), macOf(mac)])
