/** The console's pure functions, against JavaScript's own Date and TextDecoder and against values worked out by hand. */
import { beforeAll, describe, expect, it } from 'vitest'
import { instantiate, Sandbox } from '../sandbox'

let sandbox: Sandbox
beforeAll(async () => { sandbox = await instantiate('test/services/console-text.entry.ts', { runtime: 'minimal', pages: 1024 }) })

/** A string that the module returned. */
function text(pointer: number): string {
  const length = new DataView(sandbox.memory.buffer).getUint32(pointer - 4, true)
  return Buffer.from(sandbox.memory.buffer, pointer, length).toString('utf16le')
}

function place(bytes: Uint8Array): number {
  new Uint8Array(sandbox.memory.buffer).set(bytes, sandbox.exports.bufferAddress())
  return bytes.length
}

describe('dateTime', () => {
  it('agrees with Date on leap years, centuries and 5,000 moments in between', () => {
    const moments = [0, 951782400, 951868799, 951868800, 1709164800, 1709251200, 4107542400, 4107456000, 253402300799]
    for (let i = 0; i < 5000; i++) moments.push((i * 48271 * 65537) % 6_000_000_000)
    for (const moment of moments) {
      const expected = new Date(moment * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC')
      expect(text(sandbox.exports.dateTimeOf(BigInt(moment)))).toBe(expected)
    }
  })
})

describe('numbers', () => {
  it.each([[0n, '0 B'], [1023n, '1023 B'], [1024n, '1 KiB'], [1536n, '1.5 KiB'], [(1n << 20n) - 1n, '1024 KiB'], [1n << 20n, '1 MiB'],
    [512n << 20n, '512 MiB'], [1n << 30n, '1 GiB'], [6n << 30n, '6 GiB'], [(6n << 30n) - (100n << 20n), '5.9 GiB'], [(1n << 64n) - 1n, '17179869184 GiB']])(
    'size %d', (bytes, expected) => { expect(text(sandbox.exports.sizeOf(bytes))).toBe(expected) })

  it.each([[0n, '0 ms'], [999_999_999n, '999 ms'], [1_000_000_000n, '1.0 s'], [59_990_000_000n, '59.9 s'], [60_000_000_000n, '1 min 0 s'],
    [3_599_000_000_000n, '59 min 59 s'], [3_600_000_000_000n, '1 h 0 min'], [90_061_000_000_000n, '1 d 1 h']])(
    'duration %d', (nanoseconds, expected) => { expect(text(sandbox.exports.durationOf(nanoseconds))).toBe(expected) })

  it.each([[18n, '18 Hz'], [3_579_545n, '3.580 MHz'], [2_400_000_000n, '2400.000 MHz']])(
    'frequency %d', (hertz, expected) => { expect(text(sandbox.exports.frequencyOf(hertz))).toBe(expected) })

  it.each([[0n, 0n, '0.0 %'], [25n, 100_000n, '0.0 %'], [250_000n, 1_000_000n, '25.0 %'], [1n << 62n, 1n << 63n, '50.0 %']])(
    'percent %d of %d', (part, whole, expected) => { expect(text(sandbox.exports.percentOf(part, whole))).toBe(expected) })
})

describe('words', () => {
  it.each([
    ['', ''], ['   ', ''], ['vm list', '[vm][list]'], ['  a\t b  ', '[a][b]'], [`'a b' "c d"`, '[a b][c d]'], [`x'y'z`, '[xyz]'], [`""`, '[]'],
    [`a\\ b`, '[a b]'], [`"say \\"no\\""`, '[say "no"]'], [`'a\\b'`, '[a\\b]'], [`"it's"`, `[it's]`], ['"open', '[open]!'], ['end\\', '[end\\]'],
  ])('%s', (line, expected) => {
    expect(text(sandbox.exports.words(place(Buffer.from(line))))).toBe(expected)
  })
})

describe('distance', () => {
  it.each([['', '', 0], ['a', '', 1], ['kitten', 'sitting', 3], ['list', 'lsit', 1], ['ca', 'abc', 3], ['saturday', 'sunday', 3], ['stop', 'stop', 0], ['start', 'strat', 1]])(
    '%s, %s', (a, b, expected) => {
      const first = Buffer.from(a)
      place(Buffer.concat([first, Buffer.from(b)]))
      expect(sandbox.exports.distanceOf(first.length, b.length)).toBe(expected)
    })
})

describe('UTF-8', () => {
  const oracle = new TextDecoder('utf-8', { ignoreBOM: true })
  const decode = (bytes: Uint8Array) => text(sandbox.exports.decode(place(bytes)))
  /** One broken sequence may be one U+FFFD or several: Unicode recommends, but does not demand, a number. */
  const merged = (value: string) => value.replace(/\ufffd+/g, '\ufffd')

  it('decodes every character', () => {
    for (let from = 0; from < 0x110000; from += 512) {
      if (from >= 0xd800 && from < 0xe000) continue
      const characters = String.fromCodePoint(...Array.from({ length: 512 }, (_, i) => from + i))
      expect(decode(Buffer.from(characters))).toBe(characters)
    }
  })

  it('agrees with TextDecoder on 20,000 ill-formed texts', () => {
    let seed = 12345
    const next = (limit: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return (seed >>> 8) % limit
    }
    const leads = [0x41, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x90, 0xa0, 0x9f]
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(Array.from({ length: 1 + next(8) }, () => leads[next(leads.length)]))
      expect(merged(decode(bytes)), bytes.toString('hex')).toBe(merged(oracle.decode(bytes)))
    }
  })
})
