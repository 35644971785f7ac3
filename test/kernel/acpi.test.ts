/** What the nucleus takes from the sandbox that reads ACPI tables: a record that names registers in RAM, or more of anything than there is room for, is refused. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const RAM_END = 64n << 20n
const RECORD_BYTES = 0x1598

let nucleus: Sandbox
let base: number
beforeAll(async () => {
  nucleus = await instantiate('test/kernel/acpi.entry.ts')
  nucleus.exports.prepare(RAM_END)
  base = nucleus.exports.recordAt()
})
beforeEach(() => { nucleus.exports.clearAcpi() })

const view = () => new DataView(nucleus.memory.buffer)
const put32 = (offset: number, value: number) => view().setUint32(base + offset, value, true)
const put64 = (at: number, value: bigint) => view().setBigUint64(at, value, true)
const isSound = () => Boolean(nucleus.exports.isSound())

test('nothing is sound, and the record ends with the clock\'s time behind the rows', () => {
  expect(isSound()).toBe(true)
  expect(nucleus.exports.lastCpuEnd() - base).toBe(RECORD_BYTES - 8)
})

test.each([['segments', 0x10, 16], ['I/O APICs', 0x14, 32], ['NMIs', 0x18, 32], ['processors', 0x1C, 512]])('%s', (_, offset, room) => {
  for (let n = 0; n < 32; n++) put64(nucleus.exports.ioApicAt(n), 0xFEC0_0000n)
  for (let n = 0; n < 16; n++) put64(nucleus.exports.configurationSpaceAt(n), 0xB000_0000n)
  put32(offset, room)
  expect(isSound()).toBe(true)
  put32(offset, room + 1)
  expect(isSound()).toBe(false)
  put32(offset, 0xFFFF_FFFF)
  expect(isSound()).toBe(false)
})

test.each([
  [1, 0xCF9n, true], [1, 0xFFFFn, true], [1, 0x1_0000n, false],
  [2, 0xFED0_0000n, true], [2, RAM_END, true], [2, RAM_END - 1n, false], [2, 0n, false], [2, 0x7FFF_FFFF_F000n, false], [2, 0xFFFF_FFFF_FFFF_FFFFn, false],
  [3, 0n, false], [0xFFFF_FFFF, 0n, false],
])('a register in space %i at %s', (space, address, sound) => {
  for (let n = 0; n < 4; n++) {
    nucleus.exports.clearAcpi()
    const at = nucleus.exports.registerAt(n)
    put64(at, address)
    view().setUint32(at + 8, space, true)
    expect(isSound()).toBe(sound)
  }
})

test('an I/O APIC or an HPET in RAM', () => {
  put32(0x14, 2)
  put64(nucleus.exports.ioApicAt(0), 0xFEC0_0000n)
  put64(nucleus.exports.ioApicAt(1), RAM_END - 0x1Fn)
  expect(isSound()).toBe(false)
  put64(nucleus.exports.ioApicAt(1), RAM_END)
  expect(isSound()).toBe(true)
  put64(base, RAM_END - 1023n)
  expect(isSound()).toBe(false)
  put64(base, RAM_END)
  expect(isSound()).toBe(true)
})

test.each([
  [0xB000_0000n, 0, 255, true], [0x380_0000n, 8, 255, true], [0x380_0000n, 7, 255, false], [0xB000_0000n, 5, 4, false], [0xB000_0000n, 0, 256, false],
  [0xFFFF_FFFF_FFF0_0000n, 0, 15, false], [0xFFFF_FFFF_FFF0_0000n, 1, 15, false],
])('configuration space at %s for buses %i to %i', (address, first, last, sound) => {
  put32(0x10, 1)
  const at = nucleus.exports.configurationSpaceAt(0)
  put64(at, address)
  view().setUint16(at + 12, first, true)
  view().setUint16(at + 14, last, true)
  expect(isSound()).toBe(sound)
})

test.each([[7, 7, true], [8, 0, false], [0, 8, false]])('sleep types %i and %i', (a, b, sound) => {
  put32(0x48, a)
  put32(0x4C, b)
  expect(isSound()).toBe(sound)
})
