/** One block of a device at a time, for whoever looks at a device before there is a pool. */
import * as storage from '../../capability/storage'
import { BlockBytes } from './layout'
import { blocksOf } from './medium'
import { Outcome, wait } from './outcome'
import { complainOfDevice } from './pool'
import { Tag, tagOf } from './tag'
import { flush, readBlock, writeBlock } from './transfer'

enum Activity { None, Reading, Writing, Flushing }

/** The block that was read, or is to be written. */
export const loaded: usize = memory.data(4096, 8)
let activity: Activity = Activity.None
let ended = false
let failed = false
let device: u32 = 0

export function clearLoad(): void { activity = Activity.None }

/** Has a block of a device in `loaded`: Done when it is, Corrupt when the device cannot. Only the last Done's is there. */
export function loadBlock(it: u32, number: u64): Outcome {
  if (activity == Activity.None) {
    device = it
    return begin(Activity.Reading, number, readBlock(it, number, loaded, tagOf(Tag.Load, 0)))
  }
  return outcome('read')
}

/** Writes `loaded` to a block of a device. */
export function storeBlock(it: u32, number: u64): Outcome {
  if (activity == Activity.None) {
    device = it
    return begin(Activity.Writing, number, writeBlock(it, number, loaded, tagOf(Tag.Load, 0)))
  }
  return outcome('write')
}

/** Flushes a device. */
export function flushDevice(it: u32): Outcome {
  if (activity == Activity.None) {
    device = it
    return begin(Activity.Flushing, 0, flush(it, tagOf(Tag.Load, 0)))
  }
  return outcome('flush')
}

function begin(as: Activity, number: u64, begun: bool): Outcome {
  if (begun) {
    activity = as
    ended = false
  } else if (number >= blocksOf(device)) return Outcome.Corrupt // the block is not there, or the device was pulled out
  return wait(0)
}

function outcome(what: string): Outcome {
  if (!ended) return wait(0)
  activity = Activity.None
  if (!failed) return Outcome.Done
  complainOfDevice(device, what)
  return Outcome.Corrupt
}

/** What was begun has ended. */
export function loadEnded(status: u32): void {
  ended = true
  failed = status != storage.StorageStatus.Ok
}

/** Zeroes `loaded`. */
export function clearLoaded(): void { memory.fill(loaded, 0, BlockBytes) }
