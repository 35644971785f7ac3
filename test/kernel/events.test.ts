/** An exception that comes while an interrupt is being delivered: nothing that was taken from its controller is lost. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

const VALID = 1n << 31n, ERROR = 1n << 11n
/** EVENTINJ, AMD APM vol. 2, 15.20. */
const external = (vector: number) => VALID | BigInt(vector)
const fault = (vector: number, hasError = false) => VALID | 3n << 8n | BigInt(vector) | (hasError ? ERROR : 0n)
const NMI = VALID | 2n << 8n | 2n
const DB = 1, AC = 17, PF = 14

let cpu: Record<string, (...values: any[]) => any>
beforeAll(async () => { cpu = (await instantiate('test/kernel/events.entry.ts', { imports: { hw: { cpuid: () => 0 } } })).exports })
beforeEach(() => cpu.start())
const enter = () => BigInt.asUintN(64, cpu.enter())

test.each([[DB, fault(DB)], [AC, fault(AC, true)]])('an interrupt follows exception %i once its handler takes interrupts', (vector, first) => {
  cpu.requestInterrupt(0x41)
  expect(enter()).toBe(external(0x41))
  cpu.exception(vector, external(0x41))
  cpu.allowInterrupts(false) // the handler's gate
  expect(enter()).toBe(first)
  cpu.interruptWindow()
  expect(enter()).toBe(0n)
  expect(cpu.isWindowOpen()).toBe(1)
  expect(cpu.isAwake()).toBe(0)
  cpu.allowInterrupts(true)
  expect(cpu.isAwake()).toBe(1)
  cpu.interruptWindow()
  expect(enter()).toBe(external(0x41))
  expect(cpu.isWindowOpen()).toBe(0)
  cpu.interruptWindow()
  expect(enter()).toBe(0n)
})

test('one that the 8259s gave waits too, and nothing asks them again', () => {
  cpu.exception(DB, external(0x08)) // no machine is there that could be asked
  cpu.allowInterrupts(false)
  expect(enter()).toBe(fault(DB))
  cpu.allowInterrupts(true)
  cpu.interruptWindow()
  expect(enter()).toBe(external(0x08))
})

test('a more urgent one that came meanwhile is taken after it', () => {
  cpu.requestInterrupt(0x41)
  expect(enter()).toBe(external(0x41))
  cpu.exception(DB, external(0x41))
  expect(enter()).toBe(fault(DB))
  cpu.requestInterrupt(0x91)
  expect(enter()).toBe(external(0x41))
  cpu.interruptWindow()
  expect(enter()).toBe(external(0x91))
})

test('an NMI is injected again when the handler of the exception has returned', () => {
  cpu.requestNmi()
  expect(enter()).toBe(NMI)
  cpu.exception(DB, NMI)
  expect(enter()).toBe(fault(DB))
  cpu.interruptWindow()
  expect(enter()).toBe(0n)
  cpu.nmiWindow()
  expect(enter()).toBe(NMI)
  cpu.nmiWindow()
  expect(enter()).toBe(0n)
})

test('an exception that was being delivered is left to whatever raised it', () => {
  cpu.exception(DB, fault(PF, true))
  expect(enter()).toBe(fault(DB))
  cpu.interruptWindow()
  expect(enter()).toBe(0n)
})
