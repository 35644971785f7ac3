/** The records of all volumes, in memory as the tables are. */
import { take } from './arena'
import { isDataBlock } from './device'
import { ByteLimitMost, RequestLimitMost } from './limit'
import { BlockBytes, Limit, NodeBits, Volume, VolumeFlag, VolumeLeaves, VolumeShift, VolumeState, VolumeBytesLimit, VolumeFieldsEnd } from './layout'
import { areZeros } from './zeros'

let records: usize = 0

/** Makes room for the records; false without memory. */
export function makeVolumes(): bool {
  records = take(<usize>VolumeLeaves * BlockBytes)
  unfinished = Limit.Volumes
  return records != 0
}

@inline export function volume(number: u32): Volume { return changetype<Volume>(records + (<usize>number << VolumeShift)) }
@inline export function numberOfVolume(it: Volume): u32 { return <u32>((changetype<usize>(it) - records) >> VolumeShift) }
/** A block of records. */
export function recordLeaf(leaf: u32): usize { return records + <usize>leaf * BlockBytes }

/** The volume that is being made: deleted until it is there, and not yet given back. */
let unfinished: u32 = Limit.Volumes
export function setUnfinished(number: u32): void { unfinished = number }
/** The first deleted volume from `begin` on that is to be given back; Limit.Volumes when there is none. */
export function nextDeleted(begin: u32): u32 {
  const number = nextInState(VolumeState.Deleted, begin)
  return number == unfinished && number < Limit.Volumes ? nextInState(VolumeState.Deleted, number + 1) : number
}

/** True for the number of a volume that is there and is not being deleted. */
export function isKept(number: u32): bool { return number < Limit.Volumes && volume(number).state == VolumeState.Kept }

/** The first record of a state from `begin` on; Limit.Volumes when there is none. */
export function nextInState(state: u32, begin: u32): u32 {
  let number = begin
  while (number < Limit.Volumes && volume(number).state != state) number++
  return number
}

/** Volume with a name, which is `Limit.Name` + 1 bytes with zeros behind it; Limit.Volumes when there is none. */
export function volumeByName(name: usize): u32 {
  let number = nextInState(VolumeState.Kept, 0)
  while (number < Limit.Volumes && memory.compare(volume(number).name, name, Limit.Name + 1) != 0) number = nextInState(VolumeState.Kept, number + 1)
  return number
}

/** Levels of nodes that a volume of so many bytes needs. */
export function heightOf(bytes: u64): u32 {
  let height: u32 = 1
  while (blocksOfHeight(height) << 12 < bytes) height++
  return height
}
/** Blocks that so many levels of nodes reach. */
@inline export function blocksOfHeight(height: u32): u64 { return <u64>1 << (NodeBits * height) }

/** True for a name: 1 to 63 printable characters of ASCII and no space, then zeros only. */
export function isName(name: usize): bool {
  let length: u32 = 0
  while (length <= Limit.Name && load<u8>(name + length) > 0x20 && load<u8>(name + length) < 0x7F) length++
  if (length == 0 || length > Limit.Name) return false
  for (let rest = length; rest <= Limit.Name; rest++) if (load<u8>(name + rest) != 0) return false
  return true
}

/** True for limits that can be kept to; 0 is none. */
export function areLimits(bytes: u64, requests: u32): bool { return bytes <= ByteLimitMost && requests <= RequestLimitMost }

/** True for a record that can be, as it was read. */
export function judgeRecord(it: Volume): bool {
  const end = changetype<usize>(it) + (1 << VolumeShift)
  if (it.state == VolumeState.None) return areZeros(changetype<usize>(it), end)
  if (it.state > VolumeState.Deleted || (it.flags & ~VolumeFlag.ReadOnly) != 0 || it.reserved != 0 || it.rootReserved != 0) return false
  if (it.bytes > VolumeBytesLimit || (it.bytes & (BlockBytes - 1)) != 0) return false
  if (it.height == 0 || it.height > Limit.Height || blocksOfHeight(it.height) << 12 < it.bytes) return false
  return isName(it.name) && areLimits(it.byteLimit, it.requestLimit) && areZeros(changetype<usize>(it) + VolumeFieldsEnd, end) && (it.rootBlock == 0 || isDataBlock(it.rootBlock))
}
