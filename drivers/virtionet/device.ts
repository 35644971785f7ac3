/** A virtio network device as a card: what is agreed upon with it, and its queues. VIRTIO 1.2, 5.1.3 to 5.1.5. */
import { NetOffload } from '../../capability/net'
import { AccessPlatform, Common, DeviceStatus, OrderPlatform, Version1 } from '../../capability/virtio'
import {
  Checksum, Configuration, ControlQueue, ControlReceive, GuestChecksum, GuestEcn, GuestTso4, GuestTso6, HostEcn, HostTso4, HostTso6, LinkStatus, MacAddress, MaximumUnit, MergeBuffers,
  NetHeader, Status as HasStatus,
} from '../../capability/virtionet'
import { Exchange } from '../net/card'
import { card } from '../net/life'
import { PageBytes } from '../net/ring'
import { agree, agreed, entriesOf, finish, giveQueue, greet } from '../virtio/negotiate'
import { make, publish, setInterrupts } from '../virtio/queue'
import { config16, config32, hasMessages, isGone, readCommon8, releaseLine, writeCommon8 } from '../virtio/transport'
import { askForAll, forget, hearAnswer } from './control'
import { queueAt, QueueNumber, queuePages } from './queues'
import { exchangeReceived, prepareReceive } from './receive'
import { exchangeTransmitted, prepareTransmit } from './transmit'

/** Entries of a queue that frames of 64 KiB get through. */
const ShortestQueue: u32 = 32
/** What Ethernet carries, where a device says nothing else. */
const UsualBytes: u32 = 1500
const LeastBytes: u32 = 68
/** Addresses, tag and type. */
const LinkBytes: u32 = 18

/** Makes the card this device. */
export function install(): void {
  card().hasMessages = hasMessages
  card().reset = () => { writeCommon8(Common.DeviceStatus, 0) }
  card().isReset = () => readCommon8(Common.DeviceStatus) == 0
  card().isGone = () => isGone()
  card().prepare = () => prepare()
  card().begin = () => { begin() }
  card().exchange = () => exchange()
  card().listen = (wanted: bool) => { listen(wanted) }
  card().hear = () => { hear() }
  card().inspect = () => inspect()
}

@inline function has(feature: u64): bool { return (agreed & feature) != 0 }

function prepare(): string {
  const reason = agree(choose(greet()))
  if (reason.length) return reason
  if (!has(MacAddress)) return 'it has no hardware address'
  card().mac = config32(Configuration.Mac) | <u64>config16(Configuration.Mac + 4) << 32
  card().maximumBytes = has(MaximumUnit) ? config16(Configuration.MaximumUnit) : UsualBytes
  if (card().maximumBytes < LeastBytes) return 'its frames carry nothing'
  if (!has(MergeBuffers) || !has(Checksum)) card().maximumBytes = min(card().maximumBytes, PageBytes - NetHeader.Bytes - LinkBytes)
  card().offloads = has(Checksum) ? NetOffload.Merge : 0
  if (has(HostTso4)) card().offloads |= NetOffload.SegmentIpv4
  if (has(HostTso6)) card().offloads |= NetOffload.SegmentIpv6
  if (has(HostEcn)) card().offloads |= NetOffload.SegmentCongestion
  return giveQueues()
}

/** What is understood of what is offered, and needs nothing that is not (5.1.3.1). Without merged buffers a page has to be enough for whatever comes. */
function choose(offered: u64): u64 {
  let features = offered & (Version1 | AccessPlatform | OrderPlatform | MacAddress | HasStatus | Checksum | GuestChecksum | MergeBuffers | ControlQueue)
  if (features & ControlQueue) features |= offered & ControlReceive
  if (features & MergeBuffers) features |= offered & MaximumUnit
  if (features & MergeBuffers && features & GuestChecksum) features |= offered & (GuestTso4 | GuestTso6)
  if (features & (GuestTso4 | GuestTso6)) features |= offered & GuestEcn
  if (features & Checksum) features |= offered & (HostTso4 | HostTso6)
  if (features & (HostTso4 | HostTso6)) features |= offered & HostEcn
  return features
}

function giveQueues(): string {
  const count: u32 = has(ControlReceive) ? QueueNumber.Count : QueueNumber.Control
  for (let number: u32 = 0; number < count; number++) {
    const entries = entriesOf(number)
    if (entries < (number == QueueNumber.Control ? 2 : ShortestQueue)) return 'its queues are too short'
    make(queueAt(number), number, queuePages + <usize>number * 2 * PageBytes)
    const reason = giveQueue(queueAt(number), entries)
    if (reason.length) return reason
  }
  prepareReceive(has(MergeBuffers))
  prepareTransmit(has(Checksum))
  return ''
}

function begin(): void {
  finish()
  // Frames that have been sent are looked for.
  setInterrupts(queueAt(QueueNumber.Transmit), false)
  listen(!card().hasMessages)
  publish(queueAt(QueueNumber.Receive))
  if (has(ControlReceive)) askForAll()
  else forget()
}

/** Where its line leads the firmware says, if it says anything: until it was heard once the device holds it down for every frame, and is looked at. */
function hear(): void { if (releaseLine()) card().hasMessages = true }

function exchange(): u32 {
  const received = exchangeReceived()
  return received == Exchange.Nonsense ? received : max(received, exchangeTransmitted())
}

function listen(wanted: bool): void {
  setInterrupts(queueAt(QueueNumber.Receive), wanted)
  // Until a register has been read the device may not have seen that, and neither tell of a frame nor have it found.
  readCommon8(Common.DeviceStatus)
}

function inspect(): string {
  const status = readCommon8(Common.DeviceStatus)
  if (status & DeviceStatus.NeedsReset) return 'it asks to be reset'
  if (!(status & DeviceStatus.DriverOk)) return 'it has stopped by itself'
  hearAnswer()
  card().linkUp = !has(HasStatus) || (config16(Configuration.Status) & LinkStatus.Up) != 0
  return ''
}
