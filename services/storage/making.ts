/** What the service does by itself: it opens the pool that is there, or makes the configured one, and then the volumes that are configured and not there. */
import * as storage from '../../capability/storage'
import { OrderStatus, StorageOperation } from '../../capability/storage'
import { now } from '../../capability/device'
import { StorageNameLimit } from '../../capability/configuration'
import { append, appendByte, appendDecimal, say } from '../logline'
import { configureLimits } from './administration'
import { configured, nameConfigured, readConfigured } from './configured'
import { convey, conveyed, describeProgress, isConveying } from './conveying'
import { endAbsence, isOpening, stayAway } from './absence'
import { appendName } from './corruption'
import { remade } from './journal'
import { Limit } from './layout'
import { clearOrders, giveOwnOrder, isOrderUnderWay } from './order'
import { PoolState, state } from './pool'
import { noteDevices } from './presence'
import { nameOfPool } from './superblock'
import { volumeByName } from './volumes'

enum Step { None, Open, Create, Volumes, Ordered, Import }
let step: Step = Step.None
let next: u32 = 0 // volume of the configuration
let toldAt: u64 = 0
/** Nanoseconds between two lines that say how far an import is. */
const Patience: u64 = 5_000_000_000
const progress: usize = memory.data(136, 8)

/** There is something to go on with here. */
export let isMaking = false

/** Forgets what was begun. */
export function clearMaking(): void {
  readConfigured()
  step = Step.None
  isMaking = false
}

/** Opens whatever pool there is. */
export function openPool(): void {
  step = Step.Open
  giveOwnOrder(StorageOperation.PoolImport)
}

/** Opens the pool again, on what is to be filled in. */
export function openAgain(): storage.StorageOrder { return giveOwnOrder(StorageOperation.PoolImport) }

/** A pool was opened or made: what is configured comes next, and VMs' requests when that is there. */
export function poolIsThere(): void {
  endAbsence()
  noteDevices()
  step = Step.Volumes
  next = 0
  isMaking = true
  make()
}

/** An import or export has begun. */
export function conveyingBegan(): void { isMaking = true }

/** Goes on with imports, exports and what is to be made. True when something happened. */
export function make(): bool {
  let got = convey()
  if (step == Step.Volumes && !isConveying() && !isOrderUnderWay()) {
    nextVolume()
    got = true
  }
  if (step == Step.Create && !isOrderUnderWay()) createPool()
  if (step == Step.Import) got = tellProgress() || got
  isMaking = step != Step.None || isConveying()
  return got
}

function end(): void {
  step = Step.None
  if (state == PoolState.Ready) limitVolumes()
  storage.open(state != PoolState.None)
}

/** The configured limits, of volumes that are there. */
function limitVolumes(): void {
  for (let index: u32 = 0; index < configured().volumeCount; index++) {
    const told = configured().volume(index)
    const number = volumeByName(told.name)
    if (number < Limit.Volumes) configureLimits(number, told.byteLimit, told.requestLimit)
  }
}

function begin(what: string): void {
  append('storage pool: ')
  append(what)
}

/** An order that nobody gave has ended. */
export function ownOrderEnded(operation: u32, status: u32): void {
  switch (operation) {
    case StorageOperation.PoolImport: return opened(status)
    case StorageOperation.PoolCreate: return created(status)
  }
  if (operation == StorageOperation.VolumeImport && status == OrderStatus.Ok) {
    begin('makes the volume ')
    sayVolume(' of an image, as configured')
    toldAt = now()
    step = Step.Import
    return
  }
  if (status == OrderStatus.Ok) {
    begin('made the volume ')
    sayVolume(', as configured')
  } else if (status != OrderStatus.NameTaken) complain(status)
  next++
  step = Step.Volumes
}

function opened(status: u32): void {
  if (status == OrderStatus.Ok) {
    sayOpen()
    return poolIsThere()
  }
  if (status == OrderStatus.NoPool && !isOpening() && configured().deviceCount != 0) {
    step = Step.Create
    isMaking = true
    return
  }
  if (status != OrderStatus.NoPool || isOpening()) {
    begin('cannot be opened: ')
    append(status == OrderStatus.WrongDevices ? 'devices of it are missing, or there is another one' : status == OrderStatus.NoMemory ? 'it is too large for the memory that there is for it' : 'what it consists of is damaged')
    say()
  }
  if (isOpening()) return stayAway()
  end()
}

function sayOpen(): void {
  begin('')
  appendName(nameOfPool())
  append(remade == 0 ? ' is open' : ' is open again; changes that were made again: ')
  if (remade != 0) appendDecimal(remade)
  say()
}

/** Never with force: what is on a disk is somebody's. */
function createPool(): void {
  const order = giveOwnOrder(StorageOperation.PoolCreate)
  if (!nameConfigured(order)) {
    clearOrders()
    begin('none is made: not all of the disks that are configured for it are there')
    say()
    return end()
  }
  memory.copy(order.name, configured().poolName, StorageNameLimit + 1)
}

function created(status: u32): void {
  begin('')
  appendName(configured().poolName)
  if (status == OrderStatus.Ok) append(' is made, as configured')
  else if (status == OrderStatus.NotEmpty) append(' is not made: one of its disks holds something (pool devices shows what); pool create --force would overwrite it')
  else {
    append(' cannot be made: ')
    append(status == OrderStatus.WrongDevices ? 'one of its disks is too small or cannot be written, or is named twice, or a partition does not begin at a multiple of 4 KiB'
      : status == OrderStatus.NoSuchPartition || status == OrderStatus.Corrupt ? 'a disk has no such partition, or no GPT that is whole' : 'a disk did not do what it was asked')
  }
  say()
  if (status == OrderStatus.Ok) poolIsThere()
  else end()
}

function nextVolume(): void {
  if (next == configured().volumeCount || state == PoolState.None) return end()
  const volume = configured().volume(next)
  if ((volume.bytes | volume.image) == 0) {
    next++ // it is not to be made
    return
  }
  step = Step.Ordered
  const order = giveOwnOrder(volume.image != 0 ? StorageOperation.VolumeImport : StorageOperation.VolumeCreate)
  order.value = volume.bytes
  memory.copy(order.name, volume.name, StorageNameLimit + 1)
  if (volume.image != 0) memory.copy(order.other, configured().image(volume.image - 1).name, StorageNameLimit + 1)
}

function sayVolume(what: string): void {
  appendName(configured().volume(next).name)
  append(what)
  say()
}

function complain(status: u32): void {
  begin('the volume ')
  appendName(configured().volume(next).name)
  append(' cannot be made: ')
  append(status == OrderStatus.NoSpace ? 'the pool has too little space' : status == OrderStatus.TooManyVolumes ? 'there are as many volumes as there can be'
    : status == OrderStatus.OutOfRange ? 'no volume can be of its size' : status == OrderStatus.Damaged ? 'the pool can only be read' : 'a disk did not do what it was asked')
  say()
}

/** How far the import is that the configuration asked for; when it is over the next volume's turn comes. */
function tellProgress(): bool {
  if (isConveying()) {
    if (now() < toldAt + Patience) return false
    toldAt = now()
    const told = changetype<storage.StorageAnswer>(progress)
    describeProgress(told)
    begin('the volume ')
    appendName(configured().volume(next).name)
    append(' is made: ')
    appendDecimal(<u32>(told.bytes * 100 / (told.bytes + told.free)))
    appendByte(0x25)
    say()
    return false
  }
  if (conveyed == OrderStatus.Ok) {
    begin('the volume ')
    sayVolume(' is made')
  } else if (conveyed != OrderStatus.NameTaken) complain(conveyed)
  next++
  step = Step.Volumes
  return true
}
