/** One virtual machine: its record, its table, and where its parts lie in the shared window. */
import { VmRecord, VmState } from '../../capability/admin'
import { Queue as ByteQueue } from '../log/queue'
import { Ring } from '../log/ring'
import * as words from '../log/text'
import { WindowBase } from '../memory/layout'
import { Owner } from '../../capability/owner'
import { Group } from '../schedule/index'
import { Exit } from '../../vmx/exit'
import { Vcpu, vcpuExits, VcpuPages } from './vcpu'

/** A VM's part of the window: 8 MiB of linear addresses, mapped as far as needed. */
const RegionShift: u32 = 23
const VcpuOffset: usize = 0x1000
const SerialOffset: usize = 0x10_0000
const InputOffset: usize = 0x12_0000
const AccessOffset: usize = 0x13_0000
const BlocksOffset: usize = 0x20_0000
export const SerialRingBytes: u32 = 65536
export const InputBytes: u32 = 4096
const ReasonOffset: usize = 0x800
const ReasonCapacity: u32 = 320
const ExitCountOffset: usize = 0x400
const GroupOffset: usize = 0xA00

/** What a machine asked of its VM's power while it was being called. */
export namespace PowerRequest {
  export const None: u32 = 0
  export const Off: u32 = 1
  export const Reset: u32 = 2
}

/** Begins with what an administrator is told; its vCPUs, `vcpuCount` of them, are all made when it starts. */
@unmanaged export class Vm extends VmRecord {
  romBlocks: u64 // of 2 MiB: its firmware, which it cannot write
  blockCount: u32 //     of guest-physical space, holes included
  machine: u32 //        its machine's sandbox, or 0
  // Addresses of the machine's exports, in the order in which machine.ts names them.
  portRead: u64
  portWrite: u64
  mmioRead: u64
  mmioWrite: u64
  msrRead: u64
  msrWrite: u64
  execute: u64
  switchTask: u64
  tick: u64
  serialInput: u64
  powerButton: u64
  acknowledge: u64
  endOfInterrupt: u64
  ferr: u64
  processors: u64
  unbackedAccesses: u64
  diskCompleted: u64
  netProgress: u64
  memoryChanged: u64
  machineDeadline: u64 //host TSC at which to call `tick`, or u64.MAX_VALUE
  clockOffset: u64 //    host TSC + this = ticks since power-on, pauses left out
  stoppedClock: u64 //   those ticks, while the VM is paused
  nestedRoot: u64 //     hpa
  powerRequest: u32
  resetCause: u32
  intr: bool //          level of the 8259 pair's INTR
  serialWaiting: bool // bytes wait for the machine's serialInput
  powerButtonPressed: bool
  held: bool //          no CPU takes up its vCPUs: the first one is to change its state, once all have left
  crashed: bool //       `reason` says why; to be acted on when the current call is over
  refused: u32 //        the number of a vCPU whose entry the hardware refused, + 1: `reason` is to say why
  startedAt: u64 //      host TSC of the last start
  quickRestarts: u32 //  crashes in a row shortly after a start
  reasonLength: u32
  order: u32 //          VmOrder + 1 that waits to be carried out, or 0
  restartAt: u64 //      host TSC of a restart that waits for its back-off, or 0
  cpuTicks: u64 //       CPU time of the run that is over
  timekeeper: u32 //     the CPU that watches machineDeadline: where the machine armed it
  vcpusChanged: bool //  its machine is to be told of another number
  comesBack: bool //     what is asked for is to come back, not to go
  memoryNews: bool //    its machine is to look at its memory: what it asked for is done, or its administrator wants another size
  blockTouched: u64 //   a block that its guest gave back and uses again, + 1
  firstAsked: u64 //     blocks that its machine asks for: the first
  blocksAsked: u64 //    how many, or 0
  memoryEra: u64 //      one more each time that a guest physical address came to mean something else
  plugged: u64 //        vCPUs that its guest may start, bit n for number n: as its machine says, in calls
}

const SerialRingOffset: usize = 0x300
const InputQueueOffset: usize = 0x340

/** VMs configured. */
export let vmCount: u32 = 0
export function setVmCount(count: u32): void { vmCount = count }

@inline export function vmAt(index: u32): Vm { return changetype<Vm>(WindowBase + (<usize>index << RegionShift)) }
@inline export function vcpuAt(vm: Vm, index: u32): Vcpu {
  return changetype<Vcpu>(changetype<usize>(vm) + VcpuOffset + <usize>index * (VcpuPages << 12))
}
@inline export function blocksOf(vm: Vm): usize { return changetype<usize>(vm) + BlocksOffset }
@inline export function serialRing(vm: Vm): Ring { return changetype<Ring>(changetype<usize>(vm) + SerialRingOffset) }
@inline export function serialData(vm: Vm): usize { return changetype<usize>(vm) + SerialOffset }
@inline export function inputQueue(vm: Vm): ByteQueue { return changetype<ByteQueue>(changetype<usize>(vm) + InputQueueOffset) }
@inline export function inputData(vm: Vm): usize { return changetype<usize>(vm) + InputOffset }
/** A page whose frame VT-x has at the APIC's address. */
@inline export function accessPage(vm: Vm): usize { return changetype<usize>(vm) + AccessOffset }
@inline function exitCount(vm: Vm, reason: u32): usize { return changetype<usize>(vm) + ExitCountOffset + (<usize>reason << 3) }
@inline export function groupOf(vm: Vm): Group { return changetype<Group>(changetype<usize>(vm) + GroupOffset) }
@inline export function isPlugged(vm: Vm, vcpu: u32): bool { return (vm.plugged >> vcpu & 1) != 0 }
@inline export function reasonAddress(vm: Vm): usize { return changetype<usize>(vm) + ReasonOffset }

/** Owners of a VM's memory: its RAM, and what the nucleus keeps for it. */
@inline export function ramOwner(vm: Vm): u32 { return Owner.Ram + vm.index }
@inline export function controlOwner(vm: Vm): u32 { return Owner.Control + vm.index }

/** Keeps why the VM stopped: the line that was built, with this at its end. */
export function setReason(vm: Vm, end: string): void {
  words.text(end)
  vm.reasonLength = words.take(reasonAddress(vm), ReasonCapacity)
}

/** Exits of a VM for a reason: what its vCPUs have counted, while it has them, and what was kept of those it had. */
export function exitsBy(vm: Vm, reason: u32): u64 {
  let exits = load<u64>(exitCount(vm, reason))
  if (vm.state != VmState.Running && vm.state != VmState.Paused) return exits
  for (let i: u32 = 0; i < vm.vcpuCount; i++) exits += load<u64>(vcpuExits(vcpuAt(vm, i), reason))
  return exits
}

/** The VM's vCPUs begin anew, or go: what they have counted is kept. */
export function keepCounts(vm: Vm): void {
  for (let reason: u32 = 0; reason < Exit.Count; reason++) store<u64>(exitCount(vm, reason), exitsBy(vm, reason))
}

/** Forgets the counts of an earlier run. */
export function clearCounts(vm: Vm): void {
  vm.unbacked = 0
  memory.fill(exitCount(vm, 0), 0, Exit.Count << 3)
}
