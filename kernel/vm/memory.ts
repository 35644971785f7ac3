/** A VM's RAM and its other frames: taken when it starts, zeroed and given back when it stops. */
import { thisCpu } from '../cpu/cpu'
import { flushEverywhere } from '../cpu/kick'
import * as hw from '../hw'
import { allocate, allocateHuge, allocateLarge, freeLarge, owned, reclaim } from '../memory/frames'
import { Frame } from '../memory/block'
import { NucleusLinear } from '../memory/layout'
import { Owner } from '../../capability/owner'
import { boardOf, diskCount, DiskPages, isUnderRequest } from '../device/disks'
import { lookup, mapPage, unmapPage, Write } from '../memory/paging'
import { hasHugePages, mapLarge, mapPage as mapPageNested } from '../../vmx/operations'
import { accessPage, blocksOf, controlOwner, InputBytes, inputData, ramOwner, serialData, SerialRingBytes, vcpuAt, Vm } from './vm'
import { VcpuPages } from './vcpu'

@inline const LowRamEnd: u64 = 0xC000_0000 // 3 GiB: above are the devices, RAM goes on at 4 GiB
@inline const HighRamStart: u64 = 0x1_0000_0000
@inline const LowBlocks: u64 = LowRamEnd >> Frame.LargeShift
@inline const HighBlocks: u64 = HighRamStart >> Frame.LargeShift // a VM's firmware ends there, as a PC's does
const PageBytes: u64 = 4096

/** Maps zeroed frames at linear addresses of the window; false when memory runs out. */
export function mapWindow(address: usize, pages: u32, owner: u32): bool {
  for (let i: u32 = 0; i < pages; i++) {
    const va = NucleusLinear + address + <u64>i * PageBytes
    if (lookup(va) != 0) continue
    const frame = allocate(owner)
    if (frame == 0) return false
    hw.zero(frame, PageBytes)
    if (!mapPage(va, frame, Write, Owner.Nucleus)) return false
  }
  return true
}

function unmapWindow(address: usize, pages: u32): void {
  for (let i: u32 = 0; i < pages; i++) unmapPage(NucleusLinear + address + <u64>i * PageBytes)
}

/** The hpa of a mapped page of the window. */
export function windowHpa(address: usize): u64 { return lookup(NucleusLinear + address) }

/** Pages of the block table: one u32 for each 2 MiB up to the end of RAM. */
function tablePages(vm: Vm): u32 { return ((vm.blockCount << 2) + 4095) >> 12 }

/** The block at which guest-physical RAM continues after `block`. */
function blockOfRam(index: u64): u64 { return index < LowBlocks ? index : index - LowBlocks + HighBlocks }

/** Whether a block is RAM that the VM has, or has given back. */
@inline function isRamBlock(vm: Vm, block: u64): bool {
  const blocks = vm.memoryBytes >> Frame.LargeShift
  return block < min(blocks, LowBlocks) || blocks > LowBlocks && block - HighBlocks < blocks - LowBlocks
}

/** The block table's entry for a block below `blockCount`. */
@inline function entryOf(vm: Vm, block: u64): usize { return blocksOf(vm) + (<usize>block << 2) }

/** True for an address in RAM that the VM has given back. */
@inline export function isGivenBack(vm: Vm, gpa: u64): bool {
  return isRamBlock(vm, gpa >> Frame.LargeShift) && load<u32>(entryOf(vm, gpa >> Frame.LargeShift)) == 0
}

/** Where frames for the nested tables of the VM being built come from. */
let tableOwner: u32 = 0
function tableFrame(): u64 { return thisCpu == 0 ? allocate(tableOwner) : 0 }

/** Maps one page of the VM's guest physical space where it has no RAM, or nothing if `hpa` is 0; false when memory runs out. */
export function mapNestedPage(vm: Vm, gpa: u64, hpa: u64): bool {
  tableOwner = controlOwner(vm)
  return mapPageNested(vm.nestedRoot, gpa, hpa, tableFrame)
}

/** Takes all the memory the VM needs; false, with nothing kept, when there is not enough. */
export function takeMemory(vm: Vm): bool {
  const blocks = vm.memoryBytes >> Frame.LargeShift
  vm.blockCount = <u32>max(blockOfRam(blocks - 1) + 1, vm.romBlocks != 0 ? HighBlocks : 0)
  // What is taken is zeroed, and zeroed again when it is given back: not for a start that cannot be.
  if (owned(Owner.Free) >= (blocks + vm.romBlocks) * Frame.PerBlock && buildMemory(vm, blocks)) return true
  giveMemory(vm)
  return false
}

function buildMemory(vm: Vm, blocks: u64): bool {
  const control = controlOwner(vm)
  if (!mapWindow(changetype<usize>(vcpuAt(vm, 0)), vm.vcpuCount * VcpuPages, control)) return false
  if (!mapWindow(blocksOf(vm), tablePages(vm), control)) return false
  if (!mapWindow(inputData(vm), InputBytes >> 12, control) || !mapWindow(accessPage(vm), 1, control)) return false
  if (diskCount(vm) != 0 && !mapWindow(changetype<usize>(boardOf(vm)), DiskPages, control)) return false
  vm.nestedRoot = allocate(control)
  if (vm.nestedRoot == 0) return false
  hw.zero(vm.nestedRoot, PageBytes)
  tableOwner = control
  for (let i: u64 = 0; i < blocks;) {
    const block = blockOfRam(i)
    // A GiB for each GiB of the guest's while there are any: RAM goes on at a multiple of it, and so none lies on both sides of the devices.
    let hpa = hasHugePages() && i % Frame.LargePerHuge == 0 && blocks - i >= Frame.LargePerHuge ? allocateHuge(ramOwner(vm)) : 0
    if (hpa == 0) {
      if (!takeBlock(vm, block, true)) return false
      i++
      continue
    }
    hw.zero(hpa, <u64>Frame.LargePerHuge << Frame.LargeShift)
    if (!mapLarge(vm.nestedRoot, block << Frame.LargeShift, hpa, 2, true, tableFrame)) return false
    for (const end = i + Frame.LargePerHuge; i < end; i++, hpa += Frame.LargeBytes) store<u32>(entryOf(vm, blockOfRam(i)), <u32>(hpa >> Frame.Shift))
  }
  for (let block = HighBlocks - vm.romBlocks; block < HighBlocks; block++) if (!takeBlock(vm, block, false)) return false
  return true
}

/** Backs a block with 2 MiB of zeroes; false when there is no memory. */
function takeBlock(vm: Vm, block: u64, writable: bool): bool {
  const hpa = allocateLarge(ramOwner(vm))
  if (hpa == 0) return false
  hw.zero(hpa, Frame.LargeBytes) // at boot RAM still holds what an earlier system left
  tableOwner = controlOwner(vm)
  if (!mapLarge(vm.nestedRoot, block << Frame.LargeShift, hpa, 1, writable, tableFrame)) {
    freeLarge(hpa, ramOwner(vm))
    return false
  }
  store<u32>(entryOf(vm, block), <u32>(hpa >> Frame.Shift))
  return true
}

/** Gives a VM what it had given back of a block, zeroed; false when there is no memory, or it never had it. No call into its machine is in progress. */
export function returnBlock(vm: Vm, block: u64): bool { return isRamBlock(vm, block) && (load<u32>(entryOf(vm, block)) != 0 || takeBlock(vm, block, true)) }

/**
 * Takes a block of its RAM from a VM and zeroes it, unless a disk may be reading or writing it, or there is no memory for a table. No call into its machine is in progress, and
 * no vCPU of it runs before all that was cached of its nested tables is forgotten.
 */
export function dropBlock(vm: Vm, block: u64): void {
  const hpa = isRamBlock(vm, block) ? <u64>load<u32>(entryOf(vm, block)) << Frame.Shift : 0
  tableOwner = controlOwner(vm)
  if (hpa == 0 || isUnderRequest(vm, hpa) || !mapLarge(vm.nestedRoot, block << Frame.LargeShift, 0, 1, true, tableFrame)) return
  store<u32>(entryOf(vm, block), 0)
  freeLarge(hpa, ramOwner(vm))
}

/** Zeroes and gives back the VM's RAM, tables and vCPUs. Its record and what its serial line said stay. */
export function giveMemory(vm: Vm): void {
  flushEverywhere() // no CPU looks at vCPUs of a VM that it has not seen stop
  unmapWindow(changetype<usize>(vcpuAt(vm, 0)), vm.vcpuCount * VcpuPages)
  unmapWindow(blocksOf(vm), tablePages(vm))
  unmapWindow(inputData(vm), InputBytes >> 12)
  unmapWindow(accessPage(vm), 1)
  if (diskCount(vm) != 0) unmapWindow(changetype<usize>(boardOf(vm)), DiskPages)
  flushEverywhere()
  reclaim(ramOwner(vm))
  reclaim(controlOwner(vm))
  vm.nestedRoot = 0
}

/** Zeroes the RAM of a VM that is reset, so that it starts as after power-on. False, with nothing kept, when it had given some back, and there is not enough memory now. */
export function clearMemory(vm: Vm): bool {
  for (let block: u64 = 0; block < vm.blockCount; block++) {
    const frame = <u64>load<u32>(entryOf(vm, block)) << Frame.Shift
    if (frame != 0) hw.zero(frame, Frame.LargeBytes)
    else if (isRamBlock(vm, block) && !takeBlock(vm, block, true)) {
      giveMemory(vm)
      return false
    }
  }
  return true
}

/** Host memory beyond guest RAM. */
export function overheadBytes(vm: Vm): u64 { return owned(controlOwner(vm)) << Frame.Shift }

/** The serial ring outlives the VM's runs. */
export function mapSerial(vm: Vm): bool { return mapWindow(serialData(vm), SerialRingBytes >> 12, Owner.Nucleus) }
