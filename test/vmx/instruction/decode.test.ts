/** The decoder against iced-x86, an independent decoder, on more than a million encodings; and the manual's limits. */
import { beforeAll, describe, expect, it } from 'vitest'
import { instantiate, type Sandbox } from '../../sandbox'
import { encodings, place, Random, Slot } from './encodings'
import { hex, Oracle, type Difference } from './iced'

const Chunk = 65536
const ResultStride = 48
const Status = { Ok: 0, TooShort: 1, Invalid: 2, TooLong: 3, Vector: 5 }
const Vendor = { Amd: 0, Intel: 1 }
const icedAmd = 2 // DecoderOptions.AMD

let sandbox: Sandbox
let exports: Sandbox['exports']
let slots: number
let results: number
const random = new Random(0x7E57)

beforeAll(async () => {
  sandbox = await instantiate('test/vmx/instruction/decode.entry.ts')
  exports = sandbox.exports
  slots = exports.reserve(Chunk)
  results = exports.resultsAt()
})

/**
 * Where iced and the record differ, and why that is right. Each row names the instructions by iced's name, what may differ and a check of
 * the values.
 */
const explained: { why: string; code: RegExp; what: RegExp; holds?: (difference: Difference) => boolean }[] = [
  { why: 'The record shows operands that are encoded; XLAT\'s is implied.', code: /^Xlat/, what: /^(memory|base|segment)$/ },
  { why: 'iced takes AMD\'s UD0 to lack ModRM. It raises #UD whatever its length.', code: /^Ud0$/, what: /^(status|length|memory)$/ },
  { why: 'AMD ignores REX.W for far pointers in memory; the emulator has none.', code: /^(Lfs|Lgs|Lss)_r32|^(Call|Jmp)_m1632$/, what: /operand/, holds: ({ ours, theirs }) => ours == 8 && theirs == 4 },
  { why: 'Near CALL, near JMP and PUSH have 64-bit operands of themselves, which only those who carry them out need to know.', code: /^(Call|Jmp|Push)_rm64$/, what: /operand/, holds: ({ ours, theirs }) => ours == 4 && theirs == 8 },
  { why: 'REX.W is without effect on the x87 environment.', code: /^(Fldenv|Fnstenv|Fnsave|Frstor)/, what: /operand size/, holds: ({ ours, theirs }) => ours == 8 && theirs == 4 },
  { why: 'Intel ignores 66h on a near branch. Of those without an immediate the length does not depend on it.', code: /^(Retnq|Jmp_rm64|Call_rm64)/, what: /operand/, holds: ({ ours, theirs }) => ours == 2 && theirs == 8 },
]

/**
 * Opcodes for which we give a length although iced refuses some of their forms: reserved combinations of mandatory prefix, register or
 * memory form, vector length and vvvv. Whoever asks for a length has an instruction that the processor accepted already, and the emulator
 * executes none of these.
 */
function reservedFormsAllowed(map: number, opcode: number): boolean {
  if (map >= 2) return true
  if (map == 0) return opcode >= 0xD8 && opcode <= 0xDF // x87 register forms
  return (
    opcode == 0x00 || // group 6: LKGS needs F2h
    opcode == 0x01 || // group 7: register forms
    opcode == 0x0F || // 3DNow!: the opcode is in the last byte
    (opcode >= 0x12 && opcode <= 0x17) || (opcode >= 0x28 && opcode <= 0x2F) || (opcode >= 0x50 && opcode <= 0x7F) || // SSE and MMX
    opcode == 0x37 || // GETSEC takes no prefix
    opcode == 0xA6 || opcode == 0xA7 || // PadLock
    opcode == 0xAE || opcode == 0xC7 || // groups 15 and 9
    opcode == 0xB8 || // POPCNT needs F3h
    (opcode >= 0xC3 && opcode <= 0xC6) || opcode >= 0xD0 // SSE and MMX
  )
}

interface Tally { encodings: number; valid: number; problems: string[] }

function compareAll(codeSize: number, vendor: number, vectorCount: number, randomCount: number): Tally {
  const tally: Tally = { encodings: 0, valid: 0, problems: [] }
  const problem = (text: string) => { if (tally.problems.length < 50) tally.problems.push(text) }
  exports.setVendor(vendor)
  const source = encodings(codeSize, random, vectorCount, randomCount)
  for (let done = false; !done;) {
    const bytes = new Uint8Array(sandbox.memory.buffer, slots, Chunk * Slot)
    let count = 0
    for (; count < Chunk; count++) {
      const next = source.next()
      if (next.done) { done = true; break }
      place(bytes, count, next.value, random)
    }
    exports.decodeAll(slots, count, codeSize, 15)
    const view = new DataView(sandbox.memory.buffer)
    const oracle = new Oracle(codeSize, bytes.slice(), vendor == Vendor.Amd ? icedAmd : 0)
    for (let i = 0; i < count; i++) checkOne(i, codeSize, view, oracle, bytes, tally, problem)
    oracle.free()
    tally.encodings += count
  }
  return tally
}

function checkOne(index: number, codeSize: number, view: DataView, oracle: Oracle, bytes: Uint8Array, tally: Tally, problem: (text: string) => void): void {
  const at = results + index * ResultStride
  const status = view.getInt32(at, true)
  const length = view.getUint8(at + 8)
  const theirs = oracle.length(index * Slot)
  const text = () => `${codeSize}-bit ${hex(bytes, index * Slot, 15)}`
  if (theirs == 0) {
    const [map, opcode] = [view.getUint8(at + 9), view.getUint8(at + 10)]
    if (status == Status.Ok && !reservedFormsAllowed(map, opcode)) problem(`${text()}: length ${length}, but iced calls it invalid`)
    return
  }
  tally.valid++
  for (const difference of oracle.compare(index * Slot, view, at + 8, status)) {
    const row = explained.find(({ code, what, holds }) => code.test(difference.code) && what.test(difference.what) && (!holds || holds(difference)))
    if (!row) problem(`${text()}: ${difference.code} ${difference.what} is ${difference.ours}, iced says ${difference.theirs}`)
  }
  if (status != Status.Ok) return
  // Every byte short of the end is needed, and no byte beyond it.
  if (exports.decodePart(slots + index * Slot, length - 1, codeSize) != Status.TooShort) problem(`${text()}: complete with ${length - 1} of ${length} bytes`)
  if (exports.decodePart(slots + index * Slot, length, codeSize) != Status.Ok) problem(`${text()}: needs more than its ${length} bytes`)
}

describe('decode against iced-x86', () => {
  // Together more than 1,600,000 encodings, of which iced must find a million valid: else the generator is at fault.
  it.each([
    [64, 'AMD', Vendor.Amd], [64, 'Intel', Vendor.Intel], [32, 'AMD', Vendor.Amd], [32, 'Intel', Vendor.Intel], [16, 'AMD', Vendor.Amd],
  ])('agrees in %i-bit code as on %s', (codeSize, _, vendor) => {
    const { encodings, valid, problems } = compareAll(codeSize, vendor, 60_000, 40_000)
    expect(problems).toEqual([])
    expect(encodings).toBe(4 * 256 * 256 + 100_000)
    expect(valid).toBeGreaterThan(encodings / 3)
  })
})

function decodeOne(text: string, codeSize: number, available = 15): { status: number; field: (offset: number) => number } {
  const bytes = Buffer.from(text.replaceAll(' ', ''), 'hex')
  const memory = new Uint8Array(sandbox.memory.buffer)
  memory.fill(0x90, slots, slots + 32)
  memory.set(bytes, slots)
  const status = exports.decodePart(slots, available, codeSize)
  return { status, field: (offset) => new DataView(sandbox.memory.buffer).getUint8(results + 8 + offset) }
}

describe('limits', () => {
  // Intel SDM vol. 2, 2.3.11: an instruction is at most 15 bytes.
  it('refuses more than 15 bytes', () => {
    expect(decodeOne('66'.repeat(14) + '90', 64).status).toBe(Status.Ok)
    expect(decodeOne('66'.repeat(15) + '90', 64).status).toBe(Status.TooLong)
    expect(decodeOne('66'.repeat(7) + '81 05 00000000 0000', 64).status).toBe(Status.Ok)
    expect(decodeOne('66'.repeat(8) + '81 05 00000000 0000', 64).status).toBe(Status.TooLong)
    expect(decodeOne('66'.repeat(15), 64, 14).status).toBe(Status.TooShort)
  })

  it('asks for bytes before it judges those it does not have', () => {
    expect(decodeOne('0f 04', 64, 2).status).toBe(Status.Invalid)
    expect(decodeOne('0f 04', 64, 1).status).toBe(Status.TooShort)
    expect(decodeOne('06', 64, 0).status).toBe(Status.TooShort)
  })

  // Intel SDM vol. 2, 2.3.5: LES and C4h are told from VEX by the byte that follows.
  it('leaves what is behind VEX to nobody here', () => {
    expect(decodeOne('c5 fa 6f 03', 64).status).toBe(Status.Vector)
    expect(decodeOne('c5 fa 6f 03', 64, 1).status).toBe(Status.TooShort)
    expect(decodeOne('c5 3a', 32).status).toBe(Status.Ok)
    expect(decodeOne('8f e8 78 c0 c1 00', 64).status).toBe(Status.Vector)
  })

  // AMD APM vol. 3, MOV CRn: LOCK MOV CR0 reads CR8. Intel: #UD.
  it('knows AMD\'s other way to CR8', () => {
    exports.setVendor(Vendor.Amd)
    const amd = decodeOne('f0 0f 20 c0', 32)
    expect([amd.status, amd.field(9)]).toEqual([Status.Ok, 8])
    exports.setVendor(Vendor.Intel)
    expect(decodeOne('f0 0f 20 c0', 32).status).toBe(Status.Invalid)
  })
})
