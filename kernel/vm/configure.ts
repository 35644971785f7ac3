/** The VMs that the configuration describes, made at boot. */
import * as hw from '../hw'
import { bootModule, bootModuleCount } from '../firmware/bootinformation'
import { commit } from '../log/log'
import { initializeRing } from '../log/ring'
import * as words from '../log/text'
import { openPack, packFaultPart, packFaultRecord, PackStatus, packStatusText, PackVmNumber, vmCount as packVmCount, vmNumber } from '../config/pack'
import { Owner } from '../memory/owner'
import { mapSerial, mapWindow } from './memory'
import { start } from './power'
import { serialData, serialRing, SerialRingBytes, setVmCount, vmAt } from './vm'

@inline const PackMagic: u64 = 0x4B50_5652_4550_5954 // 'TYPERVPK'

/** Opens the pack among the boot modules. False, and the log says why, when there is none or it is broken. */
export function openConfiguration(): bool {
  for (let i: u32 = 0; i < bootModuleCount(); i++) {
    const module = bootModule(i)
    if (module.end - module.base < 8 || hw.load64(module.base) != PackMagic) continue
    const status = openPack(module.base, module.end - module.base)
    if (status == PackStatus.Ok) return true
    words.text('configuration: ')
    words.text(packStatusText(status))
    words.text(' (part ')
    words.decimal(packFaultPart())
    words.text(', record ')
    words.decimal(packFaultRecord())
    words.text('); build the image again with make iso')
    commit()
    return false
  }
  words.text('configuration: no boot module is a typervisor.pack; no VMs')
  commit()
  return false
}

/** Makes a stopped VM of each one configured; false when memory ran out. */
export function createVms(): bool {
  const count = packVmCount()
  for (let i: u32 = 0; i < count; i++) {
    const vm = vmAt(i)
    if (!mapWindow(changetype<usize>(vm), 1, Owner.Nucleus) || !mapSerial(vm)) return false
    vm.index = i
    vm.memoryBytes = vmNumber(i, PackVmNumber.Memory)
    vm.vcpuCount = <u32>vmNumber(i, PackVmNumber.VcpuCount)
    vm.weight = <u32>vmNumber(i, PackVmNumber.Weight)
    vm.onReboot = <u32>vmNumber(i, PackVmNumber.OnReboot)
    vm.onCrash = <u32>vmNumber(i, PackVmNumber.OnCrash)
    vm.mirror = <u32>vmNumber(i, PackVmNumber.Mirror)
    vm.autostart = <u32>vmNumber(i, PackVmNumber.Autostart)
    vm.machineDeadline = u64.MAX_VALUE
    initializeRing(serialRing(vm), serialData(vm), SerialRingBytes)
    setVmCount(i + 1)
  }
  return true
}

/** Starts those that start by themselves. */
export function autostart(): void {
  for (let i: u32 = 0; i < packVmCount(); i++) if (vmAt(i).autostart != 0) start(vmAt(i))
}
