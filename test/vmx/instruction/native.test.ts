/** The emulator against the processor that runs this test. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { Cases, Flag, Layout, pack, unpack, type Case, type Mode } from './cases'
import { Random } from './encodings'
import { A, Cr0, Cr4, D, Efer, Guest, P, RW, Status, US } from './guest'

const here = dirname(fileURLToPath(import.meta.url))
const directory = resolve(here, '../../../build/test')
const program = join(directory, 'native-instructions')
const statusFlags = Flag.Carry | Flag.Parity | Flag.Auxiliary | Flag.Zero | Flag.Sign | Flag.Overflow | Flag.Direction

// Guest physical pages of the two data pages (out of order, so that crossing from one to the other is seen), of the code and of the tables.
const dataPages = [0x9000, 0x7000]
const codePage = 0xB000
const tables = 0x10_0000

let guest: Guest

beforeAll(async () => {
  mkdirSync(directory, { recursive: true })
  execFileSync('gcc', ['-O1', '-Wall', '-Werror', '-static', '-no-pie', '-fno-pie', '-fcf-protection=none', '-o', program, join(here, 'native/native.c')])
  guest = await Guest.create()
  guest.grant(0)
  guest.grant(Number(Layout.data >> 21n))
  guest.grant(Number(Layout.code >> 21n))
})

/** Runs cases on the processor. */
function native(list: Case[]): Buffer {
  return execFileSync(program, { input: pack(list), maxBuffer: 1 << 30 })
}

/** 4-level tables for the data and code pages. */
function map64(): void {
  const rights = P | RW | US
  const entry = (level: number, linear: bigint) => Number((linear >> BigInt(12 + 9 * level)) & 0x1FFn)
  const root = tables
  guest.write64(root, BigInt(tables + 0x1000) | rights)
  const map = (linear: bigint, gpa: number, directoryPage: number, tablePage: number) => {
    guest.write64(tables + 0x1000 + entry(2, linear) * 8, BigInt(directoryPage) | rights)
    guest.write64(directoryPage + entry(1, linear) * 8, BigInt(tablePage) | rights)
    guest.write64(tablePage + entry(0, linear) * 8, BigInt(gpa) | rights)
  }
  map(Layout.data, dataPages[0], tables + 0x2000, tables + 0x3000)
  map(Layout.data + 4096n, dataPages[1], tables + 0x2000, tables + 0x3000)
  map(Layout.code, codePage, tables + 0x2000, tables + 0x4000)
}

/** 32-bit tables for the same. */
function map32(): void {
  const rights = Number(P | RW | US)
  const root = tables + 0x8000
  guest.write32(root + Number(Layout.data >> 22n) * 4, tables + 0x9000 | rights)
  guest.write32(root + Number(Layout.code >> 22n) * 4, tables + 0xA000 | rights)
  guest.write32(tables + 0x9000, dataPages[0] | rights)
  guest.write32(tables + 0x9004, dataPages[1] | rights)
  guest.write32(tables + 0xA000, codePage | rights)
}

function prepare(mode: Mode): void {
  if (mode == 64) {
    map64()
    guest.set({ cr0: Cr0.PE | Cr0.PG | Cr0.WP, cr3: BigInt(tables), cr4: Cr4.PAE, efer: Efer.LME | Efer.LMA | Efer.NXE, gsBase: Layout.gs64, csBase: 0n })
    // In 64-bit mode these have no bearing.
    guest.set({ dsBase: 0x1234_5000n, esBase: 0x5432_1000n, ssBase: 0x7000_0000n, cpl: 3, codeSize: 64, stackSize: 64 })
    return
  }
  guest.set({ dsBase: Layout.dataBase, esBase: Layout.extraBase, ssBase: Layout.stackBase, gsBase: Layout.gsBase, cpl: 3, codeSize: mode, stackSize: mode, efer: 0n, cr4: 0n })
  if (mode == 32) {
    map32()
    guest.set({ cr0: Cr0.PE | Cr0.PG | Cr0.WP, cr3: BigInt(tables + 0x8000), csBase: Layout.codeBase32 })
  } else guest.set({ cr0: Cr0.PE, csBase: Layout.code })
}

/** Where the emulator's guest has the bytes of a linear address. */
function place(mode: Mode, linear: bigint): number {
  if (mode == 16) return guest.ram(linear)
  const page = linear - Layout.data < 4096n && linear >= Layout.data ? dataPages[0] : linear >= Layout.code ? codePage : dataPages[1]
  return guest.ram(page + Number(linear & 0xFFFn))
}

const low = (mode: Mode, value: bigint) => (mode == 64 ? value : value & 0xFFFF_FFFFn)

function compare(test: Case, index: number, results: Buffer): string | undefined {
  const { mode } = test
  const text = `${test.name}, ${mode}-bit, ${Buffer.from(test.code).toString('hex')}`
  const entry = Layout.entry + (mode == 64 ? Layout.code : mode == 32 ? 0x1000n : 0n)
  const codeLinear = Layout.code + Layout.entry
  guest.host.set(test.code, place(mode, codeLinear))
  for (let i = 0; i < Layout.windowBytes; i++) guest.host[place(mode, Layout.window + BigInt(i))] = test.window[i]
  guest.setGeneral(test.registers)
  guest.set({ rip: entry, rflags: test.flags })
  const status = guest.run()
  if (status != Status.Done) return `${text}: status ${status}, fault ${JSON.stringify(guest.fault(), (_, v) => (typeof v == 'bigint' ? v.toString(16) : v))}`
  const expected = unpack(results, index)
  if (guest.get('rip') != entry + BigInt(test.code.length)) return `${text}: RIP ${guest.get('rip').toString(16)}`
  const registers = guest.general()
  for (let n = 0; n < (mode == 64 ? 16 : 8); n++) {
    if (low(mode, registers[n]) != low(mode, expected.registers[n])) return `${text}: register ${n} is ${registers[n].toString(16)}, the processor has ${expected.registers[n].toString(16)}`
  }
  const flags = test.definedFlags & statusFlags
  if ((guest.get('rflags') & flags) != (expected.flags & flags)) return `${text}: flags ${(guest.get('rflags') & flags).toString(16)}, the processor has ${(expected.flags & flags).toString(16)}`
  for (let i = 0; i < Layout.windowBytes; i++) {
    const ours = guest.host[place(mode, Layout.window + BigInt(i))]
    if (ours != expected.window[i]) return `${text}: byte ${i} of memory is ${ours.toString(16)}, the processor has ${expected.window[i].toString(16)}`
  }
}

describe('emulate against the processor', () => {
  it.each([64, 32, 16] as Mode[])('does the same in %i-bit code', (mode) => {
    const list = [...new Cases(new Random(0xC0DE + mode)).all(mode, 25)]
    expect(list.length).toBeGreaterThan(4000)
    const results = native(list)
    prepare(mode)
    const problems = list.map((test, i) => compare(test, i, results)).filter((text) => text !== undefined)
    expect(problems.slice(0, 20)).toEqual([])
  })

  it('marked the pages it used', () => {
    expect(guest.read64(tables + 0x3000) & (A | D)).toBe(A | D)
    expect(guest.read64(tables + 0x4000) & (A | D)).toBe(A)
    expect(guest.read32(tables + 0x9000) & Number(A | D)).toBe(Number(A | D))
    expect(guest.read32(tables + 0xA000) & Number(A | D)).toBe(Number(A))
  })
})
