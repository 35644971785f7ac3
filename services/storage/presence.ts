/** Whether the pool's devices are there: a drive can be pulled out, and another one be put where it was. */
import { BlockUnit, BlockUnitBytes } from '../../capability/block'
import { now } from '../../capability/device'
import * as storage from '../../capability/storage'
import { device, deviceCount } from './device'
import { Medium, medium, overlap } from './medium'

/** Nanoseconds between two looks: nobody changes a drive for another one faster. */
const Period: u64 = 100_000_000

const units: usize = memory.data(16 * 96, 8) // a BlockUnit of each, as it was when the pool was opened
const media: usize = memory.data(16 * 24, 8) // and what part of it
const found: usize = memory.data(BlockUnitBytes, 8)
let nextLook: u64 = 0
/** Devices of the pool that is open, or was until one went. */
export let knownCount: u32 = 0
/** Those that the last look did not find, bit n for the pool's number n. */
export let missing: u32 = 0

@inline export function knownUnit(index: u32): BlockUnit { return changetype<BlockUnit>(units + <usize>index * BlockUnitBytes) }
/** Which disk it is, or what part of one. */
@inline export function knownMedium(index: u32): Medium { return changetype<Medium>(media + <usize>index * offsetof<Medium>()) }

/** A pool was opened or made: remembers what its devices are. */
export function noteDevices(): void {
  for (knownCount = 0; knownCount < deviceCount; knownCount++) {
    const handle = device(knownCount).handle
    memory.copy(changetype<usize>(knownMedium(knownCount)), changetype<usize>(medium(handle)), offsetof<Medium>())
    storage.unit(medium(handle).disk, changetype<usize>(knownUnit(knownCount)))
  }
  missing = 0
}

/** There is no pool whose devices could go. */
export function forgetDevices(): void { knownCount = missing = 0 }

/** True for what has blocks of the pool: they are nobody else's. */
export function isPools(it: Medium): bool {
  for (let index: u32 = 0; index < knownCount; index++) if (overlap(it, knownMedium(index))) return true
  return false
}

export function isTimeToLook(): bool { return now() >= nextLook }

/** Looks which devices are missing: not there, or others than they were. */
export function look(): u32 {
  nextLook = now() + Period
  missing = 0
  for (let index: u32 = 0; index < knownCount; index++) if (!isThere(index)) missing |= 1 << index
  return missing
}

function isThere(index: u32): bool {
  const known = knownUnit(index)
  const unit = changetype<BlockUnit>(found)
  return storage.unit(knownMedium(index).disk, found) && unit.blocks >= known.blocks && unit.blockBytes == known.blockBytes && unit.readOnly == known.readOnly
    && unit.serialLength == known.serialLength && memory.compare(found + offsetof<BlockUnit>(), changetype<usize>(known) + offsetof<BlockUnit>(), min(known.serialLength, 64)) == 0
}
