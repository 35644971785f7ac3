/** Finds the superblock of a pool's last commit on its devices. */
import * as storage from '../../capability/storage'
import { blocksOf } from './creating'
import { superblockBlock } from './device'
import { BlockBytes, Superblock } from './layout'
import { loadBlock, loaded } from './load'
import { Outcome } from './outcome'
import { isSuperblock, judgeSuperblock } from './superblock'

let handle: u32 = 0
let place: u32 = 0
const best: usize = memory.data(4096, 8)
let generation: u64 = 0 // of `best`; 0: there is none
let isThere = false // a superblock, on the device that is being looked at
const handles: usize = memory.data(16 << 2, 4) // by the pool's numbers of devices, + 1
/** How many devices have one. */
export let foundDevices: u32 = 0
/** Why it ended as Corrupt, an OrderStatus. */
export let findingStatus: u32 = 0

export function beginFinding(): void {
  handle = place = foundDevices = 0
  generation = 0
  isThere = false
  memory.fill(handles, 0, 16 << 2)
}

/** The newest superblock found. */
export function newestSuperblock(): Superblock { return changetype<Superblock>(best) }
/** Number + 1 by which the capability knows a device of the pool; 0: it was not found. */
export function handleOf(device: u32): u32 { return load<u32>(handles + (<usize>device << 2)) }

/** Looks at all four places of each of `devices`, or where that is 0 of those that hold anything of a pool; what is no whole superblock is passed over, since a power cut may have torn it. */
export function findSuperblock(devices: u32): Outcome {
  for (; handle < storage.count() && handle < 32; handle++, place = 0, isThere = false) {
    if (devices != 0 && (devices >> handle & 1) == 0) continue
    for (; place < 4; place++) {
      const blocks = blocksOf(handle)
      if (blocks < 64) break
      const status = loadBlock(handle, superblockBlock(blocks, place & 1, place >= 2))
      if (status == Outcome.Corrupt && devices == 0) break // one that cannot be read is none of the pool's
      if (status == Outcome.Corrupt) findingStatus = storage.OrderStatus.Failed
      if (status != Outcome.Done) return status
      if (!isSuperblock(changetype<Superblock>(loaded))) continue
      // One of a later version may be newer than all that can be read.
      if (!judgeSuperblock(changetype<Superblock>(loaded))) {
        findingStatus = storage.OrderStatus.Corrupt
        return Outcome.Corrupt
      }
      if (!take(changetype<Superblock>(loaded))) {
        findingStatus = storage.OrderStatus.WrongDevices
        return Outcome.Corrupt
      }
    }
    if (isThere || devices == 0) continue
    findingStatus = storage.OrderStatus.NoPool
    return Outcome.Corrupt
  }
  findingStatus = storage.OrderStatus.NoPool
  return generation == 0 ? Outcome.Corrupt : Outcome.Done
}

/** False for a superblock of another pool, or of a device that was found already. */
function take(read: Superblock): bool {
  const newest = changetype<Superblock>(best)
  if (generation != 0 && (read.uuidLow != newest.uuidLow || read.uuidHigh != newest.uuidHigh)) return false
  const known = load<u32>(handles + (<usize>read.device << 2))
  if (known != 0 && known != handle + 1) return false
  if (!isThere) foundDevices++
  else if (known == 0) return false
  isThere = true
  store<u32>(handles + (<usize>read.device << 2), handle + 1)
  if (read.generation > generation) {
    generation = read.generation
    memory.copy(best, loaded, BlockBytes)
  }
  return true
}
