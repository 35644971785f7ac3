/** The disks that the pool's service may use; they are named by their serial numbers. */
import { storageDevice } from '../../../capability/admin'
import { BlockUnit } from '../../../capability/block'
import { quoted } from '../format'
import { nearest } from '../suggestion'
import { print } from '../terminal'
import { textAt } from '../text'

/** More than StorageOrder.devices can name there are not. */
const mostDisks: u32 = 32
const longestSerial: u32 = 64
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

/** The serial numbers of a set of disks: bit n for disk n. */
export function serialsOf(set: u64): string[] {
  const serials = serialNumbers()
  const chosen: string[] = []
  for (let i = 0; i < serials.length; i++) if (set >> i & 1) chosen.push(serials[i])
  return chosen
}

/** The set of the disks with these serial numbers, or 0 after saying which is none. */
export function chooseDisks(names: string[]): u32 {
  const serials = serialNumbers()
  let set: u32 = 0
  for (let i = 0; i < names.length; i++) {
    const at = serials.indexOf(names[i])
    if (at >= 0 && serials.lastIndexOf(names[i]) == at) {
      set |= 1 << at
      continue
    }
    if (at >= 0) print(`Several disks say that they are ${quoted(names[i])}: none of them can be told by its serial number.\n`)
    else {
      const meant = nearest(names[i], serials)
      print(`There is no disk ${quoted(names[i])} that the pool may use. ${meant.length ? `Did you mean: ${meant}?` : `There are: ${serials.join(', ')}.`}\n`)
    }
    return 0
  }
  return set
}
