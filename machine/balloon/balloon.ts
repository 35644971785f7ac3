/**
 * The memory balloon of a VM, virtio-balloon: VIRTIO 1.2, 5.5. Its driver gives back pages that the guest does without, and takes them again; whole blocks of 2 MiB go to
 * the nucleus, and come back before the driver hears that it may use them. What the driver reports to be free goes, too, where the configuration has it so.
 */
import * as clock from '../../capability/clock'
import { ConfigNumber, number, VirtualDevice } from '../../capability/config'
import { MemoryReport, report, size } from '../../capability/ram'
import { RingEventIndex, RingIndirectDescriptors, RingPacked, RingReset, Version1 } from '../../capability/virtio'
import { Deadline, Never, setDeadline, ShortestPeriod } from '../deadlines'
import { FunctionSpaceBytes } from '../pci/function'
import { isRam } from '../ram'
import { expectAbsence } from '../virtio/absent'
import { Chain, ChainBytes, ChainName, read, readableBytes } from '../virtio/chain'
import { configurationChanged, drop, finish, mayServe, queueAt, VirtioDevice } from '../virtio/device'
import { Queue, QueueBytes, Taken } from '../virtio/queue'
import { DeviceType } from '../virtio/registers'
import { plugIn } from '../virtio/transport'
import { give, ignore, listen, refuse, take, takeAny } from '../virtio/virtqueue'
import { advance, advanceAt, exchanged, expire, has, isTaking, releaseSoon, resetExchange, returnAll } from './exchange'
import * as given from './given'
import { BalloonQueue, Configuration, MustTellHost, PageReporting, PageShift, StatisticsQueue } from './registers'
import { advanceReport, beginReport, isReporting, reported, resetReporting } from './reporting'
import { reportStatistics } from './statistics'

/** Most pages that one chain names; drivers name 256, or 1024. */
const PagesOfChain: u32 = 4096
/** Chains of one call. What waits beyond them is served a little later, so that no guest keeps the processor here. */
const ChainsOfCall: u32 = 16
/** Nanoseconds between two statistics. */
const StatisticsPeriod: u64 = 2_000_000_000

const storage = memory.data(offsetof<VirtioDevice>(), 8)
const space = memory.data(FunctionSpaceBytes, 8)
const queues = memory.data(BalloonQueue.Count * QueueBytes, 8)
const vectors = memory.data(80, 8) // of the queues and of the configuration
const configuration = memory.data(Configuration.Bytes, 8)
const chain = changetype<Chain>(memory.data(ChainBytes, 8))
const pages: usize = memory.data(PagesOfChain << 2, 8)

/** The chain of pages that the guest is to have again, not all of which have come; `returningCount` is 0 without one. */
const returning = changetype<ChainName>(memory.data(offsetof<ChainName>(), 8))
const returningPages: usize = memory.data(PagesOfChain << 2, 8)
let returningCount: u32 = 0
let returningNext: u32 = 0 // what comes before has come

/** The driver's buffer for the next statistics, once it has given one. */
const statistics = changetype<ChainName>(memory.data(offsetof<ChainName>(), 8))
let hasStatistics = false
let statisticsAt: u64 = Never
let busyAt: u64 = Never // when what waits beyond one call's chains is served
let holdsReset = false //  until the nucleus has what it is about to take, after which the guest may use it
let isPlugged = false

@inline function device(): VirtioDevice { return changetype<VirtioDevice>(storage) }

/** Plugs it into `slot`, as after power-on. */
export function plug(slot: u32): void {
  if (!isPlugged) given.prepare()
  isPlugged = true
  device().space = space
  device().queues = queues
  const reports = (number(ConfigNumber.Devices) & VirtualDevice.MemoryReporting) != 0
  device().queueCount = reports ? BalloonQueue.Count : BalloonQueue.Reporting
  device().offered = Version1 | RingIndirectDescriptors | RingEventIndex | RingPacked | RingReset | MustTellHost | StatisticsQueue | (reports ? PageReporting : 0)
  device().configuration = configuration
  device().configurationBytes = Configuration.Bytes
  device().writableBytes = Configuration.Bytes - Configuration.Actual
  device().recall = (target: VirtioDevice, queue: u32) => { recall(queue) }
  device().notified = (target: VirtioDevice, queue: u32) => {
    serve(queue)
    proceed()
  }
  memory.fill(configuration, 0, Configuration.Bytes)
  store<u32>(configuration + Configuration.Pages, wantedPages())
  given.forget()
  resetExchange()
  resetReporting()
  expectAbsence()
  returningCount = 0
  hasStatistics = holdsReset = false
  statisticsAt = busyAt = Never
  plugIn(device(), slot, DeviceType.Balloon, vectors)
}

/** What the nucleus was asked for has been done, or the administrator wants another size. */
export function memoryChanged(): void {
  if (!isPlugged) return
  exchanged()
  if (holdsReset && !isTaking()) {
    holdsReset = false
    returnAll()
    drop(device(), queueAt(device(), BalloonQueue.Inflate))
  }
  const wanted = wantedPages()
  if (wanted != load<u32>(configuration + Configuration.Pages)) {
    store<u32>(configuration + Configuration.Pages, wanted)
    configurationChanged(device())
  }
  proceed()
}

/** A deadline has come. */
export function tick(): void {
  const now = clock.now()
  if (busyAt <= now) {
    busyAt = Never
    for (let index: u32 = 0; index < device().queueCount; index++) if (index != BalloonQueue.Statistics) serve(index)
  }
  if (statisticsAt <= now) {
    statisticsAt = Never
    askStatistics()
  }
  proceed()
}

/** Pages that the driver is to give back: what the VM has beyond what it is to keep. */
function wantedPages(): u32 {
  const wanted = number(ConfigNumber.MemoryWanted)
  return wanted < size() ? <u32>(size() - wanted >> PageShift) : 0
}

/** A driver that does not tell before it uses what it gave could not be told from one that uses it by mistake: nothing of its is taken. */
@inline function isFollowing(): bool { return (device().accepted & MustTellHost) != 0 }

/** Goes on with what waits for the nucleus, or for its time. */
function proceed(): void {
  expire()
  if (returningCount != 0 && returnPages()) serve(BalloonQueue.Deflate)
  advance()
  if (isReporting() && advanceReport(device(), queueAt(device(), BalloonQueue.Reporting))) serve(BalloonQueue.Reporting)
  report(MemoryReport.Given, <u64>load<u32>(configuration + Configuration.Actual) << PageShift)
  setDeadline(Deadline.Balloon, min(min(advanceAt(), statisticsAt), busyAt))
}

/** Takes what a queue has. */
function serve(index: u32): void {
  const queue = queueAt(device(), index)
  if (!mayServe(device(), queue)) return
  report(MemoryReport.Follows, u64(isFollowing()))
  ignore(queue)
  if (index == BalloonQueue.Reporting) takeAny(queue)
  for (let served: u32 = 0; !isUnderWay(index); served++) {
    if (served == ChainsOfCall) {
      busyAt = clock.now() + ShortestPeriod
      break
    }
    const taken = take(queue, index == BalloonQueue.Reporting ? reported : chain)
    if (taken == Taken.Chain) begin(queue, index)
    else if (taken == Taken.Fault || !listen(queue)) break
  }
  finish(device(), queue)
}

/** True while a queue's next chain waits for the one before. */
function isUnderWay(index: u32): bool { return index == BalloonQueue.Deflate ? returningCount != 0 : index == BalloonQueue.Reporting && isReporting() }

/** Does what a chain is for. */
function begin(queue: Queue, index: u32): void {
  if (index == BalloonQueue.Reporting) {
    beginReport()
    advanceReport(device(), queue)
    return
  }
  if (index == BalloonQueue.Statistics) {
    // A driver has one, and one more would never come back.
    if (hasStatistics) return give(queue, chain, 0)
    if (readableBytes(chain) != 0) reportStatistics(chain)
    keep(statistics)
    hasStatistics = true
    statisticsAt = clock.now() + StatisticsPeriod
    return
  }
  const length = readableBytes(chain)
  const isInflating = index == BalloonQueue.Inflate
  if (length > PagesOfChain << 2 || length & 3 || !read(chain, 0, isInflating ? pages : returningPages, <u32>length)) return refuse(queue)
  if (isInflating) {
    if (isFollowing()) givePages(<u32>length >> 2)
    return give(queue, chain, 0)
  }
  keep(returning)
  returningCount = <u32>length >> 2
  returningNext = 0
  for (let n: u32 = 0; n < returningCount; n++) given.take(load<u32>(returningPages + (<usize>n << 2)))
  returnPages()
}

/** The guest does without these. */
function givePages(count: u32): void {
  for (let n: u32 = 0; n < count; n++) if (given.give(load<u32>(pages + (<usize>n << 2)))) releaseSoon()
}

/** The driver gets the chain back when all of its pages are there: true. */
function returnPages(): bool {
  for (; returningNext < returningCount; returningNext++) {
    const gpa = <u64>load<u32>(returningPages + (<usize>returningNext << 2)) << PageShift
    if (isRam(gpa, 1) && !has(gpa)) return false
  }
  returningCount = 0
  give(queueAt(device(), BalloonQueue.Deflate), returning, 0)
  return true
}

/** Gives the driver its buffer back, to be filled anew. */
function askStatistics(): void {
  const queue = queueAt(device(), BalloonQueue.Statistics)
  if (!hasStatistics || !mayServe(device(), queue)) return
  hasStatistics = false
  give(queue, statistics, 0)
  finish(device(), queue)
}

function keep(name: ChainName): void {
  name.id = chain.id
  name.slots = chain.slots
}

/** The driver wants a queue back. With the whole device goes what it had given: the next driver knows nothing of it. */
function recall(index: u32): void {
  const queue = queueAt(device(), index)
  if (index == BalloonQueue.Inflate && device().resetting) {
    given.forget()
    returnAll()
    store<u32>(configuration + Configuration.Actual, 0)
    report(MemoryReport.Follows, 0)
    for (let key = MemoryReport.Reported; key < MemoryReport.Count; key++) report(key, 0)
    if (isTaking() && !holdsReset) {
      holdsReset = true
      queue.underWay++
    }
  }
  if (index == BalloonQueue.Deflate && returningCount != 0) {
    returningCount = 0
    drop(device(), queue)
  }
  if (index == BalloonQueue.Statistics && hasStatistics) {
    hasStatistics = false
    drop(device(), queue)
  }
  proceed()
}
