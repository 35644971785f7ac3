/** What comes out of a VM with a console, taken apart: the stream of capability/serial.ts has its serial port's output and that of its console's ports in it. */
import { serialBegin, serialEnd, serialRead, serialWrite, VmText } from '../../capability/admin'
import { ChannelLimit, Escape, EscapedByte, Free, Full } from '../../capability/serial'
import { textOfVm } from './text'

/** Bytes that are kept of a channel; a power of two. */
const capacity: u32 = 32768
const chunkCapacity: u32 = 1024
const chunk = memory.data(1024, 16)
const sendCapacity: u32 = 256
const toSend = memory.data(256, 16)

/** What one channel has said. */
class Channel {
  bytes: StaticArray<u8> = new StaticArray<u8>(capacity)
  /** Positions of the oldest byte that is kept, and behind the newest. */
  begin: u64 = 0
  end: u64 = 0

  add(byte: u8): void {
    this.bytes[<i32>(<u32>this.end & (capacity - 1))] = byte
    if (++this.end - this.begin > capacity) this.begin = this.end - capacity
  }
}

/** The stream of one VM. */
class Stream {
  channels: Array<Channel | null> = []
  position: u64 = 0
  speaking: i32 = -1
  escaped: bool = false
  /** Bit n: the machine takes nothing more for channel n. */
  full: u32 = 0

  constructor(readonly ports: string[]) { for (let i = 0; i <= ports.length; i++) this.channels.push(null) }

  channel(index: i32): Channel {
    let found = this.channels[index]
    if (!found) this.channels[index] = found = new Channel()
    return found
  }

  /** What is lost is lost to every channel: whose it was is not known. */
  lose(bytes: u64): void {
    this.position += bytes
    this.speaking = -1
    this.escaped = false
    this.full = 0 // what is said of it is said again
    for (let i = 0; i < this.channels.length; i++) {
      const channel = this.channels[i]
      if (!channel) continue
      channel.end += bytes
      channel.begin = channel.end
    }
  }

  take(byte: u32): void {
    if (this.escaped) {
      this.escaped = false
      if (byte < ChannelLimit) this.speaking = byte < <u32>this.channels.length ? byte : -1
      else if (byte - Full < ChannelLimit) this.full |= 1 << byte - Full
      else if (byte - Free < ChannelLimit) this.full &= ~(1 << byte - Free)
      else if (byte == EscapedByte && this.speaking >= 0) this.channel(this.speaking).add(<u8>Escape)
    } else if (byte == Escape) this.escaped = true
    else if (this.speaking >= 0) this.channel(this.speaking).add(<u8>byte)
  }

  /** Goes on to the stream's end. */
  follow(vm: u32): void {
    while (this.position != serialEnd(vm)) {
      if (this.position < serialBegin(vm)) this.lose(serialBegin(vm) - this.position)
      const count = serialRead(vm, this.position, chunk, chunkCapacity)
      if (!count) return
      if (this.position < serialBegin(vm)) continue // overwritten while it was read
      for (let i: u32 = 0; i < count; i++) this.take(load<u8>(chunk + i))
      this.position += count
    }
  }
}

const streams: Array<Stream> = []

function streamOf(vm: u32): Stream {
  while (<i32>vm >= streams.length) {
    const ports = textOfVm(streams.length, VmText.ConsolePorts)
    streams.push(new Stream(ports.length ? ports.split('\n') : []))
  }
  return streams[vm]
}

/** The names of a VM's console's ports; none without one. Port n is channel n + 1. */
export function portNames(vm: u32): string[] { return streamOf(vm).ports }

/** True for a VM whose output has channels. */
export function hasChannels(vm: u32): bool { return streamOf(vm).ports.length != 0 }

/** Position of the oldest byte of a channel that is kept. */
export function channelBegin(vm: u32, channel: u32): u64 {
  streamOf(vm).follow(vm)
  return streamOf(vm).channel(channel).begin
}

/** Position behind its newest byte. */
export function channelEnd(vm: u32, channel: u32): u64 {
  streamOf(vm).follow(vm)
  return streamOf(vm).channel(channel).end
}

/** Copies bytes of it from `position`; returns how many. */
export function channelRead(vm: u32, channel: u32, position: u64, target: usize, length: u32): u32 {
  const from = streamOf(vm).channel(channel)
  if (position < from.begin || position >= from.end) return 0
  const count = <u32>min<u64>(length, from.end - position)
  for (let i: u32 = 0; i < count; i++) store<u8>(target + i, from.bytes[<i32>(<u32>(position + i) & (capacity - 1))])
  return count
}

/** Sends bytes to a channel; returns how many were taken. What says whose they are goes ahead of them, and begins again where it was cut short. */
export function channelWrite(vm: u32, channel: u32, source: usize, length: u32): u32 {
  streamOf(vm).follow(vm)
  if (streamOf(vm).full & 1 << channel) return 0
  store<u8>(toSend, Escape)
  store<u8>(toSend + 1, channel)
  if (length != 0 && load<u8>(source) == Escape) {
    store<u8>(toSend + 2, Escape)
    store<u8>(toSend + 3, EscapedByte)
    return u32(serialWrite(vm, toSend, 4) == 4)
  }
  let count: u32 = 0
  for (; count < min(length, sendCapacity - 2) && load<u8>(source + count) != Escape; count++) store<u8>(toSend + 2 + count, load<u8>(source + count))
  const taken = serialWrite(vm, toSend, count + 2)
  return taken > 2 ? taken - 2 : 0
}
