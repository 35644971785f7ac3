/**
 * The disks of a VM, virtio-blk: VIRTIO 1.2, 5.2. A request goes to the disk with its data where the driver has it, many at a time, and comes back when it
 * is carried out, in any order. What finds no room waits in its queue.
 */
import * as clock from '../../capability/clock'
import { completed, count, DiskOperation, DiskStatus, submit } from '../../capability/disk'
import * as ram from '../../capability/ram'
import { Deadline, Never, setDeadline, ShortestPeriod } from '../deadlines'
import { Chain, ChainBytes } from '../virtio/chain'
import { drop, finish, isAbandoned, mayServe, queueAt, VirtioDevice } from '../virtio/device'
import { Queue, Taken } from '../virtio/queue'
import { give, ignore, listen, putBack, refuse, take } from '../virtio/virtqueue'
import * as demand from './demand'
import { Disk, diskAt, DiskLimit, plugDisk } from './disk'
import { BlockStatus, Flush } from './registers'
import { diskOf, indexOf, None, release, requestAt, tagOf } from './request'

/** Requests of one queue and call. What waits beyond them is served a little later, so that no guest keeps the processor here. */
const RequestsOfCall: u32 = 64

const chain = changetype<Chain>(memory.data(ChainBytes, 8))
let diskCount: u32 = 0
let turn: u32 = 0

/** Plugs the VM's disks in, as after power-on. */
export function plug(): void {
  diskCount = min(count(), DiskLimit)
  for (let index: u32 = 0; index < diskCount; index++) plugDisk(index, (device: VirtioDevice, queue: u32) => { serve(changetype<Disk>(device), queue) })
}

/** Requests have been carried out: the disks get what waits for room, then the driver gets the answers, with one interrupt for each queue. */
export function diskCompleted(): void {
  for (let answer = completed(); answer >= 0; answer = completed()) {
    const tag = <u32>answer
    conclude(diskAt(diskOf(tag)), indexOf(tag), <u32>(answer >> 32))
  }
  resume()
  for (let index: u32 = 0; index < diskCount; index++) show(diskAt(index))
}

/** What waited longer than one call may take. */
export function tick(): void {
  setDeadline(Deadline.Block, Never)
  resume()
}

/** Serves what waits, each time beginning with another disk and another queue, so that none keeps the others out. */
function resume(): void {
  turn++
  for (let step: u32 = 0; step < diskCount; step++) {
    const disk = diskAt((turn + step) % diskCount)
    const waiting = disk.waiting
    disk.waiting = 0
    flushWritten(disk)
    for (let queue: u32 = 0; queue < disk.queueCount; queue++) {
      const next = (turn + queue) % disk.queueCount
      if (waiting >> next & 1) serve(disk, next)
    }
  }
}

/** Takes what a queue has. */
function serve(disk: Disk, index: u32): void {
  const queue = queueAt(disk, index)
  if (!mayServe(disk, queue)) return
  if (disk.waiting != 0 || disk.unflushed != None) { // others were here before
    disk.waiting |= 1 << index
    return
  }
  ignore(queue)
  for (let served: u32 = 0; ; served++) {
    if (served == RequestsOfCall) {
      disk.waiting |= 1 << index
      setDeadline(Deadline.Block, clock.now() + ShortestPeriod)
      break
    }
    const taken = take(queue, chain)
    if (taken == Taken.Chain) {
      if (begin(disk, queue, index)) continue
      disk.waiting |= 1 << index
      break
    } else if (taken == Taken.Fault || !listen(queue)) break
  }
  finish(disk, queue)
}

/** Has the disk do what the chain asks for, or answers at once; false when there is no room, and the chain has been put back. */
function begin(disk: Disk, queue: Queue, index: u32): bool {
  if (!demand.frame(chain)) {
    refuse(queue)
    return true
  }
  const status = demand.understand(disk, chain)
  if (status != demand.AskDisk) {
    ram.write8(demand.statusAt, status)
    give(queue, chain, demand.written + 1)
    return true
  }
  const free = disk.free
  if (free == None || !submit(disk.number, demand.operation, tagOf(disk, free), demand.sector, demand.sectors, demand.segments, demand.segmentCount)) {
    putBack(queue, chain)
    return false
  }
  const request = requestAt(disk, free)
  disk.free = request.next
  request.id = chain.id
  request.slots = chain.slots
  request.statusAt = demand.statusAt
  request.queue = index
  request.operation = demand.operation
  request.written = demand.written
  return true
}

/** A request has been carried out. Of one that failed nothing is said to be written but its status. */
function conclude(disk: Disk, index: u32, status: u32): void {
  const request = requestAt(disk, index)
  const queue = queueAt(disk, request.queue)
  const abandoned = isAbandoned(disk, queue)
  if (!abandoned && status == DiskStatus.Ok && mustFlush(disk, request.operation)) {
    request.next = disk.unflushed
    disk.unflushed = index
    return
  }
  release(disk, index)
  if (abandoned) {
    drop(disk, queue)
    return
  }
  ram.write8(request.statusAt, status == DiskStatus.Ok ? BlockStatus.Ok : status == DiskStatus.Unsupported ? BlockStatus.Unsupported : BlockStatus.IoError)
  give(queue, request, status == DiskStatus.Ok ? request.written + 1 : 1)
  disk.answered |= 1 << request.queue
}

/** A driver that does not flush relies on what was written to stay. 5.2.6.2. */
function mustFlush(disk: Disk, operation: u32): bool {
  return !(disk.accepted & Flush) && (operation == DiskOperation.Write || operation == DiskOperation.WriteZeroes)
}

/** Has flushed for it what was written, as far as there is room. */
function flushWritten(disk: Disk): void {
  while (disk.unflushed != None) {
    const request = requestAt(disk, disk.unflushed)
    if (!submit(disk.number, DiskOperation.Flush, tagOf(disk, disk.unflushed), 0, 0, 0, 0)) return
    request.operation = DiskOperation.Flush
    disk.unflushed = request.next
  }
}

function show(disk: Disk): void {
  for (let answered = disk.answered; answered != 0; answered &= answered - 1) finish(disk, queueAt(disk, ctz(answered)))
  disk.answered = 0
}
