/** A VM's memory over the real frame allocator and page tables. */
import { MemoryLimit } from '../../capability/configuration'
import { boardOf, DiskPages, requestOf } from '../../kernel/device/disks'
import { addPart } from '../../kernel/device/request'
import { configuration } from '../../kernel/config/configuration'
import { reset } from '../../kernel/apic/localapic'
import { addRange, allocateLarge, initialize, owned, ownerOf, tableBytes } from '../../kernel/memory/frames'
import { WindowLimit } from '../../kernel/memory/layout'
import { chooseApicMode } from '../../kernel/vm/apicmode'
import { apicOf } from '../../kernel/vm/vcpu'
import { clearMemory, dropBlock, giveMemory, isGivenBack, returnBlock, takeMemory } from '../../kernel/vm/memory'
import { blocksOf, controlOwner, ramOwner, vcpuAt, vmAt } from '../../kernel/vm/vm'
import { check } from '../../vmx/operations'

export { owned, ownerOf }

/** Finds out whose nested tables the CPU has, and with which pages. */
export function detect(): void { check() }

/** `bytes` of RAM from `base`, and the VM's record. */
export function start(base: u64, bytes: u64): void {
  if (<u32>memory.size() < <u32>(WindowLimit >> 16)) memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  const address = <usize>(__heap_base + 15) & ~15
  memory.fill(address, 0, <usize>tableBytes(base + bytes))
  initialize(address, base + bytes)
  addRange(base, bytes)
  memory.fill(changetype<usize>(vmAt(0)), 0, 0x100_0000)
}

export function take(bytes: u64, vcpus: u32): bool {
  vmAt(0).memoryBytes = bytes
  vmAt(0).vcpuCount = vcpus
  return takeMemory(vmAt(0))
}
export function setRom(blocks: u64): void { vmAt(0).romBlocks = blocks }
export function give(): void { giveMemory(vmAt(0)) }
export function clear(): bool { return clearMemory(vmAt(0)) }
export function drop(block: u64): void { dropBlock(vmAt(0), block) }
export function comeBack(block: u64): bool { return returnBlock(vmAt(0), block) }
export function isGone(gpa: u64): bool { return isGivenBack(vmAt(0), gpa) }
export function blockCount(): u32 { return vmAt(0).blockCount }
/** Host frame number of a block of 2 MiB of guest-physical space, or 0. */
export function block(index: u32): u32 { return load<u32>(blocksOf(vmAt(0)) + (<usize>index << 2)) }
/** Where the table of blocks of the VM with most memory ends, its disks' board begins, and the VM's part of the window ends. */
export function tableEnd(): usize { return blocksOf(vmAt(0)) + <usize>((MemoryLimit + (1 << 30)) >> 21 << 2) }
export function boardAt(): usize { return changetype<usize>(boardOf(vmAt(0))) }
export function boardEnd(): usize { return boardAt() + (<usize>DiskPages << 12) }
export function partEnd(): usize { return changetype<usize>(vmAt(1)) }
export function root(): u64 { return vmAt(0).nestedRoot }
export function ram(): u32 { return ramOwner(vmAt(0)) }
export function control(): u32 { return controlOwner(vmAt(0)) }
/** Somebody else takes all that is free by 2 MiB; how many. */
export function takeAll(): u32 {
  let count: u32 = 0
  while (allocateLarge(300) != 0) count++
  return count
}
/** A disk of the VM has one request, for these bytes. */
export function ask(hpa: u64, bytes: u64): void {
  configuration().vm(0).diskCount = 1
  boardOf(vmAt(0)).busy = 1 << 5
  const request = requestOf(0, 5)
  request.parts = request.own
  request.count = 0
  addPart(request, hpa, bytes)
}

/** Memory for another VM and the local APICs of both after power-up, which the hardware virtualizes where it can. */
export function powerUpApics(bytes: u64): bool {
  vmAt(1).index = 1
  vmAt(1).memoryBytes = bytes
  vmAt(1).vcpuCount = 1
  if (!takeMemory(vmAt(1))) return false
  for (let i: u32 = 0; i < 2; i++) {
    const vcpu = vcpuAt(vmAt(i), 0)
    vcpu.vm = i
    apicOf(vcpu).page = changetype<usize>(vcpu) + 0x2000
    reset(apicOf(vcpu), 0, true)
    chooseApicMode(vcpu)
  }
  return true
}
export function rootOf(vm: u32): u64 { return vmAt(vm).nestedRoot }
