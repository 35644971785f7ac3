/** Instructions with registers and memory to run them on, for the processor (native/native.c) and for the emulator alike. */
import { Random } from './encodings'

/** Where native.c puts things; segment bases too. */
export const Layout = {
  data: 0x1000_0000n, code: 0x2000_0000n, entry: 0x100n, window: 0x1000_0000n + 4096n - 128n, windowBytes: 256, gs64: 0x0800_0000n,
  codeBase32: 0x2000_0000n - 0x1000n, dataBase: 0x1000_0000n - 0x2000n, extraBase: 0x1000_0000n - 0x1000n, stackBase: 0x1000_0000n - 0x4000n, gsBase: 0x1000_0000n - 0x800n,
}

export const Flag = { Carry: 1n, Parity: 4n, Auxiliary: 16n, Zero: 64n, Sign: 128n, Direction: 1024n, Overflow: 2048n }
const allFlags = Flag.Carry | Flag.Parity | Flag.Auxiliary | Flag.Zero | Flag.Sign | Flag.Overflow
const logicUndefined = Flag.Auxiliary // Intel SDM vol. 2, AND, OR, XOR, TEST
const bitUndefined = Flag.Overflow | Flag.Sign | Flag.Auxiliary | Flag.Parity // BT …

export type Mode = 16 | 32 | 64

export interface Case {
  name: string
  mode: Mode
  code: number[]
  registers: bigint[]
  flags: bigint
  window: Uint8Array
  /** Flags that the manual defines after it. */
  definedFlags: bigint
}

interface Form {
  name: string
  opcode: number[]
  /** Operand sizes; `b` opcodes have 1 alone. */
  sizes: number[]
  /** ModRM.reg where it extends the opcode. */
  extension?: number
  immediate?: 'b' | 'z'
  lock?: boolean
  memoryOnly?: boolean
  modes?: Mode[]
  undefinedFlags?: bigint
  kind?: 'bit' | 'compare' | 'compare8' | 'push' | 'pop'
  /** Without 66h, which would make it another instruction. */
  fixed?: boolean
}

const word = [2, 4, 8]
const byte = [1]

function forms(): Form[] {
  const list: Form[] = []
  const names = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp']
  names.forEach((name, i) => {
    const undefinedFlags = [1, 4, 6].includes(i) ? logicUndefined : 0n
    const lock = i != 7
    const base = i * 8
    list.push({ name: `${name} r/m8, r8`, opcode: [base], sizes: byte, lock, undefinedFlags }, { name: `${name} r/m, r`, opcode: [base + 1], sizes: word, lock, undefinedFlags })
    list.push({ name: `${name} r8, r/m8`, opcode: [base + 2], sizes: byte, undefinedFlags }, { name: `${name} r, r/m`, opcode: [base + 3], sizes: word, undefinedFlags })
    list.push({ name: `${name} r/m8, imm8`, opcode: [0x80], extension: i, sizes: byte, immediate: 'b', lock, undefinedFlags })
    list.push({ name: `${name} r/m, imm`, opcode: [0x81], extension: i, sizes: word, immediate: 'z', lock, undefinedFlags })
    list.push({ name: `${name} r/m, imm8`, opcode: [0x83], extension: i, sizes: word, immediate: 'b', lock, undefinedFlags })
  })
  list.push(
    { name: 'mov r/m8, r8', opcode: [0x88], sizes: byte }, { name: 'mov r/m, r', opcode: [0x89], sizes: word },
    { name: 'mov r8, r/m8', opcode: [0x8A], sizes: byte }, { name: 'mov r, r/m', opcode: [0x8B], sizes: word },
    { name: 'mov r/m8, imm8', opcode: [0xC6], extension: 0, sizes: byte, immediate: 'b' }, { name: 'mov r/m, imm', opcode: [0xC7], extension: 0, sizes: word, immediate: 'z' },
    { name: 'movzx r, r/m8', opcode: [0x0F, 0xB6], sizes: word }, { name: 'movzx r, r/m16', opcode: [0x0F, 0xB7], sizes: word },
    { name: 'movsx r, r/m8', opcode: [0x0F, 0xBE], sizes: word }, { name: 'movsx r, r/m16', opcode: [0x0F, 0xBF], sizes: word },
    { name: 'movsxd r, r/m', opcode: [0x63], sizes: word, modes: [64] },
    { name: 'movnti', opcode: [0x0F, 0xC3], sizes: [4, 8], memoryOnly: true, fixed: true },
    { name: 'movbe r, m', opcode: [0x0F, 0x38, 0xF0], sizes: word, memoryOnly: true }, { name: 'movbe m, r', opcode: [0x0F, 0x38, 0xF1], sizes: word, memoryOnly: true },
    { name: 'test r/m8, r8', opcode: [0x84], sizes: byte, undefinedFlags: logicUndefined }, { name: 'test r/m, r', opcode: [0x85], sizes: word, undefinedFlags: logicUndefined },
    { name: 'test r/m8, imm8', opcode: [0xF6], extension: 0, sizes: byte, immediate: 'b', undefinedFlags: logicUndefined },
    { name: 'test r/m, imm', opcode: [0xF7], extension: 0, sizes: word, immediate: 'z', undefinedFlags: logicUndefined },
    { name: 'not r/m8', opcode: [0xF6], extension: 2, sizes: byte, lock: true }, { name: 'not r/m', opcode: [0xF7], extension: 2, sizes: word, lock: true },
    { name: 'neg r/m8', opcode: [0xF6], extension: 3, sizes: byte, lock: true }, { name: 'neg r/m', opcode: [0xF7], extension: 3, sizes: word, lock: true },
    { name: 'inc r/m8', opcode: [0xFE], extension: 0, sizes: byte, lock: true }, { name: 'inc r/m', opcode: [0xFF], extension: 0, sizes: word, lock: true },
    { name: 'dec r/m8', opcode: [0xFE], extension: 1, sizes: byte, lock: true }, { name: 'dec r/m', opcode: [0xFF], extension: 1, sizes: word, lock: true },
    { name: 'xchg r/m8, r8', opcode: [0x86], sizes: byte, lock: true }, { name: 'xchg r/m, r', opcode: [0x87], sizes: word, lock: true },
    { name: 'xadd r/m8, r8', opcode: [0x0F, 0xC0], sizes: byte, lock: true }, { name: 'xadd r/m, r', opcode: [0x0F, 0xC1], sizes: word, lock: true },
    { name: 'cmpxchg r/m8, r8', opcode: [0x0F, 0xB0], sizes: byte, lock: true, kind: 'compare' }, { name: 'cmpxchg r/m, r', opcode: [0x0F, 0xB1], sizes: word, lock: true, kind: 'compare' },
    { name: 'cmpxchg8b', opcode: [0x0F, 0xC7], extension: 1, sizes: [4], lock: true, memoryOnly: true, kind: 'compare8' },
    { name: 'push r/m', opcode: [0xFF], extension: 6, sizes: word, kind: 'push' }, { name: 'pop r/m', opcode: [0x8F], extension: 0, sizes: word, kind: 'pop' },
  )
  ;['bt', 'bts', 'btr', 'btc'].forEach((name, i) => {
    list.push({ name: `${name} r/m, r`, opcode: [0x0F, 0xA3 + i * 8], sizes: word, lock: i > 0, undefinedFlags: bitUndefined, kind: 'bit' })
    list.push({ name: `${name} r/m, imm8`, opcode: [0x0F, 0xBA], extension: 4 + i, sizes: word, immediate: 'b', lock: i > 0, undefinedFlags: bitUndefined })
  })
  for (let code = 0; code < 16; code++) {
    list.push({ name: `cmov${code}`, opcode: [0x0F, 0x40 + code], sizes: word }, { name: `set${code}`, opcode: [0x0F, 0x90 + code], extension: 0, sizes: byte })
  }
  return list
}

const mask = (bits: number) => (1n << BigInt(bits)) - 1n
const little = (value: bigint, bytes: number) => Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xFFn))
const read = (window: Uint8Array, offset: number, bytes: number) => {
  let value = 0n
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(window[offset + i])
  return value
}

/** Draws cases. */
export class Cases {
  constructor(private readonly random: Random) {}

  private wide(): bigint { return (BigInt(this.random.next()) << 32n) | BigInt(this.random.next()) }

  private start(name: string, mode: Mode, undefinedFlags: bigint): Case {
    const registers = Array.from({ length: 16 }, () => this.wide())
    if (mode != 64) for (let i = 0; i < 16; i++) registers[i] &= 0xFFFF_FFFFn
    let flags = 0x202n
    for (const flag of [Flag.Carry, Flag.Parity, Flag.Auxiliary, Flag.Zero, Flag.Sign, Flag.Overflow]) if (this.random.chance(50)) flags |= flag
    const few = this.random.chance(30) // equal bytes and carries are rare in random ones
    const window = Uint8Array.from({ length: Layout.windowBytes }, () => (few ? [0, 0xFF, 0x80, 0x7F][this.random.below(4)] : this.random.below(256)))
    return { name, mode, code: [], registers, flags, window, definedFlags: allFlags & ~undefinedFlags }
  }

  /** Every form, size and mode `times` times. */
  *all(mode: Mode, times: number): Generator<Case> {
    for (const form of forms()) {
      if (form.modes && !form.modes.includes(mode)) continue
      for (const size of form.sizes) {
        if (size == 8 && mode != 64) continue
        if ((form.kind == 'push' || form.kind == 'pop') && mode == 64 && size == 4) continue
        for (let i = 0; i < times; i++) yield this.withOperand(form, size, mode)
      }
    }
    for (let i = 0; i < times; i++) for (const size of [1, 2, 4, ...(mode == 64 ? [8] : [])]) {
      for (const opcode of [0xA4, 0xA6, 0xAA, 0xAC, 0xAE]) yield this.string(opcode, size, mode)
      for (const opcode of [0xA0, 0xA2]) yield this.accumulator(opcode, size, mode)
    }
  }

  private withOperand(form: Form, size: number, mode: Mode): Case {
    const { random } = this
    const test = this.start(`${form.name} (${size})`, mode, form.undefinedFlags ?? 0n)
    const count = mode == 64 ? 16 : 8
    const inMemory = form.memoryOnly || random.chance(80)
    const reg = form.extension ?? random.below(count)
    const addressBits = this.addressBits(mode)
    const prefixes: number[] = []
    const segments = new Map<number, bigint>(mode == 64 ? [[0x65, Layout.gs64]] : [[0x26, Layout.extraBase], [0x36, Layout.stackBase], [0x3E, Layout.dataBase], [0x65, Layout.gsBase]])
    let base: bigint | undefined
    if (inMemory && random.chance(25)) {
      const [byte, value] = [...segments][random.below(segments.size)]
      prefixes.push(byte)
      base = value
    }
    if (addressBits != mode) prefixes.push(0x67)
    if (!form.fixed && (size == 2 ? mode != 16 : size == 4 && mode == 16)) prefixes.push(0x66)
    const lock = inMemory && form.lock === true && random.chance(20)
    if (lock) prefixes.push(0xF0)

    const immediateBytes = form.immediate == 'b' ? 1 : form.immediate == 'z' ? Math.min(size, 4) : 0
    const immediate = little(this.wide(), immediateBytes)
    // The operand may lie anywhere from 40 bytes into the window, and so across the page border in its middle.
    let target = random.chance(30) ? 128 - random.below(9) : 40 + random.below(170)
    let shift = 0n
    if (form.kind == 'bit') {
      const bits = BigInt(size * 8)
      const index = BigInt(random.below(512)) - 256n
      test.registers[reg] = (this.wide() & ~mask(size * 8)) | (index & mask(size * 8))
      if (mode != 64) test.registers[reg] &= 0xFFFF_FFFFn
      target = 80 + random.below(90)
      shift = ((index >= 0n ? index : index - bits + 1n) / bits) * BigInt(size)
    }
    const stack = form.kind == 'push' || form.kind == 'pop'
    const avoid = new Set<number>([...(form.kind == 'bit' ? [reg] : []), ...(stack ? [4] : [])])
    if (stack) {
      const flat = Layout.window + 8n + BigInt(random.below(24))
      test.registers[4] = mode == 64 ? flat : flat - Layout.stackBase
      if (mode == 16) test.registers[4] |= BigInt(random.below(65536)) << 16n
    }

    if (!inMemory) {
      let rm = random.below(count)
      if (avoid.has(rm)) rm = 0
      if (form.kind == 'bit' && rm == reg) rm = reg ^ 1
      const rex = this.rex(mode, size, reg, rm, 0)
      test.code = [...prefixes.filter((byte) => byte != 0x67), ...rex, ...form.opcode, 0xC0 | (reg & 7) << 3 | rm & 7, ...immediate]
    } else {
      const operand = addressBits == 16 ? this.address16(test, reg, target, base, avoid) : this.address(test, reg, target, base, avoid, addressBits)
      const rex = this.rex(mode, size, reg, operand.base, operand.index)
      test.code = [...prefixes, ...rex, ...form.opcode, ...operand.bytes, ...immediate]
      if (operand.relative) {
        const next = Layout.code + Layout.entry + BigInt(test.code.length)
        const at = prefixes.length + rex.length + form.opcode.length + 1
        test.code.splice(at, 4, ...little(Layout.window + BigInt(target) - (base ?? 0n) - next, 4))
      }
    }
    if (form.kind == 'compare' && random.chance(50) && inMemory) this.setUnlessAddress(test, 0, read(test.window, target + Number(shift), size), size)
    if (form.kind == 'compare8' && random.chance(50)) {
      this.setUnlessAddress(test, 0, read(test.window, target, 4), 4)
      this.setUnlessAddress(test, 2, read(test.window, target + 4, 4), 4)
    }
    return test
  }

  private readonly addressRegisters = new Set<number>()

  /** Puts a value into a register unless the operand's address depends on it. */
  private setUnlessAddress(test: Case, register: number, value: bigint, size: number): void {
    if (!this.addressRegisters.has(register)) test.registers[register] = (test.registers[register] & ~mask(size * 8)) | value
  }

  private addressBits(mode: Mode): number {
    if (this.random.chance(75)) return mode
    return mode == 32 ? 16 : 32
  }

  private rex(mode: Mode, size: number, reg: number, base: number, index: number): number[] {
    if (mode != 64) return []
    const rex = 0x40 | (size == 8 ? 8 : 0) | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3
    return rex != 0x40 || this.random.chance(30) ? [rex] : []
  }

  /** ModRM, SIB and displacement for an operand `target` bytes into the window; sets the registers that make it so. */
  private address(test: Case, reg: number, target: number, segment: bigint | undefined, avoid: Set<number>, bits: number): { bytes: number[]; base: number; index: number; relative?: boolean } {
    const { random } = this
    this.addressRegisters.clear()
    const count = test.mode == 64 ? 16 : 8
    const pick = (not: number[]) => { for (;;) { const n = random.below(count); if (!avoid.has(n) && !not.includes(n)) return n } }
    const modrm = (mode: number, rm: number) => mode << 6 | (reg & 7) << 3 | rm & 7
    const linear = Layout.window + BigInt(target)
    const inSegment = (stack: boolean) => linear - (segment ?? (test.mode == 64 ? 0n : stack ? Layout.stackBase : Layout.dataBase))
    const set = (register: number, value: bigint) => {
      this.addressRegisters.add(register)
      const above = test.mode == 64 && bits == 32 ? this.wide() & ~mask(32) : 0n // ignored with 32-bit addresses
      test.registers[register] = (value & mask(bits)) | above
    }
    if (random.chance(15)) { // no base: RIP-relative, or an absolute address by SIB or by ModRM
      if (test.mode == 64 && random.chance(50)) return { bytes: [modrm(0, 5), 0, 0, 0, 0], base: 0, index: 0, relative: true }
      const bytes = little(inSegment(false), 4)
      if (test.mode == 64) return { bytes: [modrm(0, 4), 0x25, ...bytes], base: 0, index: 0 }
      return { bytes: [modrm(0, 5), ...bytes], base: 0, index: 0 }
    }
    if (random.chance(15)) { // an index and no base
      const index = pick([4])
      const scale = random.below(4)
      const value = BigInt(random.below(1000))
      set(index, value)
      return { bytes: [modrm(0, 4), scale << 6 | (index & 7) << 3 | 5, ...little(inSegment(false) - (value << BigInt(scale)), 4)], base: 0, index }
    }
    const withIndex = random.chance(50)
    const base = pick([])
    const index = withIndex ? pick([4, base]) : 4
    const scale = random.below(4)
    const indexValue = this.wide() & mask(bits)
    if (withIndex) set(index, indexValue)
    const mode = (base & 7) == 5 ? 1 + random.below(2) : random.below(3)
    const displacement = mode == 0 ? 0n : mode == 1 ? BigInt.asIntN(8, this.wide()) : BigInt.asIntN(32, this.wide())
    const stack = base == 4 || base == 5
    set(base, inSegment(stack) - displacement - (withIndex ? indexValue << BigInt(scale) : 0n))
    const sib = withIndex || (base & 7) == 4 ? [scale << 6 | (index & 7) << 3 | base & 7] : []
    return { bytes: [modrm(mode, sib.length ? 4 : base), ...sib, ...little(displacement, mode == 0 ? 0 : mode == 1 ? 1 : 4)], base, index: withIndex ? index : 0 }
  }

  private address16(test: Case, reg: number, target: number, segment: bigint | undefined, avoid: Set<number>): { bytes: number[]; base: number; index: number; relative?: boolean } {
    const { random } = this
    this.addressRegisters.clear()
    const rows = [[3, 6], [3, 7], [5, 6], [5, 7], [6], [7], [5], [3]]
    let rm = random.below(8)
    const mode = random.below(3)
    const usable = () => !rows[rm].some((register) => avoid.has(register))
    while (!usable()) rm = random.below(8)
    const absolute = mode == 0 && rm == 6
    const stack = !absolute && rows[rm][0] == 5
    const offset = Layout.window + BigInt(target) - (segment ?? (stack ? Layout.stackBase : Layout.dataBase))
    const modrm = mode << 6 | (reg & 7) << 3 | rm
    if (absolute) return { bytes: [modrm, ...little(offset, 2)], base: 0, index: 0 }
    const displacement = mode == 0 ? 0n : mode == 1 ? BigInt.asIntN(8, this.wide()) : BigInt.asIntN(16, this.wide())
    let rest = offset - displacement
    const set = (register: number, value: bigint) => {
      this.addressRegisters.add(register)
      test.registers[register] = (test.registers[register] & ~0xFFFFn) | (value & 0xFFFFn)
    }
    if (rows[rm].length == 2) {
      const value = this.wide() & 0xFFFFn
      set(rows[rm][1], value)
      rest -= value
    }
    set(rows[rm][0], rest)
    return { bytes: [modrm, ...little(displacement, mode)], base: 0, index: 0 }
  }

  private string(opcode: number, size: number, mode: Mode): Case {
    const { random } = this
    const wide = size == 1 ? 0 : 1
    const test = this.start(`string ${(opcode + wide).toString(16)}h (${size})`, mode, 0n)
    const addressBits = this.addressBits(mode)
    const down = random.chance(50)
    if (down) test.flags |= Flag.Direction
    const repeats = random.below(3)
    const elements = random.below(6)
    const prefixes: number[] = []
    if (repeats) prefixes.push(repeats == 1 ? 0xF3 : 0xF2)
    let sourceBase = mode == 64 ? 0n : Layout.dataBase
    if (random.chance(25)) {
      prefixes.push(0x65)
      sourceBase = mode == 64 ? Layout.gs64 : Layout.gsBase
    }
    if (addressBits != mode) prefixes.push(0x67)
    if (size == 2 ? mode != 16 : size == 4 && mode == 16) prefixes.push(0x66)
    const place = (base: bigint) => Layout.window + BigInt(60 + random.below(130)) - base
    const set = (register: number, value: bigint) => {
      // The bits beyond the address size are ignored, and with 32-bit addresses in 64-bit mode lost.
      const kept = mode == 64 && addressBits == 64 ? 0n : test.registers[register] & ~mask(addressBits)
      test.registers[register] = (value & mask(addressBits)) | kept
    }
    set(6, place(sourceBase))
    set(7, place(mode == 64 ? 0n : Layout.extraBase))
    if (repeats) set(1, BigInt(mode == 64 && addressBits == 32 ? elements + 1 : elements))
    if (random.chance(50)) test.registers[0] = (test.registers[0] & ~0xFFn) | BigInt(test.window[random.below(256)])
    test.code = [...prefixes, ...(size == 8 ? [0x48] : []), opcode + wide]
    return test
  }

  /** MOV between the accumulator and an offset. */
  private accumulator(opcode: number, size: number, mode: Mode): Case {
    const wide = size == 1 ? 0 : 1
    const test = this.start(`mov ${(opcode + wide).toString(16)}h (${size})`, mode, 0n)
    const bits = this.addressBits(mode)
    const prefixes = bits == mode ? [] : [0x67]
    if (size == 2 ? mode != 16 : size == 4 && mode == 16) prefixes.push(0x66)
    const offset = Layout.window + BigInt(this.random.below(248)) - (mode == 64 ? 0n : Layout.dataBase)
    test.code = [...prefixes, ...(size == 8 ? [0x48] : []), opcode + wide, ...little(offset, bits / 8)]
    return test
  }
}

const CaseBytes = 416
const ResultBytes = 392

/** A case as native.c reads it. */
export function pack(list: Case[]): Buffer {
  const buffer = Buffer.alloc(list.length * CaseBytes)
  list.forEach((test, i) => {
    const at = i * CaseBytes
    buffer.set(test.code, at)
    buffer.writeUInt32LE(test.code.length, at + 16)
    buffer.writeUInt32LE(test.mode, at + 20)
    test.registers.forEach((value, n) => buffer.writeBigUInt64LE(BigInt.asUintN(64, value), at + 24 + n * 8))
    buffer.writeBigUInt64LE(test.flags, at + 152)
    buffer.set(test.window, at + 160)
  })
  return buffer
}

export interface Result { registers: bigint[]; flags: bigint; window: Uint8Array }

/** What native.c wrote of case `index`. */
export function unpack(buffer: Buffer, index: number): Result {
  const at = index * ResultBytes
  return {
    registers: Array.from({ length: 16 }, (_, n) => buffer.readBigUInt64LE(at + n * 8)),
    flags: buffer.readBigUInt64LE(at + 128),
    window: buffer.subarray(at + 136, at + ResultBytes),
  }
}
