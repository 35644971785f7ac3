/** A disk with a GUID partition table and its backup, whole or broken: UEFI 2.10, 5.3. */
import { crc32 } from 'node:zlib'
import { BlockBytes, Disk } from './disk.ts'

export const diskBlocks = 9000
/** The header and the entries are edited before their checksums are made, and the beginning of the disk is broken behind them. */
export interface Table { bytes?: number, entries?: [number, number][], size?: number, serial?: string, edit?: (header: Buffer, entries: Buffer) => void, broken?: (image: Buffer) => void }

/** Bytes of the beginning and the end of a disk of so many logical blocks that have a table of partitions, first and last logical block of each. */
export function guidPartitionTable(lbas: number, { bytes = 512, entries = [], size = 128, edit }: Table): { begin: Buffer, end: Buffer } {
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
  const seal = (it: Buffer) => {
    it.writeUInt32LE(0, 0x10)
    it.writeUInt32LE(crc32(it), 0x10)
    return it
  }
  seal(header)
  const begin = Buffer.alloc(2 * bytes + array.length)
  header.copy(begin, bytes)
  array.copy(begin, 2 * bytes)
  const backup = Buffer.from(header)
  backup.writeBigUInt64LE(BigInt(lbas - 1), 0x18)
  backup.writeBigUInt64LE(1n, 0x20)
  backup.writeBigUInt64LE(BigInt(lbas - 1 - array.length / bytes), 0x48)
  const end = Buffer.alloc(array.length + bytes)
  array.copy(end)
  seal(backup).copy(end, array.length)
  return { begin, end }
}

/** A disk of `diskBlocks` with a table. */
export function partitioned({ broken, serial, ...table }: Table = {}): Disk {
  const { bytes = 512, entries = [[2048, 18431], [18432, 60000]] } = table
  const { begin, end } = guidPartitionTable(diskBlocks * BlockBytes / bytes, { ...table, entries })
  const image = Buffer.alloc(64 * BlockBytes)
  begin.copy(image)
  broken?.(image)
  const tail = Buffer.concat([Buffer.alloc(16 * BlockBytes - end.length), end])
  const disk = new Disk(diskBlocks, serial)
  for (let block = 0; block < 64; block++) disk.set(block, image.subarray(block * BlockBytes, (block + 1) * BlockBytes))
  for (let block = 0; block < 16; block++) disk.set(diskBlocks - 16 + block, tail.subarray(block * BlockBytes, (block + 1) * BlockBytes))
  return disk
}

/** What a disk holds outside of ranges of blocks, first and behind the last of each, to be compared later. */
export function outside(disk: Disk, ...ranges: [number, number][]): Map<number, string> {
  return new Map(disk.written().filter(block => !ranges.some(([first, end]) => block >= first && block < end)).sort((a, b) => a - b).map(block => [block, disk.read(block).toString('latin1')]))
}
