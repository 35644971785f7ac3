/** What the configuration says of the pool: its devices where there is none, the volumes that there are to be, and the images that volumes are made of. */
import { BlockUnit, BlockUnitBytes } from '../../capability/block'
import { DiskNameLimit, StorageConfiguration, StorageConfigurationBytes, StorageNameLimit } from '../../capability/configuration'
import * as storage from '../../capability/storage'

const record: usize = memory.data(StorageConfigurationBytes, 8)
const unit: usize = memory.data(BlockUnitBytes, 8)

export function readConfigured(): void { storage.configured(record) }
@inline export function configured(): StorageConfiguration { return changetype<StorageConfiguration>(record) }

/** The number of the image of a name, with zeros behind it; `imageCount` when there is none. */
export function imageByName(name: usize): u32 {
  let number: u32 = 0
  while (number < configured().imageCount && memory.compare(configured().image(number).name, name, StorageNameLimit + 1) != 0) number++
  return number
}

/** Names what the pool is to be made of in an order: disks by their serial numbers, partitions as SERIAL:NUMBER. False when a disk is not there, or two say that they are it. */
export function nameConfigured(order: storage.StorageOrder): bool {
  let partitions: u32 = 0
  for (let index: u32 = 0; index < configured().deviceCount; index++) {
    const name = configured().device(index)
    let length: u32 = 0
    while (length < DiskNameLimit && load<u8>(name + length) != 0) length++
    let found = disksCalled(name, length)
    if (popcnt(found) == 1) {
      order.devices |= found
      continue
    }
    const serialLength = beforePartition(name, length)
    found = serialLength == 0 || found != 0 ? 0 : disksCalled(name, serialLength)
    if (popcnt(found) != 1) return false
    order.setPartition(partitions++, ctz(found) | partitionNumber << 8)
  }
  return true
}

let partitionNumber: u32 = 0
/** How much of a name is before the colon and the number of a partition at its end, which goes to `partitionNumber`; 0 when there is none. */
function beforePartition(name: usize, length: u32): u32 {
  let at = length
  partitionNumber = 0
  for (let unit: u32 = 1; at != 0 && load<u8>(name + at - 1) - 0x30 < 10 && length - at < 3; at--, unit *= 10) partitionNumber += unit * (load<u8>(name + at - 1) - 0x30)
  return at > 1 && partitionNumber != 0 && load<u8>(name + at - 1) == 0x3A ? at - 1 : 0
}

/** The disks with this serial number, bit n for disk n. */
function disksCalled(serial: usize, length: u32): u32 {
  let found: u32 = 0
  for (let disk: u32 = 0; disk < min(storage.count(), 32); disk++) {
    if (storage.unit(disk, unit) && changetype<BlockUnit>(unit).serialLength == length && length != 0 && memory.compare(unit + offsetof<BlockUnit>(), serial, length) == 0) found |= 1 << disk
  }
  return found
}
