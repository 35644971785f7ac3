/** Reads a WebAssembly module as far as debugging needs it: its functions and, in order, every instruction with its place in the file. */

/** How an instruction takes part in the control structure, which decides what wasm2c makes of it. */
export type Kind = 'block' | 'loop' | 'if' | 'else' | 'end' | 'branch' | 'branchIf' | 'branchTable' | 'unreachable' | 'call' | 'silent' | 'plain'

/** One instruction. */
export interface Instruction {
  /** Bytes from the module's start; the source map's column. */
  offset: number
  kind: Kind
  opcode: number
}

/** The functions' bodies in the order of the code section. WebAssembly core specification 2.0, 5.5.13. */
export function functions(module: Uint8Array): Instruction[][] {
  const reader = new Reader(module)
  if (reader.u32le() !== 0x6d736100 || reader.u32le() !== 1) throw new Error('not a WebAssembly 1 module')
  while (!reader.done) {
    const section = reader.byte()
    const size = reader.leb()
    if (section !== 10) {
      reader.position += size
      continue
    }
    const bodies: Instruction[][] = []
    for (let count = reader.leb(); count > 0; count--) bodies.push(body(reader))
    return bodies
  }
  return []
}

function body(reader: Reader): Instruction[] {
  const size = reader.leb()
  const end = reader.position + size
  for (let groups = reader.leb(); groups > 0; groups--) {
    reader.leb()
    reader.byte()
  }
  const instructions: Instruction[] = []
  while (reader.position < end) {
    const offset = reader.position
    const opcode = reader.byte()
    skipImmediates(reader, opcode)
    instructions.push({ offset, opcode, kind: kinds.get(opcode) ?? 'plain' })
  }
  return instructions
}

const kinds = new Map<number, Kind>([
  [0x00, 'unreachable'], [0x01, 'silent'], [0x02, 'block'], [0x03, 'loop'], [0x04, 'if'], [0x05, 'else'], [0x0b, 'end'],
  [0x0c, 'branch'], [0x0d, 'branchIf'], [0x0e, 'branchTable'], [0x0f, 'branch'], [0x10, 'call'], [0x11, 'call'],
  [0x1a, 'silent'], // drop: wasm2c only forgets the stack variable
])

/** Numbers of LEB128 immediates by opcode. WebAssembly core specification 2.0, 5.4. */
function skipImmediates(reader: Reader, opcode: number): void {
  if (opcode >= 0x28 && opcode <= 0x3e) return reader.skip(2) // loads and stores: alignment, offset
  switch (opcode) {
    case 0x02: case 0x03: case 0x04: // block type
    case 0x0c: case 0x0d: // label
    case 0x10: // function
    case 0x20: case 0x21: case 0x22: case 0x23: case 0x24: case 0x25: case 0x26: // variable or table
    case 0x3f: case 0x40: // memory
    case 0x41: case 0x42: // i32.const, i64.const
    case 0xd0: case 0xd2: // ref.null, ref.func
      return reader.skip(1)
    case 0x11: return reader.skip(2) // call_indirect: type, table
    case 0x0e: return reader.skip(reader.leb() + 1) // br_table
    case 0x1c: return reader.skip(reader.leb()) // select with types
    case 0x43: reader.position += 4; return
    case 0x44: reader.position += 8; return
    case 0xfc: return reader.skip(bulkImmediates(reader.leb()))
    case 0xfd: case 0xfe: throw new Error(`opcode ${opcode.toString(16)}h is of an extension that no module here is compiled with`)
  }
}

/** Immediates of the FCh opcodes: saturating conversions none, memory and table operations one or two. */
function bulkImmediates(opcode: number): number {
  if (opcode <= 7) return 0
  return [2, 1, 2, 1, 2, 1, 2, 1, 1, 1][opcode - 8] ?? 0
}

class Reader {
  position = 0
  constructor(private readonly bytes: Uint8Array) {}
  get done(): boolean { return this.position >= this.bytes.length }
  byte(): number { return this.bytes[this.position++] }
  u32le(): number { return this.byte() | this.byte() << 8 | this.byte() << 16 | this.byte() << 24 }
  /** An unsigned LEB128 number. */
  leb(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** shift
      if (!(byte & 0x80)) return value
    }
  }
  /** Passes over `count` LEB128 numbers of any length. */
  skip(count: number): void {
    for (; count > 0; count--) while (this.byte() & 0x80);
  }
}
