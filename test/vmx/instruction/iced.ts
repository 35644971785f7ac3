/** Compares a decoded record with what iced-x86 says of the same bytes. */
import { createRequire } from 'node:module'
import type * as Iced from 'iced-x86'

// The package is CommonJS with a const enum's worth of numbers: required, not imported.
const iced = createRequire(import.meta.url)('iced-x86') as typeof Iced
const { OpCodeOperandKind: Kind, OpKind, Register, RegisterExt, EncodingKind } = iced

/** What differs, in the words of the table in decode.test.ts, with both sides. */
export interface Difference { what: string; ours: unknown; theirs: unknown; code: string; opcode: string; bytes: string }

/** Offsets in the record of capability/instruction.ts. */
const Field = {
  length: 0, map: 1, opcode: 2, prefixes: 4, rex: 5, operandSize: 6, addressSize: 7, modrm: 8, register: 9, rm: 10, memory: 11,
  segment: 12, base: 13, index: 14, scale: 15, displacement: 16, immediate: 24, secondImmediate: 32,
}
const None = 0xFF
const Vector = 5 // DecodeStatus
const Rip = 0x10

interface CodeFacts { mandatory: boolean; kinds: number[]; operandSize: number; encoding: number; text: string; name: string }
const facts = new Map<number, CodeFacts>()

function factsOf(instruction: Iced.Instruction): CodeFacts {
  const code = instruction.code
  let found = facts.get(code)
  if (!found) {
    const info = instruction.opCode
    const kinds = Array.from({ length: info.opCount }, (_, i) => info.opKind(i) as number)
    found = { mandatory: info.mandatoryPrefix != iced.MandatoryPrefix.None, kinds, operandSize: info.operandSize, encoding: info.encoding, text: info.opCodeString, name: iced.Code[code] }
    info.free()
    facts.set(code, found)
  }
  return found
}

const fromReg = new Set<number>([Kind.r8_reg, Kind.r16_reg, Kind.r32_reg, Kind.r64_reg, Kind.r16_reg_mem, Kind.r32_reg_mem, Kind.r64_reg_mem,
  Kind.mm_reg, Kind.xmm_reg, Kind.ymm_reg, Kind.cr_reg, Kind.dr_reg, Kind.seg_reg, Kind.k_reg, Kind.bnd_reg, Kind.tmm_reg])
const fromRm = new Set<number>([Kind.r8_or_mem, Kind.r16_or_mem, Kind.r32_or_mem, Kind.r64_or_mem, Kind.r32_or_mem_mpx, Kind.r64_or_mem_mpx,
  Kind.r16_rm, Kind.r32_rm, Kind.r64_rm, Kind.mm_or_mem, Kind.xmm_or_mem, Kind.ymm_or_mem, Kind.mm_rm, Kind.xmm_rm, Kind.ymm_rm, Kind.k_or_mem, Kind.k_rm,
  Kind.bnd_or_mem_mpx, Kind.tmm_rm])
const fromOpcode = new Set<number>([Kind.r8_opcode, Kind.r16_opcode, Kind.r32_opcode, Kind.r64_opcode])
/** Registers of which there are eight, whatever REX says. */
const eight = new Set<number>([Kind.mm_reg, Kind.mm_rm, Kind.mm_or_mem, Kind.seg_reg, Kind.k_reg, Kind.k_rm, Kind.k_or_mem, Kind.tmm_reg, Kind.tmm_rm])
const byteKinds = new Set<number>([Kind.r8_or_mem, Kind.r8_reg, Kind.r8_opcode])
/** The first operand's kind gives the operand size of most integer instructions. */
const sizeOfKind = new Map<number, number>([
  [Kind.r8_or_mem, 1], [Kind.r8_reg, 1], [Kind.r8_opcode, 1], [Kind.r16_or_mem, 2], [Kind.r16_reg, 2], [Kind.r16_opcode, 2],
  [Kind.r32_or_mem, 4], [Kind.r32_reg, 4], [Kind.r32_opcode, 4], [Kind.r64_or_mem, 8], [Kind.r64_reg, 8], [Kind.r64_opcode, 8],
])

/** iced counts AL … BH and then SPL, BPL …: the latter's encoding is 4 less. */
function numberOf(register: number): number {
  const number = RegisterExt.number(register)
  return RegisterExt.isGPR8(register) && number >= 8 ? number - 4 : number
}

const segmentNumber = (register: number) => register - Register.ES

/** Decodes slot after slot with iced and compares. */
export class Oracle {
  private readonly decoder: Iced.Decoder
  private readonly instruction = new iced.Instruction()
  constructor(private readonly codeSize: number, private readonly bytes: Uint8Array, options: number) {
    this.decoder = new iced.Decoder(codeSize, bytes, options)
  }

  free(): void {
    this.decoder.free()
    this.instruction.free()
  }

  /** The length by iced, 0 where it calls the bytes invalid, -1 where they are more than 15. */
  length(position: number): number {
    this.decoder.position = position
    this.decoder.decodeOut(this.instruction)
    return this.instruction.isInvalid ? 0 : this.instruction.length
  }

  /** Every difference for the instruction at `position`, whose `length` was just asked; `view` holds our record at `at`, and `status` is what came with it. */
  compare(position: number, view: DataView, at: number, status: number): Difference[] {
    const instruction = this.instruction
    const { mandatory, kinds, operandSize, encoding, text, name } = factsOf(instruction)
    const list: Difference[] = []
    const field = (offset: number) => view.getUint8(at + offset)
    const differ = (what: string, ours: unknown, theirs: unknown) => {
      if (ours !== theirs) list.push({ what, ours, theirs, code: name, opcode: text, bytes: hex(this.bytes, position, instruction.length) })
    }
    // What is behind VEX, EVEX or XOP is not looked at.
    const legacy = encoding == EncodingKind.Legacy || encoding == EncodingKind.D3NOW
    differ('status', status, legacy ? 0 : Vector)
    if (status != 0) return list
    differ('length', field(Field.length), instruction.length)

    let hasMemory = 0
    for (let i = 0; i < kinds.length; i++) {
      const kind = instruction.opKind(i)
      const encoded = kinds[i]
      if (kind == OpKind.Register) {
        const ours = fromReg.has(encoded) ? Field.register : fromRm.has(encoded) ? Field.rm : fromOpcode.has(encoded) ? Field.register : -1
        if (ours < 0) continue
        const mask = eight.has(encoded) ? 7 : encoded == Kind.bnd_reg || encoded == Kind.bnd_or_mem_mpx ? 3 : 15
        differ('register', field(ours) & mask, numberOf(instruction.opRegister(i)))
      } else if (kind == OpKind.Memory) {
        hasMemory = 1
        this.compareMemory(differ, view, at)
      } else if (kind >= OpKind.MemorySegSI && kind <= OpKind.MemorySegRDI) {
        differ('segment', this.segment(field(Field.segment)), this.segment(segmentNumber(instruction.memorySegment)))
        differ('address size', field(Field.addressSize), [2, 4, 8][(kind - OpKind.MemorySegSI) % 3])
      } else this.compareImmediate(differ, view, at, kind, encoded)
    }
    differ('memory', field(Field.memory), hasMemory)
    if (operandSize && !byteKinds.has(kinds[0]) && field(Field.operandSize) != 1) differ('operand size', field(Field.operandSize), operandSize / 8)
    const expected = sizeOfKind.get(kinds[0])
    if (expected && !mandatory) differ('first operand', field(Field.operandSize), expected)
    return list
  }

  /** In 64-bit mode an override of ES, CS, SS or DS is ignored: iced still names it. */
  private segment(number: number): string {
    return this.codeSize == 64 && number < 4 ? 'flat' : ['ES', 'CS', 'SS', 'DS', 'FS', 'GS'][number]
  }

  private compareMemory(differ: (what: string, ours: unknown, theirs: unknown) => void, view: DataView, at: number): void {
    const instruction = this.instruction
    const base = instruction.memoryBase
    const index = instruction.memoryIndex
    const bits = view.getUint8(at + Field.addressSize) * 8
    const number = (register: number) => (register == Register.None ? None : register == Register.RIP || register == Register.EIP ? Rip : RegisterExt.number(register))
    const baseSize = base == Register.None ? 0 : base == Register.EIP ? 4 : base == Register.RIP ? 8 : RegisterExt.size(base)
    if (baseSize) differ('address size', bits / 8, baseSize)
    differ('base', view.getUint8(at + Field.base), number(base))
    differ('index', view.getUint8(at + Field.index), number(index))
    if (index != Register.None) differ('scale', 1 << view.getUint8(at + Field.scale), instruction.memoryIndexScale)
    differ('segment', this.segment(view.getUint8(at + Field.segment)), this.segment(segmentNumber(instruction.memorySegment)))
    let displacement = view.getBigInt64(at + Field.displacement, true)
    // iced gives a RIP-relative operand's target.
    if (number(base) == Rip) displacement += this.decoder.ip
    differ('displacement', BigInt.asUintN(bits, displacement), BigInt.asUintN(bits, instruction.memoryDisplacement))
  }

  private compareImmediate(differ: (what: string, ours: unknown, theirs: unknown) => void, view: DataView, at: number, kind: number, encoded: number): void {
    const instruction = this.instruction
    if (encoded == Kind.imm8_const_1) return // D0h, D1h: the 1 is not encoded
    const immediate = view.getBigUint64(at + Field.immediate, true)
    const second = view.getUint16(at + Field.secondImmediate, true)
    const relative = () => BigInt.asIntN(64, immediate) + this.decoder.ip
    switch (kind) {
      case OpKind.NearBranch16: return differ('target', Number(BigInt.asUintN(16, relative())), instruction.nearBranch16)
      case OpKind.NearBranch32: return differ('target', Number(BigInt.asUintN(32, relative())), instruction.nearBranch32 >>> 0)
      case OpKind.NearBranch64: return differ('target', BigInt.asUintN(64, relative()), instruction.nearBranch64)
      case OpKind.FarBranch16:
      case OpKind.FarBranch32:
        differ('selector', second, instruction.farBranchSelector)
        return differ('target', Number(BigInt.asUintN(kind == OpKind.FarBranch16 ? 16 : 32, immediate)), (kind == OpKind.FarBranch16 ? instruction.farBranch16 : instruction.farBranch32) >>> 0)
      case OpKind.Immediate8: return differ('immediate', Number(immediate & 0xFFn), instruction.immediate8)
      case OpKind.Immediate8_2nd: return differ('second immediate', second, instruction.immediate8_2nd)
      case OpKind.Immediate16: return differ('immediate', Number(immediate & 0xFFFFn), instruction.immediate16)
      case OpKind.Immediate32: return differ('immediate', Number(immediate & 0xFFFFFFFFn), instruction.immediate32 >>> 0)
      case OpKind.Immediate64: return differ('immediate', immediate, instruction.immediate64)
      case OpKind.Immediate8to16: return differ('immediate', Number(BigInt.asIntN(16, immediate)), instruction.immediate8to16)
      case OpKind.Immediate8to32: return differ('immediate', Number(BigInt.asIntN(32, immediate)), instruction.immediate8to32)
      case OpKind.Immediate8to64: return differ('immediate', BigInt.asIntN(64, immediate), instruction.immediate8to64)
      case OpKind.Immediate32to64: return differ('immediate', BigInt.asIntN(64, immediate), instruction.immediate32to64)
    }
  }
}

/** The bytes as text, for a message. */
export function hex(bytes: Uint8Array, position: number, length: number): string {
  return Buffer.from(bytes.subarray(position, position + length)).toString('hex')
}
