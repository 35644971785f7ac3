/** Frames on their way: what ports offer is taken for the switch, and what the switch delivers is copied, once, from the sender's memory into the receiver's. On the first CPU. */
import { NetFrameLimit, NetOffload, NetRing, NetSlot } from '../../capability/net'
import { Delivery, HeadLimit, PortLimit, SwitchFrame } from '../../capability/switch'
import { acquire, release } from '../cpu/lock'
import * as hw from '../hw'
import { Sandbox } from '../sandbox/sandbox'
import { networkLock, offering, Port, portAt, PortWords, Ring } from './port'
import { begin, beginAt, finish, move, pass, Walk, WalkBytes } from './walk'

/** Frames that the switch can have at once. */
export const TakenLimit: u32 = 64
/** virtio_net_hdr. */
const LeastBytes: u32 = 12

/** A frame that the switch has. */
@unmanaged class Taken {
  port: u32
  index: u32 // of its slot
  epoch: u32 // of the ring
  bytes: u32
}
const taken: usize = memory.data(16 * 64, 8) // TakenLimit
let takenCount: u32 = 0
@inline function takenAt(index: u32): Taken { return changetype<Taken>(taken + (<usize>index << 4)) }

/** Sets of ports: those that may have frames, those whose frames are to wait, and those with something done of which they have to be told. */
const pending: usize = memory.data(8 * 4, 8)
const paused: usize = memory.data(8 * 4, 8)
export const progressed: usize = memory.data(8 * 4, 8)
/** Whose turn it is. */
let nextPort: u32 = 0

const slot = changetype<NetSlot>(memory.data(16, 8))
const source = changetype<Walk>(memory.data(WalkBytes, 8))
const target = changetype<Walk>(memory.data(WalkBytes, 8))
const head = changetype<Walk>(memory.data(WalkBytes, 8))
const told = changetype<SwitchFrame>(memory.data(16, 8))

@inline function wordOf(set: usize, port: u32): usize { return set + (<usize>(port >> 6) << 3) }
@inline function bitOf(port: u32): u64 { return <u64>1 << (port & 63) }
@inline export function add(set: usize, port: u32): void { store<u64>(wordOf(set, port), load<u64>(wordOf(set, port)) | bitOf(port)) }
@inline function remove(set: usize, port: u32): void { store<u64>(wordOf(set, port), load<u64>(wordOf(set, port)) & ~bitOf(port)) }

/** Frames of a port wait until the switch says otherwise. */
export function setPaused(port: u32, is: bool): void {
  if (is) add(paused, port)
  else remove(paused, port)
}

/** True when a port may have a frame for the switch. */
export function areFrames(): bool {
  let any: u64 = 0
  for (let word: u32 = 0; word < PortWords; word++) {
    const at = pending + (<usize>word << 3)
    if (load<u64>(offering(word)) != 0) store<u64>(at, load<u64>(at) | hw.exchange64(offering(word), 0))
    any |= load<u64>(at) & ~load<u64>(paused + (<usize>word << 3))
  }
  return any != 0
}

/** The switch is another: it has no frames, and no port waits for it. */
export function forgetSwitch(): void {
  endTaken()
  memory.fill(paused, 0, 8 * PortWords)
}

/** The switch has done with what it has. */
export function endTaken(): void {
  acquire(networkLock())
  for (let i: u32 = 0; i < takenCount; i++) {
    const frame = takenAt(i)
    const port = portAt(frame.port)
    const ring = port.ring(NetRing.Send)
    if (ring.epoch != frame.epoch) continue
    port.taken--
    hw.publish32(changetype<usize>(ring) + offsetof<Ring>('done'), ring.done + 1)
    add(progressed, frame.port)
  }
  release(networkLock())
  takenCount = 0
}

/** Who sent one of the frames that the switch has; null when it has none, or that one has gone. */
export function senderOf(turn: u32): Sandbox | null {
  if (takenCount == 0) return null
  const port = portAt(takenAt(turn % takenCount).port)
  return port.subject == 0 ? null : port.box
}

/** Copies the beginning of the next frame to `place` of the switch's memory; false when there is none. */
export function takeNext(box: Sandbox, place: usize): bool {
  const number = takenCount < TakenLimit ? nextSender() : PortLimit
  if (number == PortLimit) return false
  acquire(networkLock())
  const is = takeFrom(number, box, place)
  release(networkLock())
  return is
}

/** The next port that may have a frame, each in its turn; PortLimit when there is none. */
function nextSender(): u32 {
  for (let step: u32 = 0; step <= PortWords; step++) {
    const word = nextPort >> 6
    const ready = load<u64>(pending + (<usize>word << 3)) & ~load<u64>(paused + (<usize>word << 3)) & (u64.MAX_VALUE << (nextPort & 63))
    if (ready == 0) {
      nextPort = (word + 1) % PortWords << 6
      continue
    }
    const number = word << 6 | <u32>ctz(ready)
    const ring = portAt(number).ring(NetRing.Send)
    nextPort = (number + 1) % PortLimit
    if (ring.done + portAt(number).taken != ring.offered) return number
    remove(pending, number)
    step = 0
  }
  return PortLimit
}

/** A frame that is not what it says becomes one of zeros, which the switch drops and counts. */
function takeFrom(number: u32, box: Sandbox, place: usize): bool {
  const port = portAt(number)
  const ring = port.ring(NetRing.Send)
  const frame = takenAt(takenCount)
  frame.index = ring.done + port.taken
  if (port.subject == 0 || frame.index == ring.offered) return false
  begin(source, port, ring, frame.index, slot)
  frame.port = told.port = number
  frame.epoch = ring.epoch
  frame.bytes = told.bytes = max(min(slot.bytes, NetFrameLimit), LeastBytes)
  told.seen = min(frame.bytes, HeadLimit)
  hw.copyToVirtual(box.linear + place, changetype<usize>(told), 16)
  beginAt(target, box, place + 16, told.seen)
  for (let left: u64 = told.seen; left != 0;) {
    const count = move(target, source, left)
    if (count == 0) {
      hw.copyToVirtual(box.linear + place + 16, zeros, told.seen)
      break
    }
    left -= count
  }
  port.taken++
  takenCount++
  return true
}
const zeros: usize = memory.data(HeadLimit)

/** Carries a delivery out; false when the receiver has no room, or a guest took back what it had given. */
export function deliver(delivery: Delivery, box: Sandbox): bool {
  if (delivery.port >= PortLimit || delivery.frame >= takenCount) return false
  acquire(networkLock())
  const is = copyFrame(delivery, box, takenAt(delivery.frame), portAt(delivery.port))
  release(networkLock())
  if (is) add(progressed, delivery.port)
  return is
}

function copyFrame(delivery: Delivery, box: Sandbox, frame: Taken, to: Port): bool {
  const from = portAt(frame.port)
  const sent = from.ring(NetRing.Send)
  const bytes = <u64>delivery.headBytes + delivery.bytes
  if (to.queues == 0 || bytes < LeastBytes || sent.epoch != frame.epoch || <u64>delivery.from + delivery.bytes > frame.bytes || delivery.headBytes > HeadLimit + 4) return false
  const ring = to.ring(NetRing.FirstReceive + delivery.hash % to.queues)
  if (ring.done == ring.offered) return false
  beginAt(head, box, delivery.head, delivery.headBytes)
  begin(source, from, sent, frame.index, slot)
  if (!pass(source, delivery.from)) return false
  begin(target, to, ring, ring.done, slot)
  let index = ring.done
  let filled: u32 = 0
  for (let left = bytes; left != 0;) {
    const isHead = left > delivery.bytes
    const count = move(target, isHead ? head : source, isHead ? left - delivery.bytes : left)
    if (count == 0) return false
    if (count != u64.MAX_VALUE) {
      filled += <u32>count
      left -= count
      continue
    }
    // This buffer is full: another goes on where it may, and there is one.
    if ((to.offloads & NetOffload.Merge) == 0 || index + 1 == ring.offered) return false
    if (index != ring.done) finish(target, index, filled, 0)
    else firstBytes = filled
    filled = 0
    begin(target, to, ring, ++index, slot)
  }
  if (index != ring.done) finish(target, index, filled, 0)
  finish(target, ring.done, index == ring.done ? filled : firstBytes, index + 1 - ring.done)
  hw.publish32(changetype<usize>(ring) + offsetof<Ring>('done'), index + 1)
  return true
}
/** Bytes in the first buffer of a frame that has several. */
let firstBytes: u32 = 0
