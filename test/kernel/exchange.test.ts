/** Memory that goes and comes while a VM runs: only while none of its vCPUs does, and no translation of before is used afterwards. */
import { beforeEach, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const MIB2 = 2n << 20n
const ROOT = 0x10_0000n

let words: Map<bigint, bigint>
let tsc = 1n
let s: Sandbox['exports']

const hw = {
  load64: (hpa: bigint) => BigInt.asIntN(64, words.get(hpa) ?? 0n),
  store64: (hpa: bigint, value: bigint) => { words.set(hpa, BigInt.asUintN(64, value)) },
  zero: (hpa: bigint, length: bigint) => { if (length <= 4096n) for (let at = hpa; at < hpa + length; at += 8n) words.delete(at) },
  readCr3: () => ROOT, invalidatePage: () => {}, writeCr3: () => {}, cpuid: () => 0, readMsr: () => 0n, readTsc: () => tsc++, fence: () => {}, pause: () => {}, multiplyShift: () => 0n, scale: (value: bigint) => value, store32: () => {}, load32: () => 0,
  store16: () => {}, store8: () => {}, xsave: () => {}, xrstor: () => {}, fxsave: () => {}, fxrstor: () => {}, moduleCount: () => 0, // no machine is there to begin anew
}

beforeEach(async () => {
  words = new Map()
  s ??= (await instantiate('test/kernel/exchange.entry.ts', { imports: { hw } })).exports
  expect(s.start(40n, 64n)).toBe(1)
})
const missing = () => Array.from({ length: 40 }, (_, index) => index).filter(index => s.block(index) === 0)

test('blocks go when no vCPU runs, at most 16 at once, and all that was cached is forgotten', () => {
  const [free, era] = [s.free(), s.era()]
  expect(s.ask(4n * MIB2, 20n * MIB2, 0)).toBe(1)
  expect(s.ask(30n * MIB2, MIB2, 0)).toBe(0)
  expect(s.choose()).toBe(1)
  expect(s.settle()).toBe(1)
  expect([missing(), s.isHeld(), s.news()]).toEqual([[], 1, 0])
  s.leave()
  expect(s.settle()).toBe(1)
  expect(missing()).toEqual(Array.from({ length: 16 }, (_, index) => 4 + index))
  expect([s.isHeld(), s.news(), s.free() - free, s.era()]).toEqual([0, 1, 16n, era + 1n])
  expect([s.resident(0) >>> 0, s.resident(1) >>> 0]).toEqual([0xFFFF_FFFF, 0xFFFF_FFFF])
  // The one that wanted to run does again.
  expect(s.choose()).toBe(1)
  expect(s.settle()).toBe(1)
  expect([s.isHeld(), s.news()]).toEqual([0, 0])
})

test('its machine is not told of another size before what it asked for is done', () => {
  s.ask(4n * MIB2, MIB2, 0)
  s.choose()
  expect([s.settleAll(1), missing()]).toEqual([1, []])
  s.leave()
  expect([s.settleAll(1), missing()]).toEqual([0, [4]])
})

describe('what has gone', () => {
  beforeEach(() => {
    s.ask(4n * MIB2, 4n * MIB2, 0)
    s.settle()
    s.news()
  })

  test('comes back, and what was there stays', () => {
    const before = s.block(3)
    expect(s.ask(3n * MIB2, 3n * MIB2, 1)).toBe(1)
    expect(s.settle()).toBe(1)
    expect([missing(), s.block(3), s.news()]).toEqual([[6, 7], before, 1])
  })

  test('comes back as far as there is memory', () => {
    s.takeAll()
    expect(s.ask(4n * MIB2, 2n * MIB2, 1)).toBe(1)
    expect(s.settle()).toBe(1)
    expect([missing(), s.isHeld(), s.news()]).toEqual([[4, 5, 6, 7], 0, 1])
  })

  test('comes back when the guest uses it, and its machine hears of it: a device may wait for it', () => {
    s.touch(5n * MIB2 + 123n)
    expect(s.settle()).toBe(1)
    expect([missing(), s.isHeld(), s.news()]).toEqual([[4, 6, 7], 0, 1])
  })

  test('is missed when there is none: the VM stands still', () => {
    s.takeAll()
    s.touch(5n * MIB2)
    expect(s.settle()).toBe(0)
    // A device that waits is to ask again when the VM goes on.
    expect([missing(), s.choose(), s.news()]).toEqual([[4, 5, 6, 7], 0, 1])
  })

  test('waits while the VM is paused', () => {
    s.ask(4n * MIB2, MIB2, 1)
    s.setState(2)
    expect(s.settle()).toBe(1)
    expect(missing()).toEqual([4, 5, 6, 7])
    s.setState(1)
    s.settle()
    expect(missing()).toEqual([5, 6, 7])
  })
})

test.each([[40n * MIB2, MIB2], [0xC000_0000n, MIB2], [-MIB2, MIB2], [4n * MIB2, 0n], [39n * MIB2, 1n << 60n]])('what is not its RAM, at %i, is not touched', (gpa, bytes) => {
  const free = s.free()
  for (const comesBack of [1, 0]) {
    s.ask(gpa, bytes, comesBack)
    s.settle()
  }
  expect(missing()).toEqual(gpa === 39n * MIB2 ? [39] : [])
  expect(s.free() - free).toBe(gpa === 39n * MIB2 ? 1n : 0n)
})

describe('a guest that resets itself', () => {
  const Paused = 2
  const second = 1_000_000_000n
  beforeEach(() => { tsc = 100n * second })

  test('at once is given others a chance before its RAM is zeroed again', () => {
    expect([s.reboot(9n * second, tsc), s.restarts(), s.choose()]).toEqual([Paused, 0n, 0])
    const at = s.restartAt()
    expect(at - tsc).toBeGreaterThan(249_000_000n)
    tsc = at - 2n
    expect([s.look(), s.restarts()]).toEqual([Paused, 0n])
    tsc = at
    s.look()
    expect([s.restarts(), s.restartAt()]).toEqual([1n, 0n])
  })

  test('later begins anew at once', () => {
    s.reboot(11n * second, tsc)
    expect([s.restarts(), s.restartAt()]).toEqual([1n, 0n])
  })

  test('has what it is to keep where what it had given back is not there any more', () => {
    s.setLimits(36n * MIB2, 40n * MIB2)
    s.ask(4n * MIB2, 4n * MIB2, 0)
    s.settle()
    s.news()
    s.takeAll()
    s.reboot(11n * second, tsc)
    expect(s.memoryBytes()).toBe(36n * MIB2)
  })
})
