/**
 * A guest that sends as much as it can, and says each second how much: where it has two interfaces, frames of 1,500 bytes from the first to the second, as fast as that gets them;
 * where it has one, the shortest frames to an address that nobody has. Command line: `name=`. VIRTIO 1.2, 5.1.
 */
import { printArgument } from '../platform/arguments'
import { microsecondsOf, ticksOf } from '../platform/clock'
import { linear, load16, load8, out16, readTsc, store16, store64, store8 } from '../platform/hw'
import { initializeSerial, print, printField, printLine } from '../platform/serial'
import { agree, configuration, findVirtio, portOf, prepareQueue, startQueue, Version1 } from '../platform/virtio'

@inline const NetworkDevice: u32 = 1
@inline const MacAddress: u64 = 1 << 5 // VIRTIO_NET_F_MAC
const HeaderBytes: u32 = 12
const ShortestFrame: u32 = 60
const LongestFrame: u32 = 1514
const BufferBytes: u32 = 1536
const QueueSize: u32 = 64
const Written: u64 = 2 << 32 // by the device
const NoInterrupt: u32 = 1
/** Of the queues of a pair. */
const Receives: u32 = 0
const Sends: u32 = 1

/** Descriptors, driver's area and device's area of each queue of both interfaces. */
const RingBytes: u32 = 2048
const rings: usize = memory.data(4 * RingBytes, 4096)
const frame: usize = memory.data(BufferBytes, 64)
const buffers: usize = memory.data(QueueSize * BufferBytes, 64)

@inline function descriptors(index: u32, queue: u32): u64 { return linear(rings) + ((index << 1) + queue) * RingBytes }
@inline function driver(index: u32, queue: u32): u64 { return descriptors(index, queue) + QueueSize * 16 }
@inline function device(index: u32, queue: u32): u64 { return driver(index, queue) + 8 + QueueSize * 2 }

export function interrupt(vector: u32, error: u64): bool { return false }

/** Makes an interface ready, whose address becomes that at `place` of the frame; the port by which its sending queue is notified, or 0 where there is no such interface. */
function start(index: u32, place: u32): u32 {
  if (!findVirtio(NetworkDevice, index) || !agree(Version1 | MacAddress)) return 0
  for (let byte: u32 = 0; byte < 6; byte++) store8(linear(frame) + HeaderBytes + place + byte, load8(configuration + byte))
  for (let slot: u32 = 0; slot < QueueSize; slot++) {
    const received = descriptors(index, Receives) + (slot << 4)
    store64(received, linear(buffers) + slot * BufferBytes)
    store64(received + 8, BufferBytes | Written)
    store64(descriptors(index, Sends) + (slot << 4), linear(frame))
    for (let queue: u32 = 0; queue < 2; queue++) store16(driver(index, queue) + 4 + (slot << 1), slot)
  }
  for (let queue: u32 = 0; queue < 2; queue++) store16(driver(index, queue), NoInterrupt)
  const isReady = prepareQueue(Sends, QueueSize, descriptors(index, Sends), driver(index, Sends), device(index, Sends)) &&
    startQueue(QueueSize, descriptors(index, Receives), driver(index, Receives), device(index, Receives))
  return isReady ? portOf(Sends) : 0
}

/** So many bytes have all frames that are sent. */
function setLength(bytes: u32): void {
  for (let slot: u32 = 0; slot < QueueSize; slot++) store64(descriptors(0, Sends) + (slot << 4) + 8, HeaderBytes + bytes)
}

/** Frames that the second interface, the last to be made ready, has received; they have their buffers again. */
function received(): u32 {
  const count = load16(device(1, Receives) + 2)
  store16(driver(1, Receives) + 2, count + QueueSize)
  out16(<u16>portOf(Receives), Receives)
  return count
}

export function main(): void {
  initializeSerial()
  store64(linear(frame) + HeaderBytes, 0x6300_0000_0002) // 02-00-00-00-00-63
  store16(linear(frame) + HeaderBytes + 12, 0xB588) // an EtherType for experiments
  const port = start(0, 6)
  if (port == 0) return printLine('flood: there is no interface')
  const isStream = start(1, 0) != 0
  setLength(isStream ? LongestFrame : ShortestFrame)
  let offered: u32 = 0
  let come: u32 = 0
  let count: u64 = 0
  let begin = readTsc()
  for (;;) {
    offered += QueueSize
    if (isStream) {
      const now = received()
      count += (now - come) & 0xFFFF
      come = now
    } else count += QueueSize
    store16(driver(0, Sends) + 2, offered)
    out16(<u16>port, Sends)
    while (load16(device(0, Sends) + 2) != (offered & 0xFFFF)) {}
    const now = readTsc()
    if (now - begin < ticksOf(1_000_000)) continue
    print('flood ')
    printArgument('name', 'flood')
    printField('rate', count * 1_000_000 / microsecondsOf(now - begin)) // frames a second
    printLine('')
    count = 0
    begin = now
  }
}
