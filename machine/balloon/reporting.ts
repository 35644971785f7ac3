/**
 * Memory that nobody in the guest uses goes to the nucleus, and is there again, zeroed, as soon as the guest uses it, without a word. What a chain reports is not used before the
 * driver has the chain back, and may be from then on: it has it back once all has gone. VIRTIO 1.2, 5.5.6.7.
 */
import { backed } from '../../capability/ram'
import { Chain, ChainBytes } from '../virtio/chain'
import { drop, isAbandoned, VirtioDevice } from '../virtio/device'
import { Queue } from '../virtio/queue'
import { give } from '../virtio/virtqueue'
import { isTaking, releaseUnused } from './exchange'
import { addressOf, BlockBytes, blockOf, BlockShift } from './given'

/** The chain that is under way. */
export const reported = changetype<Chain>(memory.data(ChainBytes, 8))
let isUnderWay = false
let range: u32 = 0 // of the chain, whose blocks below `next` have been seen to
let next: u64 = 0

/** As after power-on. */
export function resetReporting(): void { isUnderWay = false }

/** True while no other chain can be taken. */
export function isReporting(): bool { return isUnderWay }

/** Begins with `reported`, which was taken. */
export function beginReport(): void {
  isUnderWay = true
  range = reported.readable
  next = 0
}

/** Goes on while the nucleus has time; true when the chain has come to its end, and the next can be taken. */
export function advanceReport(device: VirtioDevice, queue: Queue): bool {
  if (!isUnderWay || isTaking()) return false
  const abandoned = isAbandoned(device, queue)
  if (!abandoned && !isAtEnd()) return false
  isUnderWay = false
  if (abandoned) drop(device, queue)
  else give(queue, reported, 0)
  return !abandoned
}

/** Has the next blocks go; true when there are none left and all have gone. */
function isAtEnd(): bool {
  for (; range < reported.count; range++, next = 0) {
    const one = reported.range(range)
    const end = one.gpa + one.length & ~(BlockBytes - 1)
    next = max(next, one.gpa + BlockBytes - 1 & ~(BlockBytes - 1)) // a block is reported as a whole, or stays
    while (next < end && !backed(next)) next += BlockBytes
    if (next >= end) continue
    next += <u64>releaseUnused(blockOf(next), <u32>(end - next >> BlockShift)) << BlockShift
    return false
  }
  return true
}
