/** Loads a VM's kernel by the boot protocol of its configuration. */
import { BootProtocol, ConfigNumber, number } from '../../capability/config'
import { BootFile, size } from '../../capability/file'
import { writeBiosData } from './biosData'
import { clear } from './claims'
import { loadFirmware } from './firmware'
import * as image from './image'
import { bootLinux } from './linux/linux'
import { drawMap } from './memoryMap'
import { refuse, say, sayDecimal } from '../message'
import { clearModules } from './modules'
import { bootMultiboot } from './multiboot/multiboot'
import { bootMultiboot2 } from './multiboot2/multiboot2'
import { bootPvh } from './pvh/pvh'
import { giveState } from './startState'

/**
 * Puts the kernel, its files and its boot information into guest RAM and sets the start state. `writeTables` of machine/acpi
 * comes first: Multiboot 2 copies the RSDP. Firmware makes all that itself. 0 when the VM can run; otherwise the log says why not.
 */
export function boot(): i32 {
  if (<u32>number(ConfigNumber.BootProtocol) == BootProtocol.Firmware) return loadFirmware() ? 0 : 1
  clear()
  drawMap()
  clearModules()
  image.open()
  writeBiosData()
  return load() && giveState() ? 0 : 1
}

function load(): bool {
  if (image.bytes() == 0) return refuse('kernel: the file is missing or empty: name one in boot.kernel')
  const protocol = <u32>number(ConfigNumber.BootProtocol)
  const hasInitrd = size(BootFile.Initrd) != 0
  const hasModules = number(ConfigNumber.ModuleCount) != 0
  if (protocol == BootProtocol.Linux && hasModules) return refuse('boot.modules: the Linux boot protocol knows no modules: put their files into the initrd')
  const isMultiboot = protocol == BootProtocol.Multiboot || protocol == BootProtocol.Multiboot2
  if (isMultiboot && hasInitrd) return refuse('boot.initrd: Multiboot knows no initrd: list the file under boot.modules')
  switch (protocol) {
    case BootProtocol.Linux: return bootLinux()
    case BootProtocol.Multiboot: return bootMultiboot()
    case BootProtocol.Multiboot2: return bootMultiboot2()
    case BootProtocol.Pvh: return bootPvh()
  }
  say('boot.protocol: ')
  sayDecimal(protocol)
  return refuse(' is none of 1 (linux), 2 (multiboot), 3 (multiboot2), 4 (pvh) and 5 (firmware): pack the image again')
}
