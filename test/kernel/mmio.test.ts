/** What a guest reaches by instructions that the nucleus has carried out: never more than by those that the processor carries out. */
import { beforeEach, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const Fault = 2, Unsupported = 3 // EmulateStatus
const ram = Buffer.alloc(1 << 21)
const code = 0x8000n
let asked: number
let answer: number
/** What the machine asks for before it answers; 0n for nothing. */
let locates: bigint
let s: Sandbox['exports']

let stored: bigint[]

const hw = {
  load8: (hpa: bigint) => ram.readUInt8(at(hpa)), load64: (hpa: bigint) => ram.readBigInt64LE(at(hpa)),
  enter: () => {
    asked++
    if (locates) s.locates(locates)
    return BigInt(answer)
  },
  gateStatus: () => 0, readTsc: () => 0n, cpuid: () => 0, multiplyShift: () => 0n,
  store8: (hpa: bigint) => { stored.push(hpa) }, store32: (hpa: bigint) => { stored.push(hpa) }, store64: (hpa: bigint) => { stored.push(hpa) },
}
const at = (hpa: bigint) => Number(hpa) - 4096

beforeEach(async () => {
  asked = 0
  locates = 0n
  stored = []
  s ??= (await instantiate('test/kernel/mmio.entry.ts', { imports: { hw } })).exports
  s.start()
})

test.each([['insb', '6c'], ['rep insd', 'f3 6d'], ['outsb', '6e'], ['rep outsw', '66 f3 6f']])('%s that another processor has put where an access to a device was is the processor\'s', (_, bytes) => {
  ram.set(Buffer.from(bytes.replaceAll(' ', ''), 'hex'), Number(code))
  answer = Unsupported
  expect(s.accesses(code, 0xFEB0_0000n)).toBe(0n)
  expect([asked, s.rip()]).toEqual([0, code])
  // For a port the processor has checked that the guest may.
  answer = Fault
  s.usesPort(code)
  expect(asked).toBe(1)
})

test('a machine that tells of a fault where there was none learns nothing of another guest', () => {
  ram.set([0x08, 0x03], Number(code)) // or [ebx], al
  answer = Fault
  s.faultElsewhere(0x1234_5678n)
  const event = s.accesses(code, 0xFEB0_0000n)
  expect(asked).toBe(1)
  expect([event & 0xFFn, event >> 11n & 1n, event >> 32n, s.cr2()]).toEqual([13n, 1n, 0n, 0n]) // #GP(0). APM vol. 2, 15.20
})

test.each([
  ['movzx ecx, byte [ebx]', '0f b6 0b', 3n << 21n, 3n << 21n, 0], ['mov [ebx], eax', '89 03', 3n << 21n, 3n << 21n, 0],
  ['mov [ebx], eax', '89 03', (1n << 21n) - 2n, 1n << 21n, 0], ['or [ebx], al', '08 03', 3n << 21n, 3n << 21n, 1],
])('%s (%s) at %i, where RAM is not there, begins again once it is', (_, bytes, at, absent, byMachine) => {
  ram.set(Buffer.from(bytes.replaceAll(' ', ''), 'hex'), Number(code))
  s.setRegister(3, at)
  answer = Fault
  locates = at
  expect(s.accesses(code, 0xFEB0_0000n)).toBe(0n)
  expect([s.waitsFor(), s.rip(), stored, asked]).toEqual([absent, code, [], byMachine])
})

test('steal time is told in RAM, and not in firmware', () => {
  s.wantsStealTime(0x4000n)
  expect(stored).toEqual([0x5008n, 0x5000n, 0x5010n, 0x5008n])
  stored = []
  s.wantsStealTime(0xFFFF_F000n)
  expect(stored).toEqual([])
})
