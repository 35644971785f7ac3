/** Reads a pool by docs/storage-format.md alone, without the service: what it finds wrong it throws. Any disks that are a pool's, in any order. */
import { crc32c } from './crc32c.ts'
import { BlockBytes, type Disk } from './disk.ts'

interface Device { disk: Disk, leaves: number, indexes: number, tops: number, top: number, data: number, blocks: number }
export interface ReadVolume { name: string, state: number, bytes: bigint, flags: number, blocks: Map<bigint, Buffer> }

const up = (value: number, by: number) => Math.ceil(value / by)
const isZero = (bytes: Buffer) => bytes.every(byte => byte === 0)
function must(right: boolean, what: string): asserts right { if (!right) throw new Error(what) }

function superblocks(disk: Disk): Buffer[] {
  return [1, 2, disk.blocks - 2, disk.blocks - 1].map(block => disk.read(block)).filter(block => {
    const zeroed = Buffer.from(block)
    zeroed.writeUInt32LE(0, 0xc)
    return block.toString('latin1', 0, 8) === 'TYPERVSP' && block.readUInt32LE(8) === 1 && crc32c(zeroed) === block.readUInt32LE(0xc)
  })
}

/** All volumes of a pool, with all blocks that are mapped; counts and reserved bytes are checked. */
export function readPool(disks: Disk[]): ReadVolume[] {
  const found = disks.flatMap(disk => superblocks(disk).map(block => ({ disk, block })))
  must(found.length > 0, 'there is no superblock')
  const newest = found.reduce((one, other) => other.block.readBigUInt64LE(0x20) > one.block.readBigUInt64LE(0x20) ? other : one).block
  must(isZero(newest.subarray(0x34, 0x38)) && isZero(newest.subarray(0x80, 0x100)), 'reserved bytes of the superblock')
  const devices: Device[] = []
  for (let number = 0, top = 0; number < newest.readUInt32LE(0x2c); number++) {
    const disk = found.find(({ block }) => block.readUInt32LE(0x28) === number)?.disk
    must(disk !== undefined, `device ${number} is missing`)
    const blocks = Number(newest.readBigUInt64LE(0x110 + number * 32))
    const leaves = up(blocks, 2048) + (number === 0 ? 256 : 0)
    const indexes = up(leaves, 512)
    const tops = up(indexes, 512)
    devices.push({ disk, blocks, leaves, indexes, tops, top, data: 32 + 2 * (tops + indexes + leaves) })
    top += tops
  }
  must(newest.readUInt32LE(0x30) === devices.reduce((sum, { tops }) => sum + tops, 0), 'topCount')

  const locate = (block: bigint): [Device, number] => {
    const leaf = 256 + Number(block >> 11n)
    const device = devices.findLast(({ top }) => leaf >= top * 512 * 512)!
    const first = device.top === 0 ? 0 : (device.top * 512 * 512 - 256) * 2048
    const at = Number(block) - first
    must(at >= device.data && at < device.blocks - 16, `block ${block} is none that is given out`)
    return [device, at]
  }
  const block = (pointer: Buffer): Buffer => {
    must(pointer.readUInt32LE(0xc) === 0, 'a pointer has reserved bytes')
    const [device, at] = locate(pointer.readBigUInt64LE(0))
    const bytes = device.disk.read(at)
    must(crc32c(bytes) === pointer.readUInt32LE(8), `block ${pointer.readBigUInt64LE(0)} is not what was written`)
    return bytes
  }

  const leafEntries: { device: Device, leaf: number, entry: bigint, bytes: Buffer | undefined }[] = []
  const table = (device: Device, first: number, entry: bigint): Buffer | undefined => {
    must((entry >> 48n & 0x3fffn) === 0n, 'an entry has reserved bits')
    if (entry >> 62n & 1n) return undefined
    const bytes = device.disk.read(first + Number(entry >> 63n))
    must(crc32c(bytes) === Number(entry & 0xffff_ffffn), `table block ${first} is not what was written`)
    return bytes
  }
  for (const device of devices) {
    for (let top = 0; top < device.tops; top++) {
      const topBytes = table(device, 32 + 2 * top, newest.readBigUInt64LE(0x300 + (device.top + top) * 8))!
      for (let index = top * 512; index < Math.min(device.indexes, (top + 1) * 512); index++) {
        const indexBytes = table(device, 32 + 2 * (device.tops + index), topBytes.readBigUInt64LE(index % 512 * 8))!
        for (let leaf = index * 512; leaf < Math.min(device.leaves, (index + 1) * 512); leaf++) {
          const entry = indexBytes.readBigUInt64LE(leaf % 512 * 8)
          leafEntries.push({ device, leaf, entry, bytes: table(device, 32 + 2 * (device.tops + device.indexes + leaf), entry) })
        }
      }
    }
  }

  const counts = new Map<bigint, number>()
  const count = (pointer: Buffer): boolean => {
    const target = pointer.readBigUInt64LE(0)
    counts.set(target, (counts.get(target) ?? 0) + 1)
    return counts.get(target) === 1
  }
  const volumes: ReadVolume[] = []
  const collect = (volume: ReadVolume, node: Buffer, level: number, first: bigint, isNew: boolean): void => {
    for (let index = 0; index < 256; index++) {
      const pointer = node.subarray(index * 16, index * 16 + 16)
      if (pointer.readBigUInt64LE(0) === 0n) {
        must(isZero(pointer), 'no pointer, but not zeros')
        continue
      }
      const isFirst = isNew && count(pointer)
      const at = first + (BigInt(index) << BigInt(8 * level))
      if (level === 0) volume.blocks.set(at, block(pointer))
      else collect(volume, block(pointer), level - 1, at, isFirst)
    }
  }
  for (const { device, leaf, bytes } of leafEntries) {
    if (device !== devices[0] || leaf >= 256 || !bytes) continue
    for (let at = 0; at < BlockBytes; at += 256) {
      const record = bytes.subarray(at, at + 256)
      const state = record.readUInt32LE(0)
      if (state === 0) must(isZero(record), 'a record of no volume is not zeros')
      if (state === 0) continue
      must(isZero(record.subarray(0x24, 0x28)) && isZero(record.subarray(0xA8)), 'reserved bytes of a volume')
      const height = record.readUInt32LE(0x20)
      const volume = { name: record.toString('latin1', 0x50, 0x90).replace(/\0.*/s, ''), state, bytes: record.readBigUInt64LE(8), flags: record.readUInt32LE(4), blocks: new Map() }
      must(1n << BigInt(8 * height + 12) >= volume.bytes, 'a volume is higher than its size needs')
      volumes.push(volume)
      const root = record.subarray(0x10, 0x20)
      if (root.readBigUInt64LE(0) !== 0n) collect(volume, block(root), height - 1, 0n, count(root))
    }
  }

  for (const { device, leaf, entry, bytes } of leafEntries) {
    if (device === devices[0] && leaf < 256) continue
    const number = device.top * 512 * 512 + leaf
    const own = device === devices[0] ? leaf - 256 : leaf
    let free = 0
    for (let index = 0; index < 2048; index++) {
      const at = own * 2048 + index
      const isGiven = at >= device.data && at < device.blocks - 16
      const expected = isGiven ? counts.get(BigInt(number - 256) * 2048n + BigInt(index)) ?? 0 : 0xffff
      const written = bytes ? bytes.readUInt16LE(index * 2) : isGiven ? 0 : 0xffff
      must(written === expected, `block ${at} is pointed at ${expected} times, its count is ${written}`)
      free += Number(written === 0)
    }
    must(Number(entry >> 32n & 0xffffn) === free, 'free blocks of an entry')
  }
  return volumes
}
