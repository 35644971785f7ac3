/** Finds the superblock of a pool's last commit on its devices. */
import * as storage from '../../capability/storage'
import { beginChoice, choiceStatus, choose, chosenCount, chosenMedium, isAnyNamed } from './chosen'
import { superblockBlock } from './device'
import { beginTable, entryCount, findPartition, partitionBlocks, partitionFirst, readTable, tableStatus } from './gpt'
import { BlockBytes, Limit, Superblock } from './layout'
import { loadBlock, loaded } from './load'
import { blocksOf, MediumNumber, setMedium } from './medium'
import { Outcome } from './outcome'
import { isSuperblock, judgeSuperblock } from './superblock'

enum Step { Choose, Chosen, Disks, Partitions, Over }
let step: Step = Step.Choose
let next: u32 = 0 //      of what is chosen, or of the disks
let partition: u32 = 1 // of the disk
let kept: u32 = 0 //      partitions that have a superblock
let isOnDisks = false //  which pool it is, whole disks have said
let whole: u32 = 0 //     those disks, a bit for each
let place: u32 = 0
const best: usize = memory.data(4096, 8)
let generation: u64 = 0 // of `best`; 0: there is none
let isThere = false // a superblock, on the medium that is being looked at
const handles: usize = memory.data(16 << 2, 4) // by the pool's numbers of devices, + 1
/** How many devices have one. */
export let foundDevices: u32 = 0
/** Why it ended as Corrupt, an OrderStatus. */
export let findingStatus: u32 = 0

export function beginFinding(): void {
  step = Step.Choose
  next = place = foundDevices = kept = whole = 0
  partition = 1
  generation = 0
  isThere = isOnDisks = false
  memory.fill(handles, 0, 16 << 2)
  beginChoice()
}

/** The newest superblock found. */
export function newestSuperblock(): Superblock { return changetype<Superblock>(best) }
/** Number + 1 of the medium that is a device of the pool; 0: it was not found. */
export function handleOf(device: u32): u32 { return load<u32>(handles + (<usize>device << 2)) }

function fail(status: u32): Outcome {
  findingStatus = status
  return Outcome.Corrupt
}

/** Looks at what is named, or at all disks, and behind their partition tables for what is not there; what is no whole superblock is passed over, since a power cut may have torn it. */
export function findSuperblock(order: storage.StorageOrder): Outcome {
  if (step == Step.Choose) {
    const status = isAnyNamed(order) ? choose(order, true) : Outcome.Done
    if (status != Outcome.Done) return status
    if (isAnyNamed(order) && choiceStatus != storage.OrderStatus.Ok) return fail(choiceStatus)
    step = isAnyNamed(order) ? Step.Chosen : Step.Disks
  }
  let status = step == Step.Chosen ? lookAtChosen() : Outcome.Done
  if (status == Outcome.Done && step == Step.Disks) status = lookAtDisks()
  if (status == Outcome.Done && step == Step.Partitions) status = lookAtPartitions()
  if (status != Outcome.Done) return status
  return generation == 0 ? fail(storage.OrderStatus.NoPool) : Outcome.Done
}

function lookAtChosen(): Outcome {
  for (; next < chosenCount; next++) {
    const status = lookAt(chosenMedium(next), true)
    if (status != Outcome.Done) return status
    if (!isThere) return fail(storage.OrderStatus.NoPool)
    lookElsewhere()
  }
  return Outcome.Done
}

function lookAtDisks(): Outcome {
  for (; next < storage.count() && next < MediumNumber.Partition; next++) {
    const status = lookAt(next, false)
    if (status != Outcome.Done) return status
    if (isThere) whole |= 1 << next
    lookElsewhere()
  }
  isOnDisks = generation != 0
  // Where whole disks have all of a pool, it is not asked what tables of others say.
  step = isOnDisks && foundDevices == newestSuperblock().deviceCount ? Step.Over : Step.Partitions
  next = 0
  return Outcome.Done
}

function lookAtPartitions(): Outcome {
  for (; next < storage.count() && next < MediumNumber.Partition; next++) {
    const status = (whole >> next & 1) != 0 ? Outcome.Done : lookBehindTable()
    if (status != Outcome.Done) return status
    partition = 1
    beginTable()
  }
  return Outcome.Done
}

function lookBehindTable(): Outcome {
  const status = readTable(next, true)
  if (status != Outcome.Done || tableStatus != storage.OrderStatus.Ok) return status
  for (; partition <= entryCount() && kept < Limit.Devices; partition++) {
    if (findPartition(partition) != storage.OrderStatus.Ok) continue
    setMedium(MediumNumber.Partition + kept, next, partition, partitionFirst, partitionBlocks)
    const outcome = lookAt(MediumNumber.Partition + kept, false)
    if (outcome != Outcome.Done) return outcome
    if (isThere) kept++
    lookElsewhere()
  }
  return Outcome.Done
}

function lookElsewhere(): void {
  place = 0
  isThere = false
}

/** Looks at all four places of a medium. */
function lookAt(handle: u32, isNamed: bool): Outcome {
  for (; place < 4; place++) {
    const blocks = blocksOf(handle)
    if (blocks < 64) break
    const status = loadBlock(handle, superblockBlock(blocks, place & 1, place >= 2))
    if (status == Outcome.Corrupt && !isNamed) break // one that cannot be read is none of the pool's
    if (status == Outcome.Corrupt) return fail(storage.OrderStatus.Failed)
    if (status != Outcome.Done) return status
    const read = changetype<Superblock>(loaded)
    if (!isSuperblock(read) || isOnDisks && !isOfPool(read)) continue
    // One of a later version may be newer than all that can be read.
    if (!judgeSuperblock(read)) return fail(storage.OrderStatus.Corrupt)
    if (!take(read, handle) && !isOnDisks) return fail(storage.OrderStatus.WrongDevices)
  }
  return Outcome.Done
}

function isOfPool(read: Superblock): bool { return read.uuidLow == newestSuperblock().uuidLow && read.uuidHigh == newestSuperblock().uuidHigh }

/** False for a superblock of another pool, or of a device that was found already. */
function take(read: Superblock, handle: u32): bool {
  if (generation != 0 && !isOfPool(read)) return false
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
