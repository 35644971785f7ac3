/**
 * The driver's side of a virtqueue, written from VIRTIO 1.2, 2.7 and 2.8, and from nothing that the device's side is made of: what a device must agree with.
 */

/** A buffer of a request: for the device to write or to read. */
export interface Buffer64 { gpa: number; length: number; write: boolean }
export interface Options { eventIndex: boolean; indirect: boolean }
/** Where the three areas lie, and where indirect tables may. */
export interface Place { descriptors: number; driver: number; device: number; tables: number }

/** What the tests need of either kind. */
export interface Driver {
  /** Descriptors that are free. */
  free: number
  /** Makes a request available; its id, and whether the device has to be notified. */
  post(buffers: Buffer64[], indirect: boolean): { id: number; notify: boolean }
  /** Requests that came back since the last call, in the order in which they did. */
  collect(): { id: number; written: number }[]
  /** Asks for an interrupt with the `count`th request that comes back from now on; 0 for none at all. */
  want(count: number): void
}

const NEXT = 1, WRITE = 2, INDIRECT = 4, AVAIL = 1 << 7, USED = 1 << 15
/** From one indirect table to the next. A longer one is alone. */
const TABLE_BYTES = 256

/** 2.7.10: the event lies among the indexes that were just added. */
function isAmong(event: number, old: number, now: number): boolean {
  for (let index = old; index !== now; index = (index + 1) & 0xffff) if (index === event) return true
  return false
}

export class SplitDriver implements Driver {
  readonly #unused: number[]
  readonly #chains = new Map<number, number[]>()
  #available = 0
  #used = 0

  constructor(private readonly ram: DataView, private readonly size: number, private readonly place: Place, private readonly options: Options) {
    this.#unused = Array.from({ length: size }, (_, index) => index)
    for (let at = 0; at < 6 + 2 * size; at++) ram.setUint8(place.driver + at, 0)
    for (let at = 0; at < 6 + 8 * size; at++) ram.setUint8(place.device + at, 0)
  }

  get free(): number { return this.#unused.length }

  #descriptor(at: number, { gpa, length }: Buffer64, flags: number, next: number): void {
    this.ram.setBigUint64(at, BigInt(gpa), true)
    this.ram.setUint32(at + 8, length, true)
    this.ram.setUint16(at + 12, flags, true)
    this.ram.setUint16(at + 14, next, true)
  }

  post(buffers: Buffer64[], indirect: boolean): { id: number; notify: boolean } {
    const chain = this.#unused.splice(0, indirect ? 1 : buffers.length)
    const head = chain[0]
    const flags = (index: number) => (buffers[index].write ? WRITE : 0) | (index + 1 < buffers.length ? NEXT : 0)
    if (indirect) {
      const table = this.place.tables + head * TABLE_BYTES
      buffers.forEach((buffer, index) => this.#descriptor(table + 16 * index, buffer, flags(index), index + 1))
      this.#descriptor(this.place.descriptors + 16 * head, { gpa: table, length: 16 * buffers.length, write: false }, INDIRECT, 0xdead)
    } else {
      buffers.forEach((buffer, index) => this.#descriptor(this.place.descriptors + 16 * chain[index], buffer, flags(index), chain[index + 1] ?? 0xdead))
    }
    this.#chains.set(head, chain)
    const { ram, place: { driver, device }, size } = this
    ram.setUint16(driver + 4 + 2 * (this.#available % size), head, true)
    const old = this.#available
    this.#available = (old + 1) & 0xffff
    ram.setUint16(driver + 2, this.#available, true)
    const notify = this.options.eventIndex ? isAmong(ram.getUint16(device + 4 + 8 * size, true), old, this.#available) : (ram.getUint16(device, true) & 1) === 0
    return { id: head, notify }
  }

  collect(): { id: number; written: number }[] {
    const back: { id: number; written: number }[] = []
    const { ram, place: { device } } = this
    while (this.#used !== ram.getUint16(device + 2, true)) {
      const at = device + 4 + 8 * (this.#used % this.size)
      const id = ram.getUint32(at, true)
      if (!this.#chains.has(id)) throw new Error(`${id} is not under way`)
      this.#unused.push(...this.#chains.get(id)!)
      this.#chains.delete(id)
      back.push({ id, written: ram.getUint32(at + 4, true) })
      this.#used = (this.#used + 1) & 0xffff
    }
    return back
  }

  want(count: number): void {
    const { ram, place: { driver }, size } = this
    if (this.options.eventIndex) ram.setUint16(driver + 4 + 2 * size, (this.#used + (count === 0 ? 0x8000 : count) - 1) & 0xffff, true)
    else ram.setUint16(driver, count === 0 ? 1 : 0, true)
  }
}

export class PackedDriver implements Driver {
  /** By id: how many slots it takes up, and where it begins. */
  readonly #chains = new Map<number, number>()
  readonly #ids: number[]
  #next = 0
  #nextWrap = true
  #used = 0
  #usedWrap = true
  free: number

  constructor(private readonly ram: DataView, private readonly size: number, private readonly place: Place, private readonly options: Options) {
    this.free = size
    this.#ids = Array.from({ length: size }, (_, index) => 7 * index + 3) // any 16 bits
    for (let at = 0; at < 16 * size; at++) ram.setUint8(place.descriptors + at, 0)
    for (const area of [place.driver, place.device]) ram.setUint32(area, 0, true)
  }

  post(buffers: Buffer64[], indirect: boolean): { id: number; notify: boolean } {
    const { ram, size, place: { descriptors, device, tables } } = this
    const id = this.#ids.shift()!
    let written = buffers
    if (indirect) {
      const table = tables + this.#next * TABLE_BYTES
      buffers.forEach(({ gpa, length, write }, index) => {
        ram.setBigUint64(table + 16 * index, BigInt(gpa), true)
        ram.setUint32(table + 16 * index + 8, length, true)
        ram.setUint16(table + 16 * index + 12, 0xbad, true)
        ram.setUint16(table + 16 * index + 14, (write ? WRITE : 0) | AVAIL, true)
      })
      written = [{ gpa: table, length: 16 * buffers.length, write: false }]
    }
    const first = this.#next
    const event = ram.getUint16(device, true), eventFlags = ram.getUint16(device + 2, true) & 3
    let notify = eventFlags === 0
    let firstFlags = 0
    written.forEach(({ gpa, length, write }, index) => {
      const at = descriptors + 16 * this.#next
      ram.setBigUint64(at, BigInt(gpa), true)
      ram.setUint32(at + 8, length, true)
      ram.setUint16(at + 12, index + 1 === written.length ? id : 0xbad, true)
      const flags = (indirect ? INDIRECT : write ? WRITE : 0) | (index + 1 < written.length ? NEXT : 0) | (this.#nextWrap ? AVAIL : USED)
      if (index === 0) firstFlags = flags
      else ram.setUint16(at + 14, flags, true)
      if (eventFlags === 2 && this.options.eventIndex && (event & 0x7fff) === this.#next && event >> 15 === Number(this.#nextWrap)) notify = true
      if (++this.#next === size) {
        this.#next = 0
        this.#nextWrap = !this.#nextWrap
      }
    })
    ram.setUint16(descriptors + 16 * first + 14, firstFlags, true) // last, so that the device sees all or nothing
    this.#chains.set(id, written.length)
    this.free -= written.length
    return { id, notify }
  }

  collect(): { id: number; written: number }[] {
    const back: { id: number; written: number }[] = []
    for (;;) {
      const at = this.place.descriptors + 16 * this.#used
      const flags = this.ram.getUint16(at + 14, true)
      if (((flags & AVAIL) !== 0) !== this.#usedWrap || ((flags & USED) !== 0) !== this.#usedWrap) return back
      const id = this.ram.getUint16(at + 12, true)
      const slots = this.#chains.get(id)
      if (slots === undefined) throw new Error(`${id} is not under way`)
      this.#chains.delete(id)
      this.#ids.push(id)
      this.free += slots
      back.push({ id, written: (flags & WRITE) !== 0 ? this.ram.getUint32(at + 8, true) : 0 })
      this.#used += slots
      if (this.#used >= this.size) {
        this.#used -= this.size
        this.#usedWrap = !this.#usedWrap
      }
    }
  }

  /** With event indexes only the very next one can be named: where later ones begin depends on the order in which they come back. */
  want(count: number): void {
    const { ram, place: { driver } } = this
    if (count === 1 && this.options.eventIndex) {
      ram.setUint16(driver, this.#used | Number(this.#usedWrap) << 15, true)
      ram.setUint16(driver + 2, 2, true)
    } else ram.setUint16(driver + 2, count === 0 ? 1 : 0, true)
  }
}
