/** Control words and fixed bits. SDM vol. 3, A.2 to A.8: bit X of the low half is 1 when the control must be 1, bit X of the high half 0 when it must be 0. */
import { beforeAll, expect, test } from 'vitest'
import { start } from './cpu.ts'
import { coffeeLake, penryn, sandyBridge } from './processors.ts'

let control: Record<string, (...values: any[]) => any>
beforeAll(async () => { control = (await start()).exports })

const word = (required: number, optional: number, capability: bigint): number => control.controlWord(required, optional, BigInt.asIntN(64, capability)) >>> 0
const wide = (value: bigint): bigint => BigInt.asUintN(64, value)

test('a control that may be either is what was asked for', () => {
  const either = 0xFFFF_FFFF_0000_0000n
  expect(word(0, 0, either)).toBe(0)
  expect(word(0x8000_0001, 0, either)).toBe(0x8000_0001)
  expect(word(0, 0x8000_0001, either)).toBe(0x8000_0001)
  expect(word(0xFFFF_FFFF, 0, either)).toBe(0xFFFF_FFFF)
})

test('a control that must be 1 is 1, one that must be 0 is 0', () => {
  expect(word(0, 0, 0xFFFF_FFFF_FFFF_FFFFn)).toBe(0xFFFF_FFFF)
  expect(word(0, 0xFFFF_FFFF, 0n)).toBe(0)
  expect(word(0x8000_0000, 0, 0x7FFF_FFFF_0000_0000n)).toBe(0)
  expect(word(4, 2, 0x17_0000_0010n)).toBe(0x16)
})

test('what the CPU insists on is told', () => {
  expect(control.insistedBits(0x18200, BigInt.asIntN(64, penryn[0x482]))).toBe(0x18000)
  expect(control.insistedBits(0x18200, BigInt.asIntN(64, sandyBridge[0x48E]))).toBe(0)
})

test('real words', () => {
  // NMI exiting, virtual NMIs, and the default1 bits 1, 2 and 4 of A.3.1.
  expect(word(1 << 3 | 1 << 5, 0, sandyBridge[0x48D])).toBe(0x3E)
  // Penryn has no preemption timer: it is left out where it is optional.
  expect(word(1 << 3, 1 << 6, penryn[0x481])).toBe(0x1E)
  // Without the TRUE_ MSRs CR3 exits cannot be switched off.
  expect(word(0, 0, penryn[0x482])).toBe(0x0401_E172)
  expect(word(1 << 31, 0, sandyBridge[0x48E])).toBe(0x8400_6172)
  // TSC scaling, bit 25, is not Coffee Lake's, PML, bit 17, is.
  expect(word(1 << 1 | 1 << 7, 1 << 17 | 1 << 25, coffeeLake[0x48B])).toBe(0x2_0082)
})

test('CR0 and CR4 have their fixed bits', () => {
  const { 0x486: cr0Fixed0, 0x487: cr0Fixed1, 0x488: cr4Fixed0, 0x489: cr4Fixed1 } = sandyBridge
  expect(wide(control.withFixedBits(0x8001_0011n, cr0Fixed0, cr0Fixed1))).toBe(0x8001_0031n)
  expect(wide(control.withFixedBits(0x1_0000_0011n, cr0Fixed0, cr0Fixed1))).toBe(0x8000_0031n)
  expect(wide(control.withFixedBits(0x20n, cr4Fixed0, cr4Fixed1))).toBe(0x2020n)
  expect(wide(control.withFixedBits(1n << 21n, cr4Fixed0, cr4Fixed1))).toBe(0x2000n)
})

test('an unrestricted guest may clear PE and PG, not NE', () => {
  const fixed0 = control.guestCr0Fixed0(sandyBridge[0x486])
  expect(wide(control.withFixedBits(0n, fixed0, sandyBridge[0x487]))).toBe(0x20n)
  expect(wide(control.withFixedBits(0x8000_0001n, fixed0, sandyBridge[0x487]))).toBe(0x8000_0021n)
})

test('the required bits of a word', () => {
  const words = { pin: 96, processor: 160, exit: 224, entry: 288, secondary: 736 }
  const required = Object.fromEntries(Object.entries(words).map(([name, first]) => [name, control.requiredBits(first) >>> 0]))
  // External-interrupt exiting, NMI exiting, virtual NMIs.
  expect(required.pin).toBe(0x29)
  // Interrupt window, TSC offset, HLT, MWAIT, RDPMC, NMI window, I/O and MSR bitmaps, MONITOR, secondary.
  expect(required.processor).toBe(0xB240_0C8C)
  expect(required.secondary).toBe(0x82)
  // Debug controls, 64-bit host, PAT and EFER saved and loaded.
  expect(required.exit).toBe(0x3C_0204)
  // Debug controls, IA-32e mode guest, PAT and EFER.
  expect(required.entry).toBe(0xC204)
})
