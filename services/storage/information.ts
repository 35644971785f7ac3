/** The answers to questions about the pool and its volumes. */
import { OrderStatus, StorageAnswer } from '../../capability/storage'
import { totalBlocks } from './allocate'
import { committed } from './commit'
import { configured } from './configured'
import { device, deviceCount } from './device'
import { Limit } from './layout'
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
  to.generation = it.created
  to.uuidLow = it.uuidLow
  to.uuidHigh = it.uuidHigh
  to.originLow = it.originLow
  to.originHigh = it.originHigh
  memory.copy(to.name, it.name, Limit.Name + 1)
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

/** Describes the pool. */
export function describePool(to: StorageAnswer): u32 {
  to.number = deviceCount
  to.flags = <u32>(state == PoolState.Damaged)
  to.bytes = totalBlocks << 12
  to.free = freeBlocks + freedBlocks << 12
  to.generation = committed
  to.uuidLow = poolUuidLow()
  to.uuidHigh = poolUuidHigh()
  for (let index: u32 = 0; index < deviceCount; index++) to.originLow |= <u64>1 << device(index).handle
  memory.copy(to.name, nameOfPool(), Limit.Name + 1)
  return OrderStatus.Ok
}
