/** A sandbox that floods the log is cut, and what was cut is counted and told. */
import { beforeAll, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const SECOND = 1_000_000n
let module: Sandbox['exports']
let lines = 0
let since = 0n

beforeAll(async () => { module = (await instantiate('test/kernel/flood.entry.ts')).exports })

function log(now: bigint): boolean {
  const allowed = module.countLine(lines, since, now, SECOND) !== 0
  lines = module.counted()
  since = module.since()
  return allowed
}

test('fifty lines in a second pass, the others are cut, and the next second tells how many', () => {
  const start = 5n * SECOND
  const passed = Array.from({ length: 80 }, (_, i) => log(start + BigInt(i)))
  expect(passed.filter(Boolean).length).toBe(50)
  expect(passed.slice(0, 50).every(Boolean)).toBe(true)
  expect(log(start + SECOND)).toBe(true)
  expect(module.cut()).toBe(30)
  expect(log(start + SECOND + 1n)).toBe(true)
  expect(module.cut()).toBe(0)
})

test('a sandbox that logs a line now and then is never cut', () => {
  for (let now = 100n * SECOND; now < 200n * SECOND; now += SECOND / 10n) {
    expect(log(now)).toBe(true)
    expect(module.cut()).toBe(0)
  }
})
