/** Why the pool's service did not do what it was asked, and what to do. */
import { OrderStatus, StorageOperation } from '../../../capability/storage'
import { quoted } from '../format'

/** What is wrong with a name that is none. */
export const nameRule: string = 'A name has 1 to 63 printable characters of ASCII and no blanks'
/** What is wrong with a partition table, or a partition of it. */
const tableRule: string = 'The disk has no GUID partition table (GPT) that is whole, or the partition overlaps another one or lies where none can be. The backup of a table is only used to open a pool: repair the table first (gdisk).'
/** What sizes a volume can have. */
export const sizeRule: string = 'A volume has 4 KiB to 256 TiB, in multiples of 4 KiB'

/** An OrderStatus that is not Ok, in a sentence or two. `name` and `other` are those of the order, '' where it has none. */
export function refusal(status: u32, operation: u32, name: string, other: string): string {
  switch (status) {
    case OrderStatus.Failed: return 'A disk could not do what it was asked, or the pool\'s service failed meanwhile; log says which.'
    case OrderStatus.NoSpace: return 'The pool has no space left for that. Delete volumes or snapshots (volume list), or let guests discard what they do not need (fstrim).'
    case OrderStatus.NoPool:
      if (operation == StorageOperation.PoolImport) return 'There is no pool on these disks. pool devices shows what is, pool create makes one.'
      return 'No pool is imported. pool import opens one that is there, pool create makes one.'
    case OrderStatus.PoolImported: return 'A pool is imported already (pool list), and a host has one at a time. pool export lets it go.'
    case OrderStatus.WrongDevices:
      if (operation == StorageOperation.PoolImport) return 'These are not all disks of one pool, and of no other: pool devices shows which have something of one.'
      if (isOfDevice(operation)) return 'A volume is imported from, or exported to, a disk or partition that has nothing of the pool; to one that can be written and is no smaller than the volume. pool devices shows them.'
      return 'A pool is made of 1 to 16 disks and partitions of 4 MiB to 128 TiB that can be written, each once; partitions begin at a multiple of 4 KiB. pool devices shows them.'
    case OrderStatus.Corrupt:
      if (operation == StorageOperation.PoolCreate) return tableRule
      if (isOfDevice(operation)) return `${tableRule} Or the pool\'s metadata cannot be read: log says more.`
      return 'Metadata on the disks are not what was written: log says more, and nothing was changed.'
    case OrderStatus.NoMemory:
      if (operation == StorageOperation.PoolCheck) return 'Pools of up to 400 GiB can be checked: it takes 2 bytes of memory for each 4 KiB, of which the pool\'s service has 256 MiB, where the host has as much free.'
      return 'The pool\'s service has too little memory for a pool of this size: each disk takes 3 MiB for every 2 TiB or part of them, of which the service has 230 MiB, where the host has as much free.'
    case OrderStatus.NoSuchVolume: return `There is no volume ${quoted(name)}${other.length && !isOfDevice(operation) ? ` or none ${quoted(other)}` : ''}. volume list shows all.`
    case OrderStatus.NameTaken: return `There is a volume ${quoted(other.length && !isOfDevice(operation) ? other : name)} already. volume list shows all.`
    case OrderStatus.WrongName: return nameRule + '.'
    case OrderStatus.TooManyVolumes: return 'The pool has as many volumes and snapshots as it can have, 4096. Delete some; until their space is given back they count.'
    case OrderStatus.OutOfRange: return sizeRule + '.'
    case OrderStatus.InUse:
      if (operation == StorageOperation.PoolExport) return 'VMs are using the pool. Stop them first: vm list shows which run. Imports and exports have to end too: volume progress shows them.'
      if (operation == StorageOperation.VolumeExport) return `${name} is a disk of a VM that is on, and changes. Make a snapshot of it and export that: volume snapshot ${name} NEW`
      return `${name} is a disk of a VM that is on. Stop that first: vm list shows which run.`
    case OrderStatus.ReadOnly: return `${name} is a snapshot and does not change. volume clone makes a volume of it that can be written.`
    case OrderStatus.Damaged: return 'The pool can only be read, since something was not as it must be: log says what. pool export and pool import open it again from its last commit, with what was kept since.'
    case OrderStatus.NoSuchImage: return `There is no image and no disk ${quoted(other)}. volume images and pool devices show what there is.`
    case OrderStatus.NoSuchPartition: return 'The disk has no partition of this number.'
    case OrderStatus.Missing: return 'A drive of the pool is missing, and the pool stands still until it is back: pool info shows which. sandbox restart looks again at a controller that was given up.'
    case OrderStatus.Busy: return 'An import or export goes on, and there is one at a time: volume progress shows how far it is.'
    case OrderStatus.Unsupported: return 'The pool\'s service does not know this order: it is of another version than the console.'
    default: return `The pool's service refused the order (status ${status}).`
  }
}

/** True for what names a disk that is not the pool's. */
function isOfDevice(operation: u32): bool { return operation == StorageOperation.VolumeImport || operation == StorageOperation.VolumeExport }
