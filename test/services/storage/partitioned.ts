/** A disk with a GUID partition table, whole or broken: UEFI 2.10, 5.3. */
import { crc32 } from 'node:zlib'
import { Disk } from './disk.ts'

export const diskBlocks = 9000
export interface Table { bytes?: number, entries?: [number, number][], size?: number, edit?: (header: Buffer, entries: Buffer) => void, broken?: (image: Buffer) => void }

/** A disk with a table of partitions, first and last logical block of each. */
export function partitioned({ bytes = 512, entries = [[2048, 18431], [18432, 60000]], size = 128, edit, broken }: Table = {}): Disk {
  const lbas = diskBlocks * 4096 / bytes
  const array = Buffer.alloc(128 * size)
  entries.forEach(([first, last], index) => {
    array.write('partition-type--', index * size, 'latin1')
    array.writeBigUInt64LE(BigInt(first), index * size + 0x20)
    array.writeBigUInt64LE(BigInt(last), index * size + 0x28)
  })
  const header = Buffer.alloc(92)
  header.write('EFI PART', 0, 'latin1')
  header.writeUInt32LE(0x10000, 8)
  header.writeUInt32LE(92, 0xc)
  header.writeBigUInt64LE(1n, 0x18)
  header.writeBigUInt64LE(BigInt(lbas - 1), 0x20)
  header.writeBigUInt64LE(40n, 0x28)
  header.writeBigUInt64LE(BigInt(lbas - 40), 0x30)
  header.writeBigUInt64LE(2n, 0x48)
  header.writeUInt32LE(128, 0x50)
  header.writeUInt32LE(size, 0x54)
  edit?.(header, array)
  header.writeUInt32LE(crc32(array.subarray(0, header.readUInt32LE(0x50) * header.readUInt32LE(0x54))), 0x58)
  header.writeUInt32LE(0, 0x10)
  header.writeUInt32LE(crc32(header), 0x10)
  const image = Buffer.alloc(64 * 4096)
  header.copy(image, bytes)
  array.copy(image, 2 * bytes)
  broken?.(image)
  const disk = new Disk(diskBlocks)
  for (let block = 0; block < 64; block++) disk.set(block, image.subarray(block * 4096, block * 4096 + 4096))
  return disk
}
