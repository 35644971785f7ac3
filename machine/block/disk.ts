/** A disk of the VM as a virtio device: what it is and what it keeps. VIRTIO 1.2, 5.2.3 and 5.2.4. */
import { ConfigNumber, number as configNumber } from '../../capability/config'
import { DiskNumber, DiskSegmentLimit, number } from '../../capability/disk'
import { RingEventIndex, RingIndirectDescriptors, RingPacked, RingReset, Version1 } from '../../capability/virtio'
import { Slot } from '../addresses'
import { FunctionSpaceBytes } from '../pci/function'
import { VirtioDevice } from '../virtio/device'
import { QueueBytes } from '../virtio/queue'
import { DeviceType } from '../virtio/registers'
import { plugIn } from '../virtio/transport'
import { BlockSize, Configuration, Discard, Flush, MultipleQueues, ReadOnly, SectorBytes, SegmentMaximum, Topology, WriteZeroes } from './registers'
import { resetRequests, TableBytes } from './request'

/** Most disks of a VM: what it has more of it is not shown. */
export const DiskLimit: u32 = 8
const QueuesOfDisk: u32 = 8
const VectorBytes: u32 = 16
/** Sectors of one Discard or WriteZeroes: 2 GiB. */
export const ExtentLimit: u32 = 1 << 22

@unmanaged export class Disk extends VirtioDevice {
  number: u32 //    as capability/disk.ts has it
  waiting: u32 //   bit n: queue n has requests for which there was no room, or no time
  answered: u32 //  bit n: queue n has answers that the driver has not been shown
  requests: usize // the table of request.ts
  free: u32 //      the first request of it that is not under way
  unflushed: u32 // the first whose data is written and to be flushed
}

const disks: usize = memory.data(DiskLimit * sizeof<usize>(), 4)

@inline export function diskAt(index: u32): Disk { return load<Disk>(disks + (<usize>index << 2)) }

/** Plugs disk `index` in, as after power-on; `notified` is what it does when a queue has something. */
export function plugDisk(index: u32, notified: (device: VirtioDevice, queue: u32) => void): void {
  // One queue for each processor that there can be. 5.2.2.
  const queueCount = min(max(<u32>configNumber(ConfigNumber.MaxVcpus), 1), QueuesOfDisk)
  if (changetype<usize>(diskAt(index)) == 0) make(index)
  const disk = diskAt(index)
  disk.waiting = 0
  disk.answered = 0
  disk.queueCount = queueCount
  disk.recall = (device: VirtioDevice, queue: u32) => {} // what a disk was asked for, it carries out
  disk.notified = notified
  resetRequests(disk)
  describe(disk)
  plugIn(disk, Slot.FirstDisk + index, DeviceType.Block, disk.table)
}

/** Its memory, which stays. */
function make(index: u32): void {
  const disk = changetype<Disk>(heap.alloc(offsetof<Disk>()))
  memory.fill(changetype<usize>(disk), 0, offsetof<Disk>())
  disk.number = index
  disk.space = heap.alloc(FunctionSpaceBytes)
  disk.queues = heap.alloc(QueuesOfDisk * QueueBytes)
  disk.table = heap.alloc((QueuesOfDisk + 1) * VectorBytes)
  disk.configuration = heap.alloc(Configuration.Bytes)
  disk.configurationBytes = Configuration.Bytes
  disk.requests = heap.alloc(TableBytes)
  store<Disk>(disks + (<usize>index << 2), disk)
}

/** What it offers, and its configuration. */
function describe(disk: Disk): void {
  const logical = <u32>number(disk.number, DiskNumber.LogicalBlockBytes)
  const physical = <u32>number(disk.number, DiskNumber.PhysicalBlockBytes)
  const readOnly = number(disk.number, DiskNumber.ReadOnly) != 0
  disk.offered = Version1 | RingIndirectDescriptors | RingEventIndex | RingPacked | RingReset | SegmentMaximum | BlockSize | Topology | Flush
  memory.fill(disk.configuration, 0, Configuration.Bytes)
  store<u64>(disk.configuration + Configuration.Capacity, number(disk.number, DiskNumber.Sectors))
  set(disk, Configuration.SegmentMaximum, DiskSegmentLimit)
  set(disk, Configuration.BlockSize, logical)
  store<u8>(disk.configuration + Configuration.PhysicalBlockExponent, physical > logical ? 31 - clz(physical / logical) : 0)
  store<u16>(disk.configuration + Configuration.MinimumIoSize, max(physical / logical, 1))
  store<u16>(disk.configuration + Configuration.QueueCount, disk.queueCount)
  if (disk.queueCount > 1) disk.offered |= MultipleQueues
  if (readOnly) disk.offered |= ReadOnly
  else if (number(disk.number, DiskNumber.CanDiscard)) {
    disk.offered |= Discard | WriteZeroes
    set(disk, Configuration.MaximumDiscardSectors, ExtentLimit)
    set(disk, Configuration.MaximumDiscardSegments, 1)
    set(disk, Configuration.DiscardSectorAlignment, max(logical, physical) / SectorBytes)
    set(disk, Configuration.MaximumWriteZeroesSectors, ExtentLimit)
    set(disk, Configuration.MaximumWriteZeroesSegments, 1)
  }
}

@inline function set(disk: Disk, field: u32, value: u32): void { store<u32>(disk.configuration + field, value) }
