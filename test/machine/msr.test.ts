/** The MSRs that only the guest goes by. Intel SDM vol. 3, 12.11.2 and vol. 4, table 2-2; AMD APM vol. 2, 7.7 and appendix A. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bench, type Bench } from './board.js'

const none = 0xffff_ffff_ffff_ffffn
const [patchLevel, mtrrCapability, mcgStatus, miscEnable, debugControl, mtrrDefault, hwcr, vmCr, decodeConfiguration] =
  [0x8b, 0xfe, 0x17a, 0x1a0, 0x1d9, 0x2ff, 0xc001_0015, 0xc001_0114, 0xc001_1029]
const fixed = [0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f]
const variable = Array.from({ length: 16 }, (_, index) => 0x200 + index)

let b: Bench
beforeAll(async () => { b = await bench() })
beforeEach(() => { b.reset() })

test('after power-on memory is write-back everywhere, and every other range is off', () => {
  expect(b.readMsr(0, mtrrCapability)).toBe(0x508n) // 8 variable ranges, fixed ones, write-combining
  for (const vcpu of [0, 31]) expect(b.readMsr(vcpu, mtrrDefault)).toBe(0xc06n)
  expect([...fixed, ...variable].map(index => b.readMsr(0, index))).toEqual(Array(27).fill(0n))
})

test('each MTRR of each processor keeps its own, until the next power-on', () => {
  const value = (vcpu: number, index: number) => fixed.includes(index) ? 0x0606_0505_0404_0100n : BigInt(index) << 12n | BigInt(vcpu) << 24n | (index & 1 ? 0x800n : 6n)
  for (const vcpu of [0, 1, 31]) for (const index of [...fixed, ...variable]) expect(b.writeMsr(vcpu, index, value(vcpu, index))).toBe(true)
  for (const vcpu of [0, 1, 31]) for (const index of [...fixed, ...variable]) expect(b.readMsr(vcpu, index)).toBe(value(vcpu, index))
  b.reset()
  expect(b.readMsr(31, variable[15])).toBe(0n)
})

describe('refused is', () => {
  test.each([
    ['a type that does not exist', mtrrDefault, 0xc02n], ['a reserved bit of MTRRdefType', mtrrDefault, 0x1c06n], ['a type in the first byte of a fixed range', 0x250, 2n],
    ['in its last', 0x26f, 0x07n << 56n], ['a base with a type that does not exist', 0x200, 3n], ['a base with a reserved bit', 0x20e, 0x106n], ['one beyond physical addresses', 0x200, 1n << 40n | 6n],
    ['a mask with a reserved bit', 0x201, 0x400n], ['one beyond physical addresses', 0x20f, 1n << 63n], ['machine checks in progress', mcgStatus, 4n], ['branch traces', debugControl, 1n],
    ['a ninth variable range', 0x210, 6n], ['MTRRcap', mtrrCapability, 0x508n], ['SVM', vmCr, 0n], ['an MSR that nobody has', 0x1234, 0n],
  ])('%s', (_, index, value) => {
    const before = b.readMsr(0, index)
    expect(b.writeMsr(0, index, value)).toBe(false)
    expect(b.readMsr(0, index)).toBe(before)
  })
})

test('HWCR keeps bits 0 to 6 and 24', () => {
  expect(b.writeMsr(1, hwcr, none)).toBe(true)
  expect([b.readMsr(0, hwcr), b.readMsr(1, hwcr)]).toEqual([0n, 0x100_007fn])
})

test('what is read does not depend on what is written to the rest', () => {
  for (const [index, value] of [[patchLevel, 0n], [miscEnable, 0x1801n], [decodeConfiguration, 2n], [0xc001_0010, 0n], [0xc001_001f, 0n]] as const) {
    expect(b.writeMsr(0, index, 0x55n)).toBe(true)
    expect(b.readMsr(0, index)).toBe(value)
  }
  expect([b.writeMsr(0, mcgStatus, 0n), b.writeMsr(0, debugControl, 0n)]).toEqual([true, true])
  expect([0x179, mcgStatus, debugControl, vmCr].map(index => b.readMsr(0, index))).toEqual([0n, 0n, 0n, 0x18n])
})

test('there is no other, and no thirty-third processor', () => {
  expect([0, 0x24f, 0x25a, 0x267, 0x270, 0x1234, 0xc000_0080].map(index => b.readMsr(0, index))).toEqual(Array(7).fill(none))
  expect([b.readMsr(32, mtrrDefault), b.writeMsr(32, mtrrDefault, 0xc06n)]).toEqual([none, false])
})
