/** What goes between the VM and the host's console: one stream each way, which the serial port has for itself, or shares with the ports of the VM's console as capability/serial.ts says. */
import { ConfigText, ConsolePortLimit, ConsolePortsLimit, text } from '../../capability/config'
import * as serial from '../../capability/serial'
import { ChannelLimit, Com1, Escape, EscapedByte, Free, Full, MarkPeriod } from '../../capability/serial'

/** Bytes for a channel that wait for the guest; a power of two. Beyond FullBytes the host is to send no more, which leaves room for what is under way: the nucleus's queue, 4096 bytes. */
const Capacity: u32 = 8192
const FullBytes: u32 = 4096
const FreeBytes: u32 = 1024
const NoChannel: u32 = u32.MAX_VALUE

const names: usize = memory.data(ConsolePortsLimit, 8)
let namesLength: u32 = 0
let buffers: usize = 0
const heads: usize = memory.data((ConsolePortLimit + 1) << 2, 4)
const tails: usize = memory.data((ConsolePortLimit + 1) << 2, 4)

/** Ports of its console; 0: it has none. */
export let portCount: u32 = 0
let speaking: u32 = NoChannel // whose bytes go out
let spoken: u32 = 0 //           since that was said last
let listening: u32 = Com1 //     whose bytes come in
let isEscaped = false
let fullChannels: u32 = 0 //     bit n for channel n, as the host was told

/** The channel of a port. */
@inline export function channelOf(port: u32): u32 { return port + 1 }

@inline function head(channel: u32): u32 { return load<u32>(heads + (<usize>channel << 2)) }
@inline function tail(channel: u32): u32 { return load<u32>(tails + (<usize>channel << 2)) }
@inline function waiting(channel: u32): u32 { return tail(channel) - head(channel) }
@inline function byteAt(channel: u32, index: u32): usize { return buffers + <usize>channel * Capacity + (index & (Capacity - 1)) }

/** As after power-on. */
export function reset(): void {
  namesLength = min(text(ConfigText.ConsolePorts, names, ConsolePortsLimit), ConsolePortsLimit)
  portCount = namesLength != 0 ? 1 : 0
  for (let at: u32 = 0; at < namesLength; at++) if (load<u8>(names + at) == 10) portCount++
  portCount = min(portCount, ConsolePortLimit)
  if (portCount == 0) return
  if (buffers == 0) buffers = heap.alloc((ConsolePortLimit + 1) * Capacity)
  speaking = NoChannel
  listening = Com1
  isEscaped = false
  fullChannels = u32.MAX_VALUE // as a sandbox that failed may have left them
  for (let channel: u32 = 0; channel <= portCount; channel++) clear(channel)
}

/** Copies a port's name to `target`; its length. */
export function portName(port: u32, target: usize): u32 {
  let at: u32 = 0
  for (; port != 0 && at < namesLength; at++) if (load<u8>(names + at) == 10) port--
  let length: u32 = 0
  for (; at + length < namesLength && load<u8>(names + at + length) != 10; length++) store<u8>(target + length, load<u8>(names + at + length))
  return length
}

/** One byte to the host. */
export function output(channel: u32, byte: u32): void {
  if (portCount == 0) return serial.output(byte)
  if (channel != speaking || spoken >= MarkPeriod) {
    say(channel)
    speaking = channel
    spoken = 0
  }
  spoken++
  serial.output(byte)
  if (byte == Escape) serial.output(EscapedByte)
}

/** The next byte for a channel, 0–255, or -1 when none waits. */
export function input(channel: u32): i32 {
  if (portCount == 0) return serial.input()
  if (!hasInput(channel)) return -1
  const byte = load<u8>(byteAt(channel, head(channel)))
  store<u32>(heads + (<usize>channel << 2), head(channel) + 1)
  release(channel)
  return byte
}

/** True while a byte waits for a channel. */
export function hasInput(channel: u32): bool { return waiting(channel) != 0 }

/** Drops what waits for a channel, whose port nobody has open. */
export function clear(channel: u32): void {
  store<u32>(heads + (<usize>channel << 2), tail(channel))
  release(channel)
}

/** Takes all that the host has sent: no channel stands in another's way. */
export function collect(): void {
  if (portCount == 0) return
  let heard: u32 = 0
  for (let byte = next(); byte >= 0; byte = next()) {
    if (listening > portCount) continue
    heard |= 1 << listening
    if (waiting(listening) == Capacity) continue
    store<u8>(byteAt(listening, tail(listening)), byte)
    store<u32>(tails + (<usize>listening << 2), tail(listening) + 1)
  }
  // Again where it was said already: who lost what was said goes on sending.
  for (let channel: u32 = 0; channel <= portCount; channel++) if ((heard & 1 << channel) != 0 && waiting(channel) >= FullBytes) {
    fullChannels |= 1 << channel
    say(channel + Full)
  }
}

/** Tells the host when there is room again. */
function release(channel: u32): void {
  if ((fullChannels & 1 << channel) == 0 || waiting(channel) > FreeBytes) return
  fullChannels &= ~(1 << channel)
  say(channel + Free)
}

function say(what: u32): void {
  serial.output(Escape)
  serial.output(what)
}

/** The host's next byte for `listening`; -1 when none waits. An escape that was cut short begins again. */
function next(): i32 {
  for (let byte = serial.input(); byte >= 0; byte = serial.input()) {
    if (byte == Escape) isEscaped = true
    else if (!isEscaped) return byte
    else {
      isEscaped = false
      if (<u32>byte < ChannelLimit) listening = byte
      else if (byte == EscapedByte) return Escape
    }
  }
  return -1
}
