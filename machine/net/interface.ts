/** A network interface of the VM as a virtio device: what it is and what it keeps. VIRTIO 1.2, 5.1.2 to 5.1.4. */
import { ConfigNumber, number as configNumber } from '../../capability/config'
import { accept, NetNumber, NetOffload, NetQueueLimit, NetRing, number } from '../../capability/net'
import { DeviceStatus, RingEventIndex, RingIndirectDescriptors, RingPacked, RingReset, Version1 } from '../../capability/virtio'
import * as net from '../../capability/virtionet'
import { Configuration, LinkStatus } from '../../capability/virtionet'
import { Slot } from '../addresses'
import { FunctionSpaceBytes } from '../pci/function'
import { configurationChanged, queueAt, VirtioDevice } from '../virtio/device'
import { QueueBytes } from '../virtio/queue'
import { DeviceType } from '../virtio/registers'
import { plugIn } from '../virtio/transport'
import { Coalescing, CoalescingBytes, resetCoalescing } from './coalescing'
import { Filter, FilterBytes, resetFilter } from './filter'
import { make as makeRing, reset as resetRing, Ring, RingBytes } from './ring'

/** Most interfaces of a VM: what it has more of it is not shown. */
export const InterfaceLimit: u32 = 8
const VectorBytes: u32 = 16

@unmanaged export class Interface extends VirtioDevice {
  number: u32 //        as capability/net.ts has it
  pairs: u32 //         of queues, at most
  activePairs: u32 //   that the driver receives by
  told: u32 //          what the nucleus was told last: NetOffload | pairs << 16
  waiting: u32 //       bit n: queue n has chains for which there was no room, or no time
  turn: u32 //          the queue that is served first of those that wait
  answered: u32 //      bit n: queue n has chains that the driver has not been shown
  rings: usize //       Ring for what is sent, then one for each queue that receives
  filter: Filter
  coalescing: Coalescing
  guestOffloads: u64 // features of those accepted that the driver wants now
}

const interfaces: usize = memory.data(InterfaceLimit * sizeof<usize>(), 4)

@inline export function interfaceAt(index: u32): Interface { return load<Interface>(interfaces + (<usize>index << 2)) }
@inline export function ringAt(it: Interface, ring: u32): Ring { return changetype<Ring>(it.rings + <usize>ring * RingBytes) }

/** Plugs interface `index` in, as after power-on; with what it does when a queue has something, and when the driver wants it back. */
export function plugInterface(index: u32, notified: (device: VirtioDevice, queue: u32) => void, recall: (device: VirtioDevice, queue: u32) => void): void {
  if (changetype<usize>(interfaceAt(index)) == 0) make(index)
  const it = interfaceAt(index)
  // One pair of queues for each processor that there can be, and the control queue. 5.1.2.
  it.pairs = min(max(<u32>configNumber(ConfigNumber.MaxVcpus), 1), NetQueueLimit)
  it.queueCount = it.pairs * 2 + 1
  it.notified = notified
  it.recall = recall
  it.generation = 0
  it.answered = 0
  for (let ring: u32 = 0; ring <= it.pairs; ring++) resetRing(ringAt(it, ring))
  describe(it)
  forgetDriver(it)
  it.told = 0
  accept(it.number, 0, 0)
  plugIn(it, Slot.FirstInterface + index, DeviceType.Network, it.table)
}

/** Its memory, which stays. */
function make(index: u32): void {
  const it = changetype<Interface>(heap.alloc(offsetof<Interface>()))
  memory.fill(changetype<usize>(it), 0, offsetof<Interface>())
  it.number = index
  it.space = heap.alloc(FunctionSpaceBytes)
  it.queues = heap.alloc((NetQueueLimit * 2 + 1) * QueueBytes)
  memory.fill(it.queues, 0, (NetQueueLimit * 2 + 1) * QueueBytes)
  it.table = heap.alloc((NetQueueLimit * 2 + 2) * VectorBytes)
  it.configuration = heap.alloc(Configuration.Bytes)
  it.configurationBytes = Configuration.Bytes
  it.filter = changetype<Filter>(heap.alloc(FilterBytes))
  it.coalescing = changetype<Coalescing>(heap.alloc(CoalescingBytes))
  it.rings = heap.alloc((NetQueueLimit + NetRing.FirstReceive) * RingBytes)
  for (let ring: u32 = 0; ring < NetQueueLimit + NetRing.FirstReceive; ring++) makeRing(ringAt(it, ring), index, ring)
  store<Interface>(interfaces + (<usize>index << 2), it)
}

/** What it offers, and its configuration. */
function describe(it: Interface): void {
  it.offered = Version1 | RingIndirectDescriptors | RingEventIndex | RingPacked | RingReset | net.Checksum | net.GuestChecksum | net.GuestOffloads | net.MaximumUnit | net.MacAddress |
    net.GuestTso4 | net.GuestTso6 | net.GuestEcn | net.HostTso4 | net.HostTso6 | net.HostEcn | net.MergeBuffers | net.Status | net.ControlQueue | net.ControlReceive | net.ControlVlan |
    net.ControlReceiveExtra | net.GuestAnnounce | net.ControlMac | net.NotificationCoalescing
  it.legacyNeeds = net.MergeBuffers
  if (it.pairs > 1) it.offered |= net.MultipleQueues
  memory.fill(it.configuration, 0, Configuration.Bytes)
  store<u16>(it.configuration + Configuration.MaximumPairs, it.pairs)
  store<u16>(it.configuration + Configuration.MaximumUnit, <u16>number(it.number, NetNumber.MaximumBytes))
}

/** What a driver has set is as after a reset. */
export function forgetDriver(it: Interface): void {
  it.activePairs = 1
  it.waiting = 0
  it.turn = 0
  it.guestOffloads = u64.MAX_VALUE
  setStatus(it, linkUp(it))
  resetFilter(it.filter)
  resetCoalescing(it.coalescing)
  setMac(it, number(it.number, NetNumber.Mac))
}

/** Its address, the first byte lowest. */
export function setMac(it: Interface, mac: u64): void {
  it.filter.mac = mac
  store<u32>(it.configuration + Configuration.Mac, <u32>mac)
  store<u16>(it.configuration + Configuration.Mac + 4, <u16>(mac >> 32))
}

/** Features that the driver wants at the moment. */
@inline export function wanted(it: Interface): u64 { return it.accepted & it.guestOffloads }

/** The queue of commands. Without MULTIPLE QUEUES there is one pair before it. 5.1.2. */
export function controlQueueOf(it: Interface): u32 { return it.accepted & net.MultipleQueues ? it.pairs * 2 : 2 }

/** Tells the nucleus what the driver takes now, where that is news. */
export function tell(it: Interface): void {
  const wantedStatus = DeviceStatus.DriverOk | DeviceStatus.FeaturesOk
  const isReady = (it.status & (wantedStatus | DeviceStatus.NeedsReset | DeviceStatus.Failed)) == wantedStatus && !it.resetting
  const now = isReady ? offloadsOf(it) | it.activePairs << 16 : 0
  if (now == it.told) return
  it.told = now
  accept(it.number, now & 0xffff, now >> 16)
}

/** Segments come only to who completes their checksums (5.1.3.1). */
function offloadsOf(it: Interface): u32 {
  const features = wanted(it)
  let offloads: u32 = it.accepted & net.MergeBuffers ? NetOffload.Merge : 0
  if (!(features & net.GuestChecksum)) return offloads
  if (features & net.GuestTso4) offloads |= NetOffload.SegmentIpv4
  if (features & net.GuestTso6) offloads |= NetOffload.SegmentIpv6
  if (features & net.GuestEcn) offloads |= NetOffload.SegmentCongestion
  return offloads
}

@inline function linkUp(it: Interface): u32 { return number(it.number, NetNumber.Link) != 0 ? LinkStatus.Up : 0 }
@inline function status(it: Interface): u32 { return load<u16>(it.configuration + Configuration.Status) }
@inline function setStatus(it: Interface, value: u32): void { store<u16>(it.configuration + Configuration.Status, value) }

/** The driver has told the network where it is. */
export function announced(it: Interface): void { setStatus(it, status(it) & ~LinkStatus.Announce) }

/** Shows the driver that the link has changed. When it comes up the network may be another: the driver is to say where it is (5.1.6.5.4). */
export function followLink(it: Interface): void {
  const up = linkUp(it)
  if ((status(it) & LinkStatus.Up) == up) return
  setStatus(it, up != 0 && it.accepted & net.GuestAnnounce ? up | LinkStatus.Announce : up)
  if (it.accepted & net.Status) configurationChanged(it)
}
