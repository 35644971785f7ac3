/** A driver of the console as VIRTIO 1.2, 5.3, has it, and the host at the other end of its stream. */
import type { Bench } from './board.js'
import { SplitDriver, PackedDriver, type Driver } from './driver.js'
import { Feature, Status, VirtioDevice } from './virtio.js'

export const MultiplePorts = 1n
export const Event = { deviceReady: 0, deviceAdd: 1, portReady: 3, consolePort: 4, portOpen: 6, portName: 7 }
export const Control = { receive: 2, transmit: 3 }
export const receiveOf = (port: number): number => port === 0 ? 0 : 2 * port + 2
const size = 16
const areaOf = (queue: number) => 0x1_0000 + 0x8000 * queue
const placeOf = (queue: number) => ({ descriptors: areaOf(queue), driver: areaOf(queue) + 0x1000, device: areaOf(queue) + 0x2000, tables: areaOf(queue) + 0x3000 })

export class ConsoleDriver {
  readonly device: VirtioDevice
  rings: Driver[] = []
  #inbox: Map<number, number>[] = []
  #offered: number[] = []

  constructor(private readonly b: Bench, readonly ports: number) {
    this.device = new VirtioDevice(b, 19)
    this.device.map(0xc000_0000, 0xc001_0000)
  }

  start({ packed = false, multiport = true, eventIndex = false } = {}): void {
    const { b, device } = this
    device.negotiate([Feature.version1, Feature.indirect, ...packed ? [Feature.packed] : [], ...eventIndex ? [Feature.eventIndex] : [], ...multiport ? [MultiplePorts] : []])
    this.rings = Array.from({ length: multiport ? 2 * this.ports + 2 : 2 }, (_, queue) => {
      device.enable(queue, size, placeOf(queue))
      return new (packed ? PackedDriver : SplitDriver)(new DataView(b.ram.buffer, b.ram.byteOffset), size, placeOf(queue), { eventIndex, indirect: true })
    })
    this.#inbox = this.rings.map(() => new Map())
    this.#offered = this.rings.map(() => 0)
    device.status |= Status.driverOk
  }

  /** Sends bytes by a queue, in buffers of these lengths at most. */
  send(queue: number, bytes: Buffer, inBuffer = 64): void {
    const gpa = areaOf(queue) + 0x4000
    bytes.copy(this.b.ram, gpa)
    const buffers = []
    for (let at = 0; at < bytes.length; at += inBuffer) buffers.push({ gpa: gpa + at, length: Math.min(inBuffer, bytes.length - at), write: false })
    if (this.rings[queue].post(buffers, buffers.length > 1).notify) this.device.notify(queue)
  }
  say(port: number, event: number, value: number): void {
    const message = Buffer.alloc(8)
    message.writeUInt32LE(port >>> 0)
    message.writeUInt16LE(event, 4)
    message.writeUInt16LE(value, 6)
    this.send(Control.transmit, message)
    this.rings[Control.transmit].collect()
  }
  /** Gives buffers to be filled, so many of so many bytes. */
  offer(queue: number, count = 4, length = 64): void {
    for (let n = 0; n < count && this.rings[queue].free; n++) {
      const gpa = areaOf(queue) + 0x4000 + 0x80 * (this.#offered[queue]++ % 64)
      this.#inbox[queue].set(this.rings[queue].post([{ gpa, length, write: true }], false).id, gpa)
    }
    this.device.notify(queue)
  }
  /** What has come into them. */
  received(queue: number): Buffer[] {
    return this.rings[queue].collect().map(({ id, written }) => Buffer.from(this.b.ram.subarray(this.#inbox[queue].get(id)!, this.#inbox[queue].get(id)! + written)))
  }
  /** What the device has said of its ports: port, event, value, name. */
  told(): [number, number, number, string][] {
    const told = this.received(Control.receive).map(bytes => [bytes.readUInt32LE(), bytes.readUInt16LE(4), bytes.readUInt16LE(6), bytes.toString('latin1', 8)] as [number, number, number, string])
    if (told.length) this.offer(Control.receive, told.length)
    return told
  }
  /** As Linux does, up to where all ports are open. */
  open(): void {
    this.offer(Control.receive, 8)
    this.say(0, Event.deviceReady, 1)
    for (let port = 0; port < this.ports; port++) this.say(port, Event.portReady, 1)
    for (let port = 0; port < this.ports; port++) this.say(port, Event.portOpen, 1)
  }
}

/** The host's end of a stream: capability/serial.ts. */
export class HostEnd {
  /** What each channel said. */
  readonly said: Record<number, string> = {}
  readonly full = new Set<number>()
  #channel = -1
  #escaped = false

  take(stream: number[]): this {
    for (const byte of stream) {
      if (!this.#escaped && byte === 0xff) this.#escaped = true
      else if (!this.#escaped || byte === 0xfe) {
        this.said[this.#channel] = (this.said[this.#channel] ?? '') + String.fromCharCode(this.#escaped ? 0xff : byte)
        this.#escaped = false
      } else {
        this.#escaped = false
        if (byte < 0x20) this.#channel = byte
        else if (byte >= 0x40 && byte < 0x60) this.full.add(byte - 0x40)
        else if (byte >= 0x60 && byte < 0x80) this.full.delete(byte - 0x60)
        else throw new Error(`Escape and ${byte} are nothing`)
      }
    }
    return this
  }
}

/** What each channel of a stream said. */
export function channelsOf(stream: number[]): Record<number, string> { return new HostEnd().take(stream).said }

/** What the host sends to say this to a channel. */
export function toChannel(channel: number, bytes: Buffer): number[] { return [0xff, channel, ...[...bytes].flatMap(byte => byte === 0xff ? [0xff, 0xfe] : [byte])] }
