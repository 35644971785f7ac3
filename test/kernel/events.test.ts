/** The events of a vCPU: of those that an exception interrupted none is lost, and an x87 error is an exception or an interrupt. */
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

const VALID = 1n << 31n, ERROR = 1n << 11n
/** EVENTINJ, AMD APM vol. 2, 15.20. */
const external = (vector: number) => VALID | BigInt(vector)
const fault = (vector: number, hasError = false) => VALID | 3n << 8n | BigInt(vector) | (hasError ? ERROR : 0n)
const NMI = VALID | 2n << 8n | 2n
const DB = 1, AC = 17, PF = 14, MF = 16
const FERR = 0x1000n

let cpu: Record<string, (...values: any[]) => any>
let calls: bigint[]
const hw = { cpuid: () => 0, readTsc: () => 0n, gateStatus: () => 0, enter: (address: bigint) => (calls.push(address), 0n) }
beforeAll(async () => { cpu = (await instantiate('test/kernel/events.entry.ts', { imports: { hw } })).exports })
beforeEach(() => {
  calls = []
  cpu.start()
  cpu.setFerr(FERR)
})
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

test('an x87 error is #MF while CR0.NE is set', () => {
  cpu.setControlRegister0(0x31n)
  cpu.exception(MF, 0n)
  expect(calls).toEqual([])
  expect(enter()).toBe(fault(MF))
})

// SDM vol. 1, 8.7.2; APM vol. 2, 15.14.2.
test.each([['', false], [', in the shadow of STI', true]])('while it is clear the machine is told and the vCPU waits for an interrupt%s', (_, inShadow) => {
  cpu.setControlRegister0(0x11n)
  if (inShadow) cpu.shadowInterrupts()
  cpu.exception(MF, 0n)
  expect(calls).toEqual([FERR])
  expect(enter()).toBe(0n)
  expect(cpu.isHalted()).toBe(1)
  cpu.requestInterrupt(0x75)
  expect(cpu.isHalted()).toBe(0)
  expect(enter()).toBe(external(0x75))
})

test('an interrupt that was there already is taken instead of waiting', () => {
  cpu.setControlRegister0(0x11n)
  cpu.requestInterrupt(0x41)
  cpu.exception(MF, 0n)
  expect(cpu.isHalted()).toBe(0)
  expect(enter()).toBe(external(0x41))
})
