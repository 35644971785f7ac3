/**
 * RAM that a VM gives back while it runs, and gets again, by blocks of 2 MiB: its machine asks, or its guest uses what it gave back, and the first CPU
 * carries it out while no vCPU runs and no call into the machine is in progress.
 */
import { VmState } from '../../capability/admin'
import { callForOrders } from '../cpu/kick'
import { acquire, release } from '../cpu/lock'
import * as hw from '../hw'
import { Frame } from '../memory/block'
import { sandbox } from '../sandbox/sandbox'
import { dropBlock, returnBlock } from './memory'
import { chargeVm, holdVm, unblockVcpus } from './scheduling'
import { setDown } from './switch'
import { vcpuAt, Vm } from './vm'

/** Blocks of one exchange: zeroing them takes the first CPU. */
const BlocksAtOnce: u64 = 16
const NoCpu: u32 = u32.MAX_VALUE

/** The machine asks for an exchange of what lies in [gpa, gpa + bytes) of its VM's RAM. False while it waits for one. */
export function askExchange(vm: Vm, gpa: u64, bytes: u64, comesBack: bool): bool {
  if (vm.blocksAsked != 0) return false
  vm.firstAsked = gpa >> Frame.LargeShift
  vm.comesBack = comesBack
  vm.blocksAsked = min(bytes >> Frame.LargeShift, BlocksAtOnce)
  callForOrders()
  return true
}

/** The guest uses what it has given back, or names it to a device: it stands still until it has it again. Of two at once, one will ask another time. */
export function askTouched(vm: Vm, gpa: u64): void {
  vm.blockTouched = (gpa >> Frame.LargeShift) + 1
  callForOrders()
}

/** Carries out what waits, if no vCPU runs; false when the guest has used what is not to be had. */
export function settleExchange(vm: Vm): bool {
  if (vm.state != VmState.Running || vm.blocksAsked == 0 && vm.blockTouched == 0 || !holdVm(vm)) return true
  const before = hw.readTsc()
  const lock = sandbox(vm.machine).lock
  acquire(lock)
  // Nothing that was cached of its nested tables is used where it runs next.
  for (let i: u32 = 0; i < vm.vcpuCount; i++) {
    setDown(vcpuAt(vm, i))
    vcpuAt(vm, i).resident = NoCpu
  }
  vm.memoryEra++
  const isThere = vm.blockTouched == 0 || returnBlock(vm, vm.blockTouched - 1)
  vm.blockTouched = 0
  for (let i: u64 = 0; i < vm.blocksAsked; i++) {
    if (!vm.comesBack) dropBlock(vm, vm.firstAsked + i)
    else if (!returnBlock(vm, vm.firstAsked + i)) break
  }
  vm.memoryNews = true // a device may wait for what was touched
  vm.blocksAsked = 0
  release(lock)
  vm.held = false
  chargeVm(vm, hw.readTsc() - before)
  if (isThere) unblockVcpus(vm)
  return isThere
}
