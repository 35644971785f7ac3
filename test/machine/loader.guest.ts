/** A VM without a processor: what the loader and the ACPI tables see of it through their capabilities, kept where a test can look. */
import { instantiate, type Sandbox } from '../sandbox'

const CHUNK = 0x10000
const UNTOUCHED = new Uint8Array(CHUNK).fill(0xaa)
const ZEROES = new Uint8Array(CHUNK)
const GIB3 = 0xc000_0000
const GIB4 = 0x1_0000_0000

export const Protocol = { linux: 1, multiboot: 2, multiboot2: 3, pvh: 4, firmware: 5 }
export const Register = { rax: 0, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7, rip: 16, rflags: 17, cr0: 18, cr3: 19, cr4: 20, efer: 21, gdtrBase: 22, gdtrLimit: 23 }
export const Segment = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5, tr: 6 }

export interface Setup {
  ramBytes?: number
  /** Bytes of firmware below 4 GiB, in blocks of 2 MiB. */
  romBytes?: number
  protocol?: number
  kernel?: Uint8Array
  initrd?: Uint8Array
  modules?: { file: Uint8Array, text: string }[]
  commandLine?: string
  vcpuCount?: number
  /** As many as vcpuCount unless told otherwise. */
  maxVcpus?: number
}

/** Guest RAM that costs only what was written; its bytes are AAh until then, as a reset leaves what the last kernel left. */
export class Ram {
  private readonly chunks = new Map<number, Uint8Array>()
  /** Every write that was not to RAM. */
  readonly strays: string[] = []
  /** Every write to A0000h–FFFFFh. */
  readonly firmwareWrites: string[] = []
  constructor(readonly size: number, private readonly romBytes = 0) {}

  has(gpa: number, length: number): boolean {
    const lowEnd = Math.min(this.size, GIB3)
    if (gpa < lowEnd) return gpa + length <= lowEnd
    if (gpa < GIB4) return gpa >= GIB4 - this.romBytes && gpa + length <= GIB4
    return gpa >= GIB4 && gpa + length <= GIB4 + this.size - GIB3
  }

  private chunk(index: number): Uint8Array {
    return this.chunks.get(index) ?? UNTOUCHED
  }

  private writable(index: number): Uint8Array {
    let chunk = this.chunk(index)
    if (chunk === UNTOUCHED || chunk === ZEROES) this.chunks.set(index, chunk = chunk.slice())
    return chunk
  }

  /** Notes a write that goes wrong or may; false when it is not to RAM. */
  private note(gpa: number, length: number): boolean {
    const range = `${gpa.toString(16)}h, ${length} bytes`
    if (gpa < 0x100000 && gpa + length > 0xa0000) this.firmwareWrites.push(range)
    if (this.has(gpa, length)) return true
    this.strays.push(range)
    return false
  }

  read(gpa: number, length: number): Buffer {
    const result = Buffer.alloc(length, 0xff)
    if (!this.has(gpa, length)) return result
    for (let done = 0; done < length;) {
      const offset = (gpa + done) % CHUNK
      const step = Math.min(length - done, CHUNK - offset)
      result.set(this.chunk(Math.floor((gpa + done) / CHUNK)).subarray(offset, offset + step), done)
      done += step
    }
    return result
  }

  write(gpa: number, bytes: Uint8Array): boolean {
    if (!this.note(gpa, bytes.length)) return false
    for (let done = 0; done < bytes.length;) {
      const offset = (gpa + done) % CHUNK
      const step = Math.min(bytes.length - done, CHUNK - offset)
      this.writable(Math.floor((gpa + done) / CHUNK)).set(bytes.subarray(done, done + step), offset)
      done += step
    }
    return true
  }

  zero(gpa: number, length: number): boolean {
    if (!this.note(gpa, length)) return false
    for (let done = 0; done < length;) {
      const offset = (gpa + done) % CHUNK
      const step = Math.min(length - done, CHUNK - offset)
      const index = Math.floor((gpa + done) / CHUNK)
      if (step === CHUNK) this.chunks.set(index, ZEROES)
      else this.writable(index).fill(0, offset, offset + step)
      done += step
    }
    return true
  }

  u8(gpa: number): number { return this.read(gpa, 1).readUInt8() }
  u16(gpa: number): number { return this.read(gpa, 2).readUInt16LE() }
  u32(gpa: number): number { return this.read(gpa, 4).readUInt32LE() }
  u64(gpa: number): number { return Number(this.read(gpa, 8).readBigUInt64LE()) }
  text(gpa: number): string {
    const bytes = this.read(gpa, 8192)
    return bytes.toString('utf8', 0, bytes.indexOf(0))
  }
}

/** The module under test with a VM around it; `reset` gives it a new VM. */
export class Guest {
  ram = new Ram(0)
  setup: Setup = {}
  log: string[] = []
  registers = new Map<number, bigint>()
  segments = new Map<number, { selector: number, base: number, limit: number, attributes: number }>()
  sandbox!: Sandbox

  static async create(entry: string): Promise<Guest> {
    const guest = new Guest()
    guest.sandbox = await instantiate(entry, { imports: guest.imports() })
    return guest
  }

  reset(setup: Setup): this {
    this.setup = setup
    this.ram = new Ram(setup.ramBytes ?? 64 << 20, Math.ceil((setup.romBytes ?? 0) / (2 << 20)) * (2 << 20))
    this.log = []
    this.registers.clear()
    this.segments.clear()
    return this
  }

  register(register: number): number { return Number(this.registers.get(register) ?? -1n) }

  private file(index: number): Uint8Array {
    const files = [this.setup.kernel, this.setup.initrd, ...(this.setup.modules ?? []).map((module) => module.file)]
    return files[index] ?? new Uint8Array(0)
  }

  private text(key: number): string {
    if (key === 1) return this.setup.commandLine ?? ''
    return key >= 3 ? this.setup.modules?.[key - 3]?.text ?? '' : 'web'
  }

  private number(key: number): number {
    const { protocol, vcpuCount, maxVcpus, modules } = this.setup
    return { 1: protocol ?? 1, 2: vcpuCount ?? 1, 3: modules?.length ?? 0, 6: maxVcpus ?? vcpuCount ?? 1 }[key] ?? 0
  }

  private imports() {
    const memory = (target: number, length: number) => new Uint8Array(this.sandbox.memory.buffer, target >>> 0, length >>> 0)
    const bytes = (value: bigint | number, width: number) => {
      const buffer = Buffer.alloc(8)
      buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
      return buffer.subarray(0, width)
    }
    const address = (value: bigint) => Number(BigInt.asUintN(64, value))
    const range = (index: number, offset: bigint, length: number) => {
      const file = this.file(index)
      return address(offset) + length <= file.length ? file.subarray(address(offset), address(offset) + length) : null
    }
    return {
      ram: {
        size: () => BigInt(this.ram.size),
        read8: (gpa: bigint) => this.ram.u8(address(gpa)),
        read16: (gpa: bigint) => this.ram.u16(address(gpa)),
        read32: (gpa: bigint) => this.ram.u32(address(gpa)) | 0,
        read64: (gpa: bigint) => this.ram.read(address(gpa), 8).readBigInt64LE(),
        write8: (gpa: bigint, value: number) => { this.ram.write(address(gpa), bytes(value, 1)) },
        write16: (gpa: bigint, value: number) => { this.ram.write(address(gpa), bytes(value, 2)) },
        write32: (gpa: bigint, value: number) => { this.ram.write(address(gpa), bytes(value, 4)) },
        write64: (gpa: bigint, value: bigint) => { this.ram.write(address(gpa), bytes(value, 8)) },
        copyOut: (target: number, gpa: bigint, length: number) => {
          if (!this.ram.has(address(gpa), length)) return 0
          memory(target, length).set(this.ram.read(address(gpa), length))
          return 1
        },
        copyIn: (gpa: bigint, source: number, length: number) => Number(this.ram.write(address(gpa), memory(source, length).slice())),
        zero: (gpa: bigint, length: bigint) => Number(this.ram.zero(address(gpa), address(length))),
      },
      file: {
        size: (index: number) => BigInt(this.file(index).length),
        read: (index: number, offset: bigint, target: number, length: number) => {
          const part = range(index, offset, length >>> 0)
          if (part) memory(target, length).set(part)
          return Number(part !== null)
        },
        toRam: (index: number, offset: bigint, gpa: bigint, length: bigint) => {
          const part = range(index, offset, address(length))
          return Number(part !== null && this.ram.write(address(gpa), part))
        },
      },
      config: {
        number: (key: number) => BigInt(this.number(key)),
        text: (key: number, target: number, capacity: number) => {
          const text = Buffer.from(this.text(key))
          memory(target, capacity).set(text.subarray(0, capacity))
          return text.length
        },
      },
      log: { line: (text: number, length: number) => { this.log.push(Buffer.from(memory(text, length)).toString('utf8')) } },
      start: {
        state: (source: number) => {
          const state = memory(source, 0xd0)
          for (let register = 0; register < 26; register++) this.registers.set(register, Buffer.from(state).readBigUInt64LE(register * 8))
          return true
        },
        segment: (segment: number, selector: number, base: bigint, limit: number, attributes: number) => {
          this.segments.set(segment, { selector, base: address(base), limit: limit >>> 0, attributes })
        },
      },
    }
  }
}
