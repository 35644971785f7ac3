/** Other sizes of volumes. */
import { OrderStatus } from '../../capability/storage'
import { answer, isSize } from './administration'
import { Purpose } from './allocate'
import { isExported } from './conveying'
import { recordChanged } from './dirty'
import { BlockShift, Volume, VolumeFlag } from './layout'
import { unmap, unmappedTo } from './mapping'
import { Outcome } from './outcome'
import { addRoot } from './tree'
import { blocksOfHeight, volume } from './volumes'

let resized: u64 = 0 // what is below was given back, of an order under way
/** A new order begins. */
export function beginResize(): void { resized = 0 }

/** Gives a volume another size: what is beyond a smaller one is given back first. */
export function resize(number: u32, bytes: u64): Outcome {
  const it = volume(number)
  if (!isSize(bytes)) return answer(OrderStatus.OutOfRange)
  if ((it.flags & VolumeFlag.ReadOnly) != 0) return answer(OrderStatus.ReadOnly)
  if (isExported(number)) return answer(OrderStatus.InUse)
  if (bytes < it.bytes) {
    const from = max(bytes >> BlockShift, resized)
    const end = blocksOfHeight(it.height)
    if (from < end) {
      const status = unmap(it, from, end, Purpose.Discard)
      if (status == Outcome.Done) resized = unmappedTo
      return status == Outcome.Done ? Outcome.Again : status
    }
  }
  if (blocksOfHeight(it.height) << BlockShift < bytes) return raise(it, number)
  resized = 0
  it.bytes = bytes
  recordChanged(number)
  return answer(OrderStatus.Ok)
}
/** One level more, above the root. */
function raise(it: Volume, number: u32): Outcome {
  recordChanged(number)
  if (it.rootBlock != 0) {
    const status = addRoot(it, Purpose.Discard)
    if (status != Outcome.Done) return status
  }
  it.height++
  return Outcome.Again
}
