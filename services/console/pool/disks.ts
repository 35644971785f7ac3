/** The disks that the pool's service may use; they are named by their serial numbers, and partitions by theirs behind a colon. */
import { storageDevice } from '../../../capability/admin'
import { BlockUnit } from '../../../capability/block'
import { StorageOrderPartitions } from '../../../capability/storage'
import { parseNumber, quoted } from '../format'
import { nearest } from '../suggestion'
import { print } from '../terminal'
import { textAt } from '../text'

/** More than StorageOrder.devices can name there are not. */
const mostDisks: u32 = 32
const longestSerial: u32 = 64
/** Of a GPT, that the pool's service knows. */
const mostPartitions: u64 = 256
const unit = changetype<BlockUnit>(memory.data(96, 8))

/** A disk, at the index that StorageOrder.devices means. */
export class Disk {
  constructor(readonly serial: string, readonly bytes: u64, readonly isReadOnly: bool) {}
}

/** All of them. */
export function findDisks(): Disk[] {
  const disks: Disk[] = []
  for (let i: u32 = 0; i < mostDisks && storageDevice(i, changetype<usize>(unit)); i++) {
    const serial = textAt(changetype<usize>(unit) + offsetof<BlockUnit>(), min(unit.serialLength, longestSerial))
    disks.push(new Disk(serial, unit.blocks * unit.blockBytes, unit.readOnly != 0))
  }
  return disks
}

/** Their serial numbers. */
export function serialNumbers(): string[] {
  const disks = findDisks()
  const serials: string[] = []
  for (let i = 0; i < disks.length; i++) serials.push(disks[i].serial)
  return serials
}

/** Disks and partitions of disks, as orders name them. */
export class Chosen {
  /** Bit n: all of disk n. */
  devices: u32 = 0
  /** A disk's number | the number of a partition << 8. */
  partitions: u32[] = []
  constructor(readonly names: string[]) {}
}

/** A partition's name: the serial number of its disk, and its number there; of 0, which is all of the disk, only that. */
export function partitionName(serial: string, partition: u32): string { return partition ? `${serial}:${partition}` : serial }

/** True for the name of a disk that is there, or of a partition of one. */
export function isDiskName(name: string): bool {
  const serials = serialNumbers()
  const serial = serialIn(name)
  return serials.includes(name) || serial.length != 0 && serials.includes(serial)
}

/** What is before the last colon of a name. */
function serialIn(name: string): string { return name.substring(0, max(name.lastIndexOf(':'), 0)) }

/** The disks and partitions of these names, or null after saying which is none. */
export function chooseDisks(names: string[]): Chosen | null {
  const serials = serialNumbers()
  const chosen = new Chosen(names)
  for (let i = 0; i < names.length; i++) {
    const isWhole = serials.includes(names[i])
    const serial = isWhole ? names[i] : serialIn(names[i])
    const at = serial.length ? serials.indexOf(serial) : -1
    if (at < 0 || serials.lastIndexOf(serial) != at) {
      sayNone(names[i], serials, at >= 0)
      return null
    }
    const partition = isWhole ? 0 : parseNumber(names[i].substring(serial.length + 1), mostPartitions)
    if (!isWhole && (partition < 1 || partition > mostPartitions)) {
      print(`Partitions of ${serial} are named ${serial}:1 to ${serial}:${mostPartitions}; not ${quoted(names[i])}.\n`)
      return null
    }
    if (isWhole) chosen.devices |= 1 << at
    else chosen.partitions.push(<u32>at | <u32>partition << 8)
  }
  if (<u32>chosen.partitions.length <= StorageOrderPartitions) return chosen
  print(`A pool has at most ${StorageOrderPartitions} partitions.\n`)
  return null
}

function sayNone(name: string, serials: string[], areSeveral: bool): void {
  if (areSeveral) return print(`Several disks say that they are ${quoted(name)}: none of them can be told by its serial number.\n`)
  const meant = nearest(name, serials)
  print(`There is no disk ${quoted(name)} that the pool may use. ${meant.length ? `Did you mean: ${meant}?` : `There are: ${serials.join(', ')}.`}\n`)
}
