/** What a trap report says, for every way in which a sandbox can end. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const LINEAR = 0xFFFF_A004_0000_0000n
const GUARD = 0xFFFF_FFFF_8012_3000n
const RIP = 0xFFFF_FFFF_8020_0000n

let trap: Sandbox
let cr2 = 0n

beforeAll(async () => {
  trap = await instantiate('test/kernel/trap.entry.ts', { imports: { hw: { readCr2: () => cr2, imageAddress: () => GUARD } } })
})
beforeEach(() => { cr2 = 0n })

function report(subject = 1): string {
  const length = trap.exports.trapOf(subject, LINEAR)
  return Buffer.from(trap.memory.buffer, trap.exports.target.value, length).toString()
}

const at = ' in FFFFFFFF80200000'

test('compiled Wasm\'s own traps are named by the order of boot/wasm-rt.h', () => {
  const order = /typedef enum \{\s*WASM_RT_TRAP_NONE,([^}]*)\} wasm_rt_trap_t/.exec(readFileSync(join(import.meta.dirname, '../../boot/wasm-rt.h'), 'utf8'))![1]
  const names: Record<string, string> = {
    OOB: 'access out of bounds', INT_OVERFLOW: 'integer overflow', DIV_BY_ZERO: 'division by zero', INVALID_CONVERSION: 'invalid conversion',
    UNREACHABLE: 'unreachable code reached', CALL_INDIRECT: 'indirect call of a wrong function', UNCAUGHT_EXCEPTION: 'trap', UNALIGNED: 'unaligned access',
    NULL_REF: 'null reference', EXHAUSTION: 'call stack exhausted',
  }
  const traps = [...order.matchAll(/WASM_RT_TRAP_(\w+)/g)].map(([, name]) => name)
  expect(traps.length).toBe(10)
  traps.forEach((name, index) => {
    trap.exports.recordTrap(index + 1, RIP)
    expect(report(), name).toBe(names[name] + at)
  })
})

test.each([
  [LINEAR, 'null reference: access at 0h'],
  [LINEAR + 0xFFFn, 'null reference: access at FFFh'],
  [LINEAR + 0x1_0000n, 'access outside its memory, at 10000h'],
  [LINEAR + 0x1_FFFF_FFFEn, 'access outside its memory, at 1FFFFFFFEh'],
  [GUARD, 'call stack exhausted'],
  [GUARD + 0xFFFn, 'call stack exhausted'],
])('a page fault at %s', (address, text) => {
  cr2 = address
  trap.exports.fault(14n, RIP)
  expect(report()).toBe(text + at)
})

test('the stack\'s guard is one page', () => {
  expect([GUARD - 1n, GUARD, GUARD + 0xFFFn, GUARD + 0x1000n].map(address => trap.exports.isGuard(address))).toEqual([0, 1, 1, 0])
})

test('other exceptions have the manual\'s names', () => {
  trap.exports.fault(6n, RIP)
  expect(report()).toBe(`#UD invalid opcode${at}`)
  trap.exports.fault(0n, RIP)
  expect(report()).toBe(`#DE divide error${at}`)
})

test('the watchdog, and what is not exported', () => {
  trap.exports.recordTrap(trap.exports.watchdog.value, RIP)
  expect(report()).toBe(`the watchdog stopped a call that did not return${at}`)
  trap.exports.missing()
  expect(report()).toBe('it does not export what is called')
})

test('an abort\'s words belong to the trap that follows, and to nobody else\'s', () => {
  trap.exports.says(1, 3)
  trap.exports.recordTrap(5, RIP)
  expect(report(1)).toBe(`abort: xxx${at}`)
  trap.exports.recordTrap(5, RIP)
  expect(report(1)).toBe(`unreachable code reached${at}`)
  trap.exports.says(1, 3)
  trap.exports.recordTrap(5, RIP)
  expect(report(2)).toBe(`unreachable code reached${at}`)
  trap.exports.recordTrap(3, RIP)
  expect(report(1)).toBe(`division by zero${at}`)
  trap.exports.says(1, 250)
  trap.exports.recordTrap(5, RIP)
  expect(report(1)).toBe(`abort: ${'x'.repeat(192)}${at}`)
})
