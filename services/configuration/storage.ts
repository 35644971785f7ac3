/** What the pool's service is to know: the pool, its images and the volumes that there are to be. */
import { StorageConfiguration, StorageNameLimit } from '../../capability/configuration'
import { DiskFlag, DiskRecord, PACK_NO_FILE, TextField } from './layout'
import { diskRecord, diskSerial, fileName, fileRecord, header, imageRecord, poolDevice, poolName, textBytes } from './pack'
import { setFile } from './record'

/** Fills it from the pack, all of which was checked. */
export function fillStorage(to: StorageConfiguration): void {
  to.imageCount = header().imageCount
  for (let i: u32 = 0; i < to.imageCount; i++) {
    const file = fileRecord(imageRecord(i).file)
    setFile(to.image(i).file, file)
    copyText(to.image(i).name, fileName(file))
  }
  to.deviceCount = header().poolDeviceCount
  if (to.deviceCount != 0) copyText(to.poolName, poolName())
  for (let i: u32 = 0; i < to.deviceCount; i++) copyText(to.device(i), poolDevice(i))
  for (let i: u32 = 0; i < header().diskCount; i++) addVolume(to, diskRecord(i))
}

/** Adds the volume of a disk that says what one is to be made of. Several read-only disks can be one volume: the first says. */
function addVolume(to: StorageConfiguration, disk: DiskRecord): void {
  if ((disk.flags & DiskFlag.Volume) == 0 || disk.size == 0 && disk.image == PACK_NO_FILE && (disk.byteLimit | disk.requestLimit) == 0) return
  const added = to.volume(to.volumeCount)
  copyText(added.name, diskSerial(disk))
  for (let i: u32 = 0; i < to.volumeCount; i++) {
    if (memory.compare(to.volume(i).name, added.name, StorageNameLimit + 1) != 0) continue
    memory.fill(added.name, 0, StorageNameLimit + 1)
    return
  }
  added.bytes = disk.size
  added.byteLimit = disk.byteLimit
  added.requestLimit = disk.requestLimit
  added.image = disk.image + 1 // PACK_NO_FILE + 1 is 0
  to.volumeCount++
}

/** Behind it are zeros already. */
function copyText(to: usize, text: TextField): void { memory.copy(to, textBytes(text), text.length) }
