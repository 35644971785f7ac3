/**
 * Frames of 1,500 bytes from one of the VM's interfaces to the other, which has told the switch where it is: from the notification of a stream of them until the handler of the
 * interrupt that tells of the last one that has come begins. The guest waits in a loop, and what it executes there and in its handler is taken off. VIRTIO 1.2, 5.1.
 */
import { disableInterrupts, enableInterrupts, linear, load16, load64, load8, out16, readTsc, setGate, store16, store32, store64, store8 } from '../platform/hw'
import { enableApic } from '../platform/localapic'
import { median, setSample } from '../platform/samples'
import { flush, print, printDecimal, printField, printLine } from '../platform/serial'
import { agree, configuration, findVirtio, portOf, prepareQueue, sendMessages, startQueue, Version1 } from '../platform/virtio'
import { arrived, InstructionsOfHandler, InstructionsOfLook, lookFor, taken, timedHandler } from './code'
import { Vector } from './kinds'

@inline const NetworkDevice: u32 = 1
@inline const MacAddress: u64 = 1 << 5 // VIRTIO_NET_F_MAC
const HeaderBytes: u32 = 12
const FrameBytes: u32 = 1514
const Stream: u32 = 64
const QueueSize: u32 = 64
const Written: u32 = 2 // by the device
const NoInterrupt: u32 = 1
const WarmUp: u32 = 8
const Rounds: u32 = 64

/** Queues of both interfaces: the first one's are 0, which receives, and 1, which sends; then the second one's. */
const RingBytes: u32 = 2048
const rings: usize = memory.data(4 * RingBytes, 4096)
const BufferBytes: u32 = 1536
const buffers: usize = memory.data(2 * Stream * BufferBytes, 4096)
const next: usize = memory.data(4 * 4, 4)
const ports: usize = memory.data(4 * 4, 4)
const addresses: usize = memory.data(2 * 8, 8)

@inline function descriptors(queue: u32): u64 { return linear(rings) + queue * RingBytes }
@inline function driver(queue: u32): u64 { return descriptors(queue) + QueueSize * 16 }
@inline function device(queue: u32): u64 { return driver(queue) + 8 + QueueSize * 2 }
/** Those for what is sent, then those for what comes. */
@inline function bufferOf(queue: u32, slot: u32): u64 { return linear(buffers) + ((queue & 1) * Stream + slot) * BufferBytes }
@inline function offered(queue: u32): usize { return next + (<usize>queue << 2) }

const ticks: usize = memory.data(Rounds * 8, 8)
const interrupts: usize = memory.data(Rounds * 8, 8)

/** Prints `bench frames-N ticks=N interrupts=N` for N frames at once: medians, the ticks those of one. */
export function measureFrames(overhead: u64): void {
  enableApic()
  setGate(Vector.Disk, timedHandler())
  if (!start(0) || !start(1)) return printLine('bench frames skip: there are no two interfaces')
  enableInterrupts()
  greet()
  for (let round: u32 = 0; round < WarmUp; round++) once(overhead, round)
  for (let round: u32 = 0; round < Rounds; round++) once(overhead, round)
  print('bench frames-')
  printDecimal(Stream)
  printField('ticks', median(ticks, Rounds) / Stream)
  printField('interrupts', median(interrupts, Rounds))
  printLine('')
  flush()
  disableInterrupts()
}

function start(index: u32): bool {
  if (!findVirtio(NetworkDevice, index) || !agree(Version1 | MacAddress)) return false
  let mac: u64 = 0
  for (let byte: u32 = 0; byte < 6; byte++) mac |= <u64>load8(configuration + byte) << (byte << 3)
  store<u64>(addresses + (<usize>index << 3), mac)
  const receive = index << 1
  for (let queue = receive; queue < receive + 2; queue++) {
    const length: u64 = queue & 1 ? HeaderBytes + FrameBytes : BufferBytes | <u64>Written << 32
    for (let slot: u32 = 0; slot < Stream; slot++) {
      store64(descriptors(queue) + (<u64>slot << 4), bufferOf(queue, slot))
      store64(descriptors(queue) + (<u64>slot << 4) + 8, length)
    }
    store<u32>(ports + (<usize>queue << 2), portOf(queue & 1))
  }
  // Of what was sent nobody needs to be told.
  store16(driver(receive + 1), NoInterrupt)
  sendMessages(true, Vector.Disk, false)
  return prepareQueue(1, QueueSize, descriptors(receive + 1), driver(receive + 1), device(receive + 1)) && startQueue(QueueSize, descriptors(receive), driver(receive), device(receive))
}

/** Puts so many slots into a ring again, all of which are free, and shows it to the device. */
function offer(queue: u32, count: u32): void {
  const first = load<u32>(offered(queue))
  for (let slot: u32 = 0; slot < count; slot++) store16(driver(queue) + 4 + (((first + slot) % QueueSize) << 1), slot)
  store<u32>(offered(queue), first + count)
  store16(driver(queue) + 2, first + count)
}

function notify(queue: u32): void { out16(<u16>load<u32>(ports + (<usize>queue << 2)), queue & 1) }

/** Writes the frames that an interface sends. */
function address(from: u32, to: u64): void {
  for (let slot: u32 = 0; slot < Stream; slot++) {
    const frame = bufferOf(1, slot) + HeaderBytes
    store64(frame, to)
    store32(frame + 6, <u32>load<u64>(addresses + (<usize>from << 3)))
    store16(frame + 10, <u32>(load<u64>(addresses + (<usize>from << 3)) >> 32))
    store16(frame + 12, 0xB588) // an EtherType for experiments
  }
}

/** The second interface sends one frame, so that the switch knows where it is. */
function greet(): void {
  offer(0, 1)
  notify(0)
  address(1, load<u64>(addresses))
  offer(3, 1)
  notify(3)
  lookFor(device(0) + 2, load<u32>(offered(0)))
  address(0, load<u64>(addresses + 8))
}

function once(overhead: u64, round: u32): void {
  offer(2, Stream)
  notify(2)
  offer(1, Stream)
  const before = load64(taken())
  const begin = readTsc()
  notify(1)
  const looks = lookFor(device(2) + 2, load<u32>(offered(2)) & 0xFFFF)
  const came = load64(taken()) - before
  setSample(ticks, round, load64(arrived()) - begin - overhead - looks * InstructionsOfLook - (came - 1) * InstructionsOfHandler)
  setSample(interrupts, round, came)
}
