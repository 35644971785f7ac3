/** The superblock: filled for a commit, judged when it is read. */
import { take } from './arena'
import { device, deviceCount, topCount } from './device'
import { BlockBytes, EntryReserved, FormatVersion, Limit, Superblock, SuperblockMagic } from './layout'
import { setTopEntry, topEntry } from './tables'
import { crc32c } from './transfer'
import { isName } from './volumes'
import { areZeros } from './zeros'

let blocks: usize = 0
let uuidLow: u64 = 0
let uuidHigh: u64 = 0
const poolName: usize = memory.data(64)

/** Makes room for each device's. False without memory. */
export function makeSuperblocks(): bool {
  blocks = take(<usize>Limit.Devices * BlockBytes)
  return blocks != 0
}
/** Names the pool. */
export function namePool(low: u64, high: u64, name: usize): void {
  uuidLow = low
  uuidHigh = high
  memory.copy(poolName, name, Limit.Name + 1)
}
export function nameOfPool(): usize { return poolName }
export function poolUuidLow(): u64 { return uuidLow }
export function poolUuidHigh(): u64 { return uuidHigh }

/** A device's superblock. */
export function superblockOf(index: u32): Superblock { return changetype<Superblock>(blocks + <usize>index * BlockBytes) }

/** Fills all devices' superblocks for a generation, which has changes up to the number `change`. */
export function fillSuperblocks(generation: u64, change: u64): void {
  for (let index: u32 = 0; index < deviceCount; index++) {
    const filled = superblockOf(index)
    memory.fill(changetype<usize>(filled), 0, BlockBytes)
    filled.magic = SuperblockMagic
    filled.version = FormatVersion
    filled.uuidLow = uuidLow
    filled.uuidHigh = uuidHigh
    filled.generation = generation
    filled.change = change
    filled.device = index
    filled.deviceCount = deviceCount
    filled.topCount = topCount
    memory.copy(filled.name, poolName, Limit.Name + 1)
    for (let other: u32 = 0; other < deviceCount; other++) {
      filled.record(other).uuidLow = device(other).uuidLow
      filled.record(other).uuidHigh = device(other).uuidHigh
      filled.record(other).blocks = device(other).blocks
    }
    for (let top: u32 = 0; top < topCount; top++) store<u64>(filled.top(top), topEntry(top))
    filled.checksum = crc32c(changetype<usize>(filled), BlockBytes)
  }
}

/** True for a superblock that is whole, whatever it says: no power cut has torn it. */
export function isSuperblock(read: Superblock): bool {
  if (read.magic != SuperblockMagic) return false
  const checksum = read.checksum
  read.checksum = 0
  const right = crc32c(changetype<usize>(read), BlockBytes) == checksum
  read.checksum = checksum
  return right
}

/** True for one that can be. */
export function judgeSuperblock(read: Superblock): bool {
  if (read.version != FormatVersion || read.generation == 0 || read.generation >> 62 != 0 || read.change >> 62 != 0) return false
  if (read.deviceCount == 0 || read.deviceCount > Limit.Devices || read.device >= read.deviceCount) return false
  if (read.topCount == 0 || read.topCount > Limit.Tops || read.reserved != 0 || !isName(read.name)) return false
  for (let index: u32 = 0; index < read.deviceCount; index++) if (read.record(index).reserved != 0) return false
  for (let top: u32 = 0; top < read.topCount; top++) if ((load<u64>(read.top(top)) & EntryReserved) != 0) return false
  return areZeros(read.name + Limit.Name + 1, changetype<usize>(read.record(0))) && areZeros(changetype<usize>(read.record(read.deviceCount)), read.top(0))
    && areZeros(read.top(read.topCount), changetype<usize>(read) + BlockBytes)
}

/** Takes over what a superblock says of the pool, once its devices are known. */
export function takeSuperblock(read: Superblock): void {
  namePool(read.uuidLow, read.uuidHigh, read.name)
  for (let top: u32 = 0; top < read.topCount; top++) setTopEntry(top, load<u64>(read.top(top)))
}
