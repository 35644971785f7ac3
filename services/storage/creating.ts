/** Makes a pool: looks whether the devices are empty, clears their labels and commits a pool without volumes. */
import * as storage from '../../capability/storage'
import { DiskNumber } from '../../capability/disk'
import { beginSpace } from './allocate'
import { beginCommits, committed, wantCommit } from './commit'
import { addDevice, dataBlocks, device, DeviceBlocksLimit, deviceCount, TablesBegin, TailBlocks } from './device'
import { recordChanged } from './dirty'
import { EntryBits } from './layout'
import { clearLoaded, storeBlock } from './load'
import { forgetPool, makePool } from './opening'
import { Outcome, wait } from './outcome'
import { PoolState, setGeneration, setPoolState, state } from './pool'
import { random } from './random'
import { beginLook, content, look } from './signature'
import { namePool } from './superblock'
import { fillTables } from './tables'
import { indexChanged } from './tablewrite'

enum Step { Look, Clear, Commit }
let step: Step = Step.Look
let handle: u32 = 0
let cleared: u64 = 0

/** Why it ended, an OrderStatus. */
export let creationStatus: u32 = 0

export function beginCreation(): void {
  step = Step.Look
  handle = 0
  beginLook()
}

function end(status: u32): Outcome {
  creationStatus = status
  if (status != storage.OrderStatus.Ok) forgetPool()
  return Outcome.Done
}

/** Blocks of a device. */
export function blocksOf(handle: u32): u64 { return min(storage.number(handle, DiskNumber.Sectors) >> 3, DeviceBlocksLimit) }
@inline function isChosen(order: storage.StorageOrder, handle: u32): bool { return (order.devices >> handle & 1) != 0 }

/** Goes on until it is Done. */
export function create(order: storage.StorageOrder): Outcome {
  if (step == Step.Look) {
    const status = lookAtAll(order)
    if (status != Outcome.Done) return status == Outcome.Corrupt ? end(storage.OrderStatus.Failed) : status
    if (content != storage.Content.Nothing) return end(storage.OrderStatus.NotEmpty)
    const added = addAll(order)
    if (added != storage.OrderStatus.Ok) return end(added)
    step = Step.Clear
    handle = 0
    cleared = 0
  }
  if (step == Step.Clear) {
    const status = clearLabels()
    if (status != Outcome.Done) return status == Outcome.Corrupt ? end(storage.OrderStatus.Failed) : status
    begin(order)
    step = Step.Commit
  }
  if (state != PoolState.Ready) return end(storage.OrderStatus.Failed)
  return committed == 1 ? end(storage.OrderStatus.Ok) : wait(0)
}

function lookAtAll(order: storage.StorageOrder): Outcome {
  if ((order.flags & storage.OrderFlag.Force) != 0) return Outcome.Done
  for (; handle < storage.count(); handle++) {
    if (!isChosen(order, handle)) continue
    const status = look(handle, 0, blocksOf(handle))
    if (status != Outcome.Done || content != storage.Content.Nothing) return status
    beginLook()
  }
  return Outcome.Done
}

function addAll(order: storage.StorageOrder): u32 {
  forgetPool()
  for (let number: u32 = 0; number < 32; number++) {
    if (!isChosen(order, number)) continue
    if (number >= storage.count() || storage.number(number, DiskNumber.ReadOnly) != 0 || !addDevice(number, blocksOf(number))) return storage.OrderStatus.WrongDevices
  }
  if (deviceCount == 0) return storage.OrderStatus.WrongDevices
  return makePool() ? storage.OrderStatus.Ok : storage.OrderStatus.NoMemory
}

/** Zeroes what is before the tables and at the end of each device, where others would look for something of theirs. */
function clearLabels(): Outcome {
  for (; handle < deviceCount; handle++, cleared = 0) {
    const on = device(handle)
    for (; cleared < TablesBegin + TailBlocks; cleared++) {
      clearLoaded()
      const status = storeBlock(on.handle, cleared < TablesBegin ? cleared : on.blocks - TailBlocks + (cleared - TablesBegin))
      if (status != Outcome.Done) return status
    }
  }
  return Outcome.Done
}

/** All tables are to be written by the first commit. */
function begin(order: storage.StorageOrder): void {
  namePool(random(), random(), order.name)
  fillTables()
  beginSpace(dataBlocks())
  for (let index: u32 = 0; index < deviceCount; index++) {
    const on = device(index)
    on.uuidLow = random()
    on.uuidHigh = random()
    for (let at: u32 = 0; at < on.indexes; at++) indexChanged(on.leafBase + (at << EntryBits))
  }
  recordChanged(0)
  beginCommits(0)
  storage.forget(u64.MAX_VALUE)
  setGeneration(1)
  setPoolState(PoolState.Ready)
  wantCommit()
}
