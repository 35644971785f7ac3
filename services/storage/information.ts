/** The answers to questions about the pool and its volumes. */
import { OrderStatus, StorageAnswer, StorageAnswerBytes } from '../../capability/storage'
import { BlockUnit } from '../../capability/block'
import { isAway } from './absence'
import { totalBlocks } from './allocate'
import { committed } from './commit'
import { configured } from './configured'
import { device, deviceCount } from './device'
import { BlockShift, Limit } from './layout'
import { MediumNumber } from './medium'
import { knownCount, knownMedium, knownUnit, look, missing } from './presence'
import { PoolState, state } from './pool'
import { freedBlocks } from './space'
import { nameOfPool, poolUuidHigh, poolUuidLow } from './superblock'
import { freeBlocks } from './tables'
import { volume } from './volumes'

/** Describes a volume. */
export function describeVolume(to: StorageAnswer, number: u32): u32 {
  const it = volume(number)
  to.number = number
  to.flags = it.flags
  to.bytes = it.bytes
  to.free = it.byteLimit
  to.what = it.requestLimit
  to.generation = it.created
  to.uuidLow = it.uuidLow
  to.uuidHigh = it.uuidHigh
  to.originLow = it.originLow
  to.originHigh = it.originHigh
  memory.copy(to.name, it.name, Limit.Name + 1)
  return OrderStatus.Ok
}

/** Describes a device of the pool, by its number there: what it was when the pool was opened, and whether it is missing. */
export function describeDevice(to: StorageAnswer, number: u64): u32 {
  if (number >= knownCount) return OrderStatus.WrongDevices
  const index = <u32>number
  const unit = knownUnit(index)
  look()
  const on = knownMedium(index)
  to.number = on.disk
  to.what = on.partition
  to.flags = missing >> index & 1
  to.bytes = on.partition != 0 ? on.blocks << BlockShift : unit.blocks * unit.blockBytes
  memory.copy(to.name, changetype<usize>(unit) + offsetof<BlockUnit>(), min(unit.serialLength, Limit.Name + 1))
  return OrderStatus.Ok
}

/** Describes the first image from a number on. */
export function describeImage(to: StorageAnswer, from: u64): u32 {
  if (from >= configured().imageCount) return OrderStatus.NoSuchImage
  to.number = <u32>from
  to.bytes = configured().image(to.number).file.length
  memory.copy(to.name, configured().image(to.number).name, Limit.Name + 1)
  return OrderStatus.Ok
}

const kept: usize = memory.data(StorageAnswerBytes, 8)
/** Keeps what is known of the pool, for as long as it is not there. */
export function noteInformation(): void {
  memory.fill(kept, 0, StorageAnswerBytes)
  describePool(changetype<StorageAnswer>(kept))
}

/** Describes the pool. */
export function describePool(to: StorageAnswer): u32 {
  if (isAway()) {
    memory.copy(changetype<usize>(to), kept, StorageAnswerBytes)
    to.flags |= 2
    return OrderStatus.Ok
  }
  to.number = deviceCount
  to.flags = <u32>(state == PoolState.Damaged)
  to.bytes = totalBlocks << 12
  to.free = freeBlocks + freedBlocks << 12
  to.generation = committed
  to.uuidLow = poolUuidLow()
  to.uuidHigh = poolUuidHigh()
  for (let index: u32 = 0; index < deviceCount; index++) if (device(index).handle < MediumNumber.Partition) to.originLow |= <u64>1 << device(index).handle
  memory.copy(to.name, nameOfPool(), Limit.Name + 1)
  return OrderStatus.Ok
}
