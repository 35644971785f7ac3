/** Makes a pool: looks whether the devices are empty, clears their labels and commits a pool without volumes. */
import * as storage from '../../capability/storage'
import { beginSpace } from './allocate'
import { beginChoice, choiceStatus, choose, chosenCount, chosenMedium } from './chosen'
import { beginCommits, committed, wantCommit } from './commit'
import { addDevice, dataBlocks, device, deviceCount, TablesBegin, TailBlocks } from './device'
import { recordChanged } from './dirty'
import { EntryBits } from './layout'
import { clearLoaded, storeBlock } from './load'
import { blocksOf, isReadOnly } from './medium'
import { forgetPool, makePool } from './opening'
import { Outcome, wait } from './outcome'
import { PoolState, setGeneration, setPoolState, state } from './pool'
import { random } from './random'
import { beginLook, content, look } from './signature'
import { namePool } from './superblock'
import { fillTables } from './tables'
import { indexChanged } from './tablewrite'

enum Step { Choose, Look, Clear, Commit }
let step: Step = Step.Choose
let next: u32 = 0 // of what is chosen, or of the pool's devices
let cleared: u64 = 0

/** Why it ended, an OrderStatus. */
export let creationStatus: u32 = 0

export function beginCreation(): void {
  step = Step.Choose
  next = 0
  beginChoice()
  beginLook()
}

function end(status: u32): Outcome {
  creationStatus = status
  if (status != storage.OrderStatus.Ok) forgetPool()
  return Outcome.Done
}

/** Goes on until it is Done. */
export function create(order: storage.StorageOrder): Outcome {
  if (step == Step.Choose) {
    const status = choose(order, false)
    if (status != Outcome.Done) return status
    if (choiceStatus != storage.OrderStatus.Ok) return end(choiceStatus)
    step = Step.Look
  }
  if (step == Step.Look) {
    const status = lookAtAll(order)
    if (status != Outcome.Done) return status == Outcome.Corrupt ? end(storage.OrderStatus.Failed) : status
    if (content != storage.Content.Nothing) return end(storage.OrderStatus.NotEmpty)
    const added = addAll()
    if (added != storage.OrderStatus.Ok) return end(added)
    step = Step.Clear
    next = 0
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
  for (; next < chosenCount; next++) {
    const status = look(chosenMedium(next))
    if (status != Outcome.Done || content != storage.Content.Nothing) return status
    beginLook()
  }
  return Outcome.Done
}

function addAll(): u32 {
  forgetPool()
  for (let index: u32 = 0; index < chosenCount; index++) {
    const handle = chosenMedium(index)
    if (isReadOnly(handle) || !addDevice(handle, blocksOf(handle))) return storage.OrderStatus.WrongDevices
  }
  if (deviceCount == 0) return storage.OrderStatus.WrongDevices
  return makePool() ? storage.OrderStatus.Ok : storage.OrderStatus.NoMemory
}

/** Zeroes what is before the tables and at the end of each device, where others would look for something of theirs. */
function clearLabels(): Outcome {
  for (; next < deviceCount; next++, cleared = 0) {
    const on = device(next)
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
