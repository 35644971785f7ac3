/** The VMs that the configuration describes, made at boot. */
import { VmOrder } from '../../capability/admin'
import { BootProtocol, FirmwareLimit } from '../../capability/config'
import { BootFile } from '../../capability/file'
import { configuration } from '../config/configuration'
import { initializeRing } from '../log/ring'
import { Frame } from '../memory/block'
import { Owner } from '../../capability/owner'
import { hasVolume } from '../device/disks'
import { isPreparing } from '../device/pool'
import { requestOrders } from './attention'
import { mapSerial, mapWindow } from './memory'
import { announce, start } from './power'
import { serialData, serialRing, SerialRingBytes, setReason, setVmCount, vmAt, vmCount } from './vm'

/** Makes a stopped VM of each one configured; false when memory ran out. */
export function createVms(): bool {
  const count = configuration().vmCount
  for (let i: u32 = 0; i < count; i++) {
    const vm = vmAt(i)
    if (!mapWindow(changetype<usize>(vm), 1, Owner.Nucleus) || !mapSerial(vm)) return false
    const told = configuration().vm(i)
    vm.index = i
    vm.memoryBytes = told.maxMemory
    vm.memoryWanted = told.memory
    vm.memoryMinimum = told.minMemory
    vm.memoryMaximum = told.maxMemory
    vm.memoryWeight = told.memoryWeight
    vm.protocol = told.protocol
    // Its machine refuses firmware that is larger.
    vm.romBlocks = told.protocol == BootProtocol.Firmware ? min(told.file(BootFile.Kernel).length + Frame.LargeBytes - 1, FirmwareLimit) >> Frame.LargeShift : 0
    vm.vcpusAsked = told.vcpuCount
    vm.vcpuCount = told.maxVcpus
    vm.weight = told.weight
    vm.cap = told.cap
    vm.affinity = told.affinity
    vm.preferred = told.preferred
    vm.onReboot = told.onReboot
    vm.onCrash = told.onCrash
    vm.mirror = told.mirror
    vm.autostart = told.autostart
    vm.firstPort = told.firstPort
    vm.interfaceCount = told.interfaceCount
    vm.machineDeadline = u64.MAX_VALUE
    initializeRing(serialRing(vm), serialData(vm), SerialRingBytes)
    setVmCount(i + 1)
  }
  return true
}

/** VMs that start when the pool is there, bit n for number n. */
let waiting: u64 = 0

/** Starts those that start by themselves; those with volumes when the pool's service is done with what it makes first. */
export function autostart(): void {
  for (let i: u32 = 0; i < vmCount; i++) {
    const vm = vmAt(i)
    if (vm.autostart == 0) continue
    if (!isPreparing() || !hasVolume(vm)) {
      start(vm)
      continue
    }
    waiting |= <u64>1 << i
    setReason(vm, 'it waits for the storage pool, and starts when that is ready')
    announce(vm)
  }
}

/** The pool is ready, or there is none. */
export function startWaiting(): void {
  for (; waiting != 0; waiting &= waiting - 1) vmAt(<u32>ctz(waiting)).order = VmOrder.Start + 1
  requestOrders()
}
