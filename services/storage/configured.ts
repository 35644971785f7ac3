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

/** The devices that the pool is to be made of, bit n for device n; 0 when one of them is not there, or two say that they are it. */
export function configuredDevices(): u32 {
  let set: u32 = 0
  for (let index: u32 = 0; index < configured().deviceCount; index++) {
    let found: u32 = 0
    for (let device: u32 = 0; device < storage.count(); device++) if (isCalled(device, configured().device(index))) found |= 1 << device
    if (popcnt(found) != 1) return 0
    set |= found
  }
  return set
}

function isCalled(device: u32, serial: usize): bool {
  if (!storage.unit(device, unit)) return false
  const length = changetype<BlockUnit>(unit).serialLength
  if (length == 0 || length > DiskNameLimit || memory.compare(unit + offsetof<BlockUnit>(), serial, length) != 0) return false
  return length == DiskNameLimit || load<u8>(serial + length) == 0
}
