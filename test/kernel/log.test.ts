/** The byte queue, the ring that keeps the newest, and the nucleus's words, against the plain JavaScript that they should equal. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

let log: Sandbox
beforeAll(async () => { log = await instantiate('test/kernel/log.entry.ts') })

const bytes = (length: number) => Buffer.from(log.memory.buffer, log.exports.target.value, length)
const text = (length: number) => bytes(length).toString()

describe('the queue', () => {
  test('gives out in order what it took, and refuses what does not fit', () => {
    const step = fc.oneof(fc.record({ push: fc.integer({ min: 0, max: 255 }) }), fc.constant('pull' as const))
    fc.assert(fc.property(fc.constantFrom(1, 2, 16, 64), fc.constantFrom(0, 7, 0xFFFF_FFF0), fc.array(step, { maxLength: 300 }), (capacity, passed, steps) => {
      log.exports.startQueue(capacity)
      log.exports.age(passed) // the counts wrap at 32 bits
      const model: number[] = []
      for (const step of steps) {
        if (step === 'pull') expect(log.exports.pull()).toBe(model.shift() ?? -1)
        else {
          expect(log.exports.push(step.push)).toBe(Number(model.length < capacity))
          if (model.length < capacity) model.push(step.push)
        }
        expect(log.exports.length()).toBe(model.length)
      }
    }))
  })
})

describe('the ring', () => {
  test('keeps the newest and tells what is gone', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.bigInt(0n, 250n), fc.integer({ min: 0, max: 80 }), (written, position, limit) => {
      log.exports.startRing(32)
      for (const byte of written) log.exports.put(byte)
      const begin = Math.max(0, written.length - 32)
      expect([log.exports.begin(), log.exports.end()]).toEqual([BigInt(begin), BigInt(written.length)])
      const from = Math.max(begin, Number(position))
      const expected = written.subarray(from, Math.max(from, Math.min(written.length, from + limit)))
      expect([...bytes(log.exports.read(position, limit))]).toEqual([...expected])
    }))
  })

  test('a position from the far future gives nothing', () => {
    log.exports.startRing(32)
    log.exports.put(1)
    expect(log.exports.read(0xFFFF_FFFF_FFFF_FFFFn, 32)).toBe(0)
  })
})

describe('numbers', () => {
  const any = fc.oneof(fc.bigInt(0n, (1n << 64n) - 1n), fc.bigInt(0n, 1000n), fc.constantFrom(0n, 9n, 10n, (1n << 64n) - 1n))
  test('in decimal', () => fc.assert(fc.property(any, value => { expect(text(log.exports.decimal(value))).toBe(value.toString()) })))
  test('in hexadecimal', () => fc.assert(fc.property(any, fc.integer({ min: 1, max: 16 }), (value, digits) => {
    expect(text(log.exports.hex(value, digits))).toBe(value.toString(16).toUpperCase().padStart(digits, '0'))
  })))
})

describe('a line', () => {
  test('ends at its capacity', () => { expect(log.exports.overfull()).toBe(512) })
  test('has no characters beyond ASCII', () => { expect(text(log.exports.foreign())).toBe('gr??e') })
  test('is cut where it is taken, and tells how long it is there', () => {
    expect(log.exports.cut(6)).toBe(6)
    expect(text(16)).toBe('twelve..........')
  })
})
