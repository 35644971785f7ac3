/** A driver on the bench: a PCI function that the test makes, the host's memory, a clock that the test moves, and the requests of a nucleus. */
import { instantiate, type Sandbox } from '../sandbox.ts'

/** What a test makes of a function: its memory at base address registers, by offset. */
export interface PciFunction {
  identity?: number // vendor | device << 16
  /** Bytes of the memory at a base address register. */
  memoryBytes(bar: number): number
  read(bar: number, offset: number, width: number): bigint
  write(bar: number, offset: number, width: number, value: bigint): void
  /** 32 bits of its configuration space. */
  configurationSpace?(offset: number): number
  /** Throws when it is not at rest. */
  startTransfers?(): void
  /** Of a function that sends no messages: whether its line is held down, and leads to where that is heard. */
  line?(): boolean
}

export const Operation = { Read: 0, Write: 1, Flush: 2, Discard: 3, WriteZeroes: 4 }
export const Status = { Ok: 0, Failed: 1, Unsupported: 2 }

export interface Part { physical: bigint, bytes: number }
export interface Request { id: number, unit: number, operation: number, block: bigint, blocks: number, parts: Part[] }
export interface Unit { blocks: bigint, blockBytes: number, physicalBlockBytes: number, maxBlocks: number, readOnly: number, canDiscard: number, serial: string }

const pageBytes = 4096
const pageMask = 0xfffn

/** The host's memory: the pages of the sandbox lie scattered, none next to another, and a test has pages of its own. */
export class Memory {
  private pages = new Map<bigint, Buffer>()
  private used = 0

  /** A page that neighbours none. */
  page(contents: Buffer = Buffer.alloc(pageBytes)): bigint {
    const frame = BigInt(0x10_0000 + (this.used++ * 7919 % 65536) * 2)
    this.pages.set(frame, contents)
    return frame << 12n
  }

  /** `count` pages one after the other. */
  run(count: number): bigint {
    const frame = BigInt(0x100_0000 + this.used++ * 1024)
    for (let index = 0; index < count; index++) this.pages.set(frame + BigInt(index), Buffer.alloc(pageBytes))
    return frame << 12n
  }

  read(physical: bigint, bytes: number): Buffer {
    const result = Buffer.alloc(bytes)
    this.each(physical, bytes, (page, at, done, length) => page.copy(result, done, at, at + length))
    return result
  }

  write(physical: bigint, data: Buffer): void {
    this.each(physical, data.length, (page, at, done, length) => data.copy(page, at, done, done + length))
  }

  private each(physical: bigint, bytes: number, act: (page: Buffer, at: number, done: number, length: number) => void) {
    for (let done = 0; done < bytes;) {
      const page = this.pages.get(physical >> 12n)
      if (!page) throw new Error(`DMA at ${physical.toString(16)}h, where there is no memory`)
      const at = Number(physical & pageMask)
      const length = Math.min(bytes - done, pageBytes - at)
      act(page, at, done, length)
      done += length
      physical += BigInt(length)
    }
  }
}

export class Bench {
  driver!: Record<string, any>
  sandbox!: Sandbox
  now = 1_000_000_000n
  armed = 0n
  arms = 0
  /** By its line. */
  interrupts = 0
  log: string[] = []
  /** What waits for the driver, oldest first; what it took; what it completed. */
  waiting: Request[] = []
  taken = new Map<number, Request>()
  completed: { id: number, status: number }[] = []
  units = new Map<number, Unit>()
  announcements = 0
  private frames: bigint[] = []
  private ids = 0

  constructor(readonly device: PciFunction, readonly memory: Memory) {}

  /** Compiles the driver and gives it a memory. */
  async load(entry: string): Promise<void> {
    this.sandbox = await instantiate(entry, { imports: this.imports() })
    this.driver = this.sandbox.exports
    const memory = this.sandbox.memory
    for (let page = 0; page < memory.buffer.byteLength / pageBytes; page++) this.frames.push(this.memory.page(Buffer.from(memory.buffer, page * pageBytes, pageBytes)))
  }

  /** A request, which waits. */
  ask(operation: number, unit: number, block: number | bigint, blocks: number, parts: Part[] = []): number {
    const id = this.ids++
    this.waiting.push({ id, unit, operation, block: BigInt(block), blocks, parts })
    return id
  }

  /** How a request ended; undefined when it has not. */
  status(id: number): number | undefined { return this.completed.find(completion => completion.id === id)?.status }

  /** The function sends its message. A line interrupts by itself. */
  tell(): void {
    if (!this.device.line) this.driver.interrupt()
    this.hearLine()
  }

  /** A line interrupts for as long as it is held down, which has to end. */
  hearLine(): void {
    for (let calls = 0; this.device.line?.(); calls++) {
      if (calls === 10) throw new Error('the driver does not have the line let go')
      this.interrupts++
      this.driver.interrupt()
    }
  }

  /** Lets time pass, with the driver's deadlines in it. */
  pass(nanoseconds: number): void {
    const end = this.now + BigInt(nanoseconds)
    this.hearLine()
    while (this.armed !== 0n && this.armed < end) {
      if (this.armed > this.now) this.now = this.armed
      this.now += 1n
      this.armed = 0n
      this.driver.deadline()
      this.hearLine()
    }
    if (this.now < end) this.now = end
  }

  /** Imports that a kind of driver has besides. */
  protected more(): Record<string, Record<string, (...values: any[]) => any>> { return {} }

  /** What the device has written, of the sandbox's memory. */
  protected shared(address: number, bytes: number): Buffer { return Buffer.from(this.sandbox.memory.buffer, address >>> 0, bytes) }

  private imports() {
    const view = () => new DataView(this.sandbox.memory.buffer)
    const read = (width: number) => (bar: number, offset: number) => {
      if (offset % width) throw new Error(`a read of ${width} bytes at ${offset}`)
      const value = BigInt.asUintN(8 * width, this.device.read(bar, offset, width))
      return width === 8 ? value : Number(value)
    }
    const write = (width: number) => (bar: number, offset: number, value: number | bigint) => {
      if (offset % width) throw new Error(`a write of ${width} bytes at ${offset}`)
      this.device.write(bar, offset, width, BigInt.asUintN(8 * width, BigInt(value)))
    }
    return {
      device: {
        number: (key: number) => key === 0 ? BigInt(this.device.identity ?? 0) : key >= 2 ? BigInt(this.device.memoryBytes(key - 2)) : 0n,
        read8: read(1), read16: read(2), read32: read(4), read64: read(8), write8: write(1), write16: write(2), write32: write(4), write64: write(8),
        configuration: (offset: number) => this.device.configurationSpace?.(offset) ?? 0,
        physical: (address: number) => (this.frames[address >>> 12] ?? 0n) + BigInt(address & 0xfff),
        shared16: (address: number) => this.shared(address, 2).readUInt16LE(),
        shared32: (address: number) => this.shared(address, 4).readUInt32LE(),
        shared64: (address: number) => this.shared(address, 8).readBigUInt64LE(),
        // Asking for the time takes some, so that whoever waits for it does not wait for ever.
        startTransfers: () => { this.device.startTransfers?.() },
        now: () => this.now += 10_000n,
        arm: (time: bigint) => {
          this.armed = time
          this.arms++
        },
      },
      block: {
        announce: (unit: number, description: number) => {
          this.announcements++
          const at = view()
          const serial = Buffer.from(at.buffer, description + 32, at.getUint32(description + 28, true)).toString('latin1')
          const [blockBytes, physicalBlockBytes, maxBlocks, readOnly, canDiscard] = [8, 12, 16, 20, 24].map(field => at.getUint32(description + field, true))
          const blocks = at.getBigUint64(description, true)
          if (blocks === 0n) this.units.delete(unit)
          else this.units.set(unit, { blocks, blockBytes, physicalBlockBytes, maxBlocks, readOnly, canDiscard, serial })
        },
        next: (target: number) => this.next(view(), target),
        complete: (id: number, status: number) => {
          if (!this.taken.delete(id)) throw new Error(`request ${id} was completed, which the driver does not have`)
          this.completed.push({ id, status })
        },
      },
      ...this.more(),
      log: { line: (text: number, length: number) => { this.log.push(Buffer.from(this.sandbox.memory.buffer, text, length).toString()) } },
    }
  }

  private next(at: DataView, target: number): number {
    const request = this.waiting.shift()
    if (!request) return 0
    this.taken.set(request.id, request)
    const words = [request.id, request.unit, request.operation, request.parts.length]
    words.forEach((word, index) => at.setUint32(target + 4 * index, word, true))
    at.setBigUint64(target + 16, request.block, true)
    at.setUint32(target + 24, request.blocks, true)
    request.parts.forEach(({ physical, bytes }, index) => {
      at.setBigUint64(target + 32 + 16 * index, physical, true)
      at.setUint32(target + 40 + 16 * index, bytes, true)
      at.setUint32(target + 44 + 16 * index, 0, true)
    })
    return 1
  }
}
