import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

/** A screen's numbers in the order of the Screen record: five of 32 bits, then those of the colors of 8. */
type Numbers = [type: number, width: number, height: number, pitch: number, bits: number, ...colors: number[]]

const vga: Numbers = [2, 80, 25, 160, 16]
/** What GRUB and firmware usually set: XRGB8888. */
const xrgb: Numbers = [1, 640, 400, 640 * 4, 32, 16, 8, 8, 8, 0, 8]

/** What the driver is connected to: one driver serves all tests, each of which starts it again on a screen of its own. */
interface Hardware {
  numbers: Numbers
  memory: Buffer
  waiting: Buffer
  typed: number[]
  log: string[]
  ports: [number, number][]
  writes: number
}

let sandbox: Sandbox
let hardware: Hardware

function inside(offset: number, bytes: number): number {
  hardware.writes++
  if (offset < 0 || offset + bytes > hardware.memory.length) throw new Error(`write of ${bytes} at ${offset}, screen has ${hardware.memory.length}`)
  return offset
}

function pull(): number {
  if (!hardware.waiting.length) return -1
  const byte = hardware.waiting[0]
  hardware.waiting = hardware.waiting.subarray(1)
  return byte
}

beforeAll(async () => {
  sandbox = await instantiate('drivers/screen/index.ts', {
    imports: {
      screen: {
        describe: (target: number) => {
          const record = new DataView(sandbox.memory.buffer, target)
          for (let i = 0; i < 11; i++) i < 5 ? record.setUint32(i * 4, hardware.numbers[i] ?? 0, true) : record.setUint8(15 + i, hardware.numbers[i] ?? 0)
          return 1
        },
        write8: (offset: number, value: number) => hardware.memory.writeUInt8(value & 0xff, inside(offset, 1)),
        write16: (offset: number, value: number) => hardware.memory.writeUInt16LE(value & 0xffff, inside(offset, 2)),
        write32: (offset: number, value: number) => hardware.memory.writeUInt32LE(value >>> 0, inside(offset, 4)),
      },
      stream: { push: (byte: number) => (hardware.typed.push(byte), 1), pull },
      port: { write8: (port: number, value: number) => hardware.ports.push([port, value]) },
      log: { line: (text: number, length: number) => hardware.log.push(Buffer.from(sandbox.memory.buffer, text, length).toString()) },
    },
  })
})

function open(numbers: Numbers) {
  const [, width, height, pitch, bits] = numbers
  const memory = Buffer.alloc(height * pitch)
  const mine: Hardware = hardware = { numbers, memory, waiting: Buffer.alloc(0), typed: [], log: [], ports: [], writes: 0 }
  return {
    memory,
    numbers,
    start: (): number => sandbox.exports.start(),
    log: () => mine.log,
    ports: () => mine.ports,
    typed: () => Buffer.from(mine.typed).toString(),
    writes: () => mine.writes,
    show(text: string | Buffer) {
      hardware = mine
      mine.waiting = Buffer.from(text as string)
      this.finish()
    },
    /** Has it show all there is; how many calls that took. */
    finish() {
      hardware = mine
      for (let calls = 1; ; calls++) if (sandbox.exports.transmit() === 0) return calls
    },
    /** Gives it text in one call; the pixels or cells that it wrote in that. */
    hear(text: string) {
      hardware = mine
      mine.waiting = Buffer.from(text)
      const before = mine.writes
      sandbox.exports.transmit()
      return mine.writes - before
    },
    /** Text mode: a row without the blanks at its right. */
    row: (row: number) => Array.from({ length: width }, (_, column) => String.fromCharCode(memory[row * pitch + column * 2])).join('').trimEnd(),
    attribute: (column: number, row: number) => memory[row * pitch + column * 2 + 1],
    pixel: (x: number, y: number) => memory.readUIntLE(y * pitch + x * bits / 8, bits / 8),
  }
}

test('starts with a clear screen, its own cursor, and the hardware cursor off', () => {
  const screen = open(vga)
  screen.memory.fill(0x41)
  expect(screen.start()).toBe(0)
  for (let row = 0; row < 25; row++) expect(screen.row(row)).toBe('')
  expect(screen.attribute(0, 0)).toBe(0x70)
  expect(screen.attribute(1, 0)).toBe(0x07)
  expect(screen.ports()).toEqual([[0, 0x0a], [1, 0x20]])
})

test('says that it has no screen', () => {
  for (const numbers of [[0, 0, 0, 0, 0], [1, 0, 0, 0, 32], [1, 640, 400, 320, 4], [0, 640, 400, 1280, 16], [9, 80, 25, 160, 16]] as Numbers[]) {
    const screen = open(numbers)
    expect(screen.start()).toBe(1)
    expect(screen.log().length).toBe(1)
  }
})

test('a session as on a terminal: prompt, line editing, wrap and scroll', () => {
  const screen = open(vga)
  screen.start()
  screen.show('Typervisor 0.1.0\r\n\r\ntypervisor> vm lsit')
  screen.show('\b\b\b\x1b[Kist')
  expect(screen.row(0)).toBe('Typervisor 0.1.0')
  expect(screen.row(2)).toBe('typervisor> vm list')
  expect(screen.attribute(19, 2)).toBe(0x70)
  screen.show('\r\x1b[K' + 'x'.repeat(80))
  expect(screen.row(2)).toBe('x'.repeat(80))
  expect(screen.row(3)).toBe('')
  expect(screen.attribute(79, 2)).toBe(0x70) // the cursor waits in the last column
  screen.show('y')
  expect(screen.row(3)).toBe('y')
  screen.show('\r\n' + Array.from({ length: 30 }, (_, index) => `line ${index}`).join('\r\n'))
  expect(screen.row(24)).toBe('line 29')
  expect(screen.row(0)).toBe('line 5')
})

test('moves, erases, inserts and deletes as ECMA-48 says', () => {
  const screen = open(vga)
  screen.start()
  const lines = (text: string) => screen.show('\x1b[2J\x1b[H' + text.split('\n').join('\r\n'))
  lines('abcdef\nghijkl\nmnopqr')
  screen.show('\x1b[2;3H\x1b[K')
  expect([0, 1, 2].map(screen.row)).toEqual(['abcdef', 'gh', 'mnopqr'])
  screen.show('\x1b[1K')
  expect(screen.row(1)).toBe('')
  screen.show('\x1b[H\x1b[2CX\x1b[DY\x1b[5GZ\x1b[3;1Hm\x1b[AU\x1b[BD')
  expect([0, 1, 2].map(screen.row)).toEqual(['abYdZf', ' U', 'mnDpqr'])
  lines('abcdef\nghijkl\nmnopqr')
  screen.show('\x1b[1;2H\x1b[2@')
  expect(screen.row(0)).toBe('a  bcdef')
  screen.show('\x1b[3P')
  expect(screen.row(0)).toBe('acdef')
  screen.show('\x1b[2X')
  expect(screen.row(0)).toBe('a  ef')
  screen.show('\x1b[L')
  expect([0, 1, 2, 3].map(screen.row)).toEqual(['', 'a  ef', 'ghijkl', 'mnopqr'])
  screen.show('\x1b[2M')
  expect([0, 1, 2].map(screen.row)).toEqual(['ghijkl', 'mnopqr', ''])
  screen.show('\x1b[2;3H\x1b[J')
  expect([0, 1].map(screen.row)).toEqual(['ghijkl', 'mn'])
  screen.show('\x1b[1;3H\x1b[1J')
  expect(screen.row(0)).toBe('   jkl')
  lines('a\tb\tc')
  expect(screen.row(0)).toBe('a       b       c')
})

test('scrolls a region and leaves the rest', () => {
  const screen = open(vga)
  screen.start()
  screen.show('head\r\n1\r\n2\r\n3\r\nfoot\x1b[2;4r\x1b[4;1H\n4\n')
  expect([0, 1, 2, 3, 4].map(screen.row)).toEqual(['head', '3', '4', '', 'foot'])
  screen.show('\x1b[2;1H\x1bM\x1bMtop')
  expect([0, 1, 2, 3, 4].map(screen.row)).toEqual(['head', 'top', '', '3', 'foot'])
  screen.show('\x1b[r\x1b[25;1H\n')
  expect([0, 1, 2, 3].map(screen.row)).toEqual(['top', '', '3', 'foot'])
})

test('colors: SGR to VGA attributes', () => {
  const screen = open(vga)
  screen.start()
  const attributeOf = (rendition: string) => {
    screen.show(`\x1b[0m\x1b[H${rendition}x\x1b[0m\x1b[2;1H`)
    return screen.attribute(0, 0)
  }
  // VGA: 1 blue, 2 green, 4 red, 6 brown; bit 3 is bright; the background is the high half.
  expect(attributeOf('\x1b[31m')).toBe(0x04)
  expect(attributeOf('\x1b[34;42m')).toBe(0x21)
  expect(attributeOf('\x1b[1;33m')).toBe(0x0e)
  expect(attributeOf('\x1b[94m')).toBe(0x09)
  expect(attributeOf('\x1b[7m')).toBe(0x70)
  expect(attributeOf('\x1b[31;7;27m')).toBe(0x04)
  expect(attributeOf('\x1b[31;44m\x1b[39;49m')).toBe(0x07)
  expect(attributeOf('\x1b[1;31m\x1b[m')).toBe(0x07)
  expect(attributeOf('\x1b[38;5;12m')).toBe(0x09)
  expect(attributeOf('\x1b[38;5;196;44m')).toBe(0x1c)
  expect(attributeOf('\x1b[38;2;0;255;0m')).toBe(0x0a)
  expect(attributeOf('\x1b[48:2:200:0:0m')).toBe(0x47)
  screen.show('\x1b[44m\x1b[2J\x1b[0m')
  expect(screen.attribute(40, 12)).toBe(0x17)
})

test('shows UTF-8 in the text mode\'s code page, and sequences it does not know not at all', () => {
  const screen = open(vga)
  screen.start()
  screen.show('┌─┐│· é € 漢 \u0301| ' + '\x1b]0;title\x07\x1b(B\x1b[?1049h\x1b[>c\x1bP+q\x1b\\\x1b[?2004l.')
  expect([...screen.memory.subarray(0, 46)].filter((_, index) => index % 2 == 0)).toEqual([
    0xda, 0xc4, 0xbf, 0xb3, 0xfa, 0x20, 0x7f, 0x20, 0x7f, 0x20, 0x7f, 0x7f, 0x20, 0x7c, 0x20, 0x2e, ...new Array(7).fill(0x20),
  ])
  screen.show(Buffer.from([0x0d, 0xe2, 0x94, 0x41, 0xff, 0x42, 0x80, 0x43]))
  expect([...screen.memory.subarray(0, 10)].filter((_, index) => index % 2 == 0)).toEqual([0x41, 0x7f, 0x42, 0x7f, 0x43])
})

test('answers where the cursor is', () => {
  const screen = open(vga)
  screen.start()
  screen.show('\x1b[999;999H\x1b[6n\x1b[5n\x1b[3;12H\x1b[6n')
  expect(screen.typed()).toBe('\x1b[25;80R\x1b[0n\x1b[3;12R')
})

test('does not answer who is gone: the console cancels what a guest has begun when it leaves it', () => {
  const screen = open(vga)
  screen.start()
  screen.show('guest:~# \x1b[6n\x18\x1b\\\x1b[0m')
  expect(screen.typed()).toBe('')
  screen.show('\x1b]title\x1b\\\x1b[6n\x1b]another title\x18')
  expect(screen.typed()).toBe('')
  screen.show('\x1b[5n')
  expect(screen.typed()).toBe('\x1b[0n')
})

test('loses what is asked beyond what programs ask for in one go, and answers the rest', () => {
  const screen = open(vga)
  screen.start()
  screen.show('\x1b[5n'.repeat(1000))
  expect(screen.typed()).toBe('\x1b[0n'.repeat(128))
  screen.show('\x1b[6n')
  expect(screen.typed()).toBe('\x1b[0n'.repeat(128) + '\x1b[1;1R')
})

test('saves and restores the cursor, hides it, wraps only when told', () => {
  const screen = open(vga)
  screen.start()
  screen.show('\x1b[5;5H\x1b7\x1b[Hx\x1b8y')
  expect(screen.row(4)).toBe('    y')
  screen.show('\x1b[?25l')
  expect(screen.attribute(5, 4)).toBe(0x07)
  screen.show('\x1b[?25h')
  expect(screen.attribute(5, 4)).toBe(0x70)
  screen.show('\x1b[H\x1b[?7l' + 'a'.repeat(85) + 'z')
  expect(screen.row(0)).toBe('a'.repeat(79) + 'z')
  expect(screen.row(1)).toBe('')
})

test('a burst is painted once: only cells that look different are written', () => {
  const screen = open(vga)
  screen.start()
  const before = screen.writes()
  screen.show('typervisor> \r\n'.repeat(10_000))
  expect(screen.writes() - before).toBeLessThanOrEqual(80 * 25)
  const quiet = screen.writes()
  screen.show('x')
  expect(screen.writes() - quiet).toBe(2) // the character and the cursor
})

const modes: Record<string, { numbers: Numbers, red: number, white: number }> = {
  'XRGB 32': { numbers: xrgb, red: 0xaa0000, white: 0xffffff },
  'BGR 24': { numbers: [1, 640, 400, 640 * 3, 24, 0, 8, 8, 8, 16, 8], red: 0x0000aa, white: 0xffffff },
  'RGB 565 with a longer line': { numbers: [1, 640, 400, 1536, 16, 11, 5, 5, 6, 0, 5], red: 0xaa >> 3 << 11, white: 0xffff },
  'indexed': { numbers: [0, 640, 400, 640, 8], red: 4, white: 15 },
}

test.each(Object.entries(modes))('paints pixels: %s', (_, { numbers, red, white }) => {
  const screen = open(numbers)
  screen.memory.fill(0x55)
  expect(screen.start()).toBe(0)
  screen.show('\x1b[2;3H\x1b[31mL\x1b[1;37m█\x1b[0m')
  // The cell of 'L': columns 16–23, lines 16–31. Its stem is one vertical stroke, its foot reaches further right.
  const cell = (column: number, row: number) => Array.from({ length: 16 }, (_, y) => Array.from({ length: 8 }, (_, x) => screen.pixel(column * 8 + x, row * 16 + y)))
  const letter = cell(2, 1)
  expect(new Set(letter.flat())).toEqual(new Set([0, red]))
  const widths = letter.map((line) => line.lastIndexOf(red) + 1)
  expect(widths[5]).toBeLessThan(5)
  expect(Math.max(...widths)).toBeGreaterThanOrEqual(7)
  expect(new Set(cell(3, 1).flat())).toEqual(new Set([white]))
  expect(new Set(cell(50, 20).flat())).toEqual(new Set([0]))
  screen.show('\x1b[999;999H.\x1b[999;999H')
})

test('a screen full of new letters is painted in several calls, none of which keeps guests waiting', () => {
  const [width, height] = [1024, 768]
  const screen = open([1, width, height, width * 4, 32, 16, 8, 8, 8, 0, 8])
  screen.start()
  screen.finish()
  const written = screen.hear('█'.repeat(128 * 48 - 1))
  expect(written).toBeGreaterThan(0)
  expect(written).toBeLessThan(128 * 8 * 16 * 5)
  expect(screen.finish()).toBeGreaterThan(5)
  for (let y = 0; y < height - 16; y += 16) for (let x = 0; x < width; x += 8) expect(screen.pixel(x, y)).toBe(0xaaaaaa)
  // Whatever goes on at the top, the last row has its turn.
  for (let turn = 0; turn < 50; turn++) screen.hear(`\x1b[H${'xy'[turn % 2]!.repeat(128 * 40)}${turn === 0 ? '\x1b[48;1H ' : ''}`)
  expect(screen.pixel(0, 767)).toBe(0)
})

test('large screens have larger letters; odd sizes leave a margin, never written outside', () => {
  const screen = open([1, 2560, 1440, 2560 * 4, 32, 16, 8, 8, 8, 0, 8])
  screen.start()
  screen.show('\x1b[999;999H\x1b[6n\x1b[H█')
  expect(screen.typed()).toBe('\x1b[45;160R')
  expect(screen.pixel(15, 31)).toBe(0xaaaaaa)
  const odd = open([1, 805, 607, 805 * 4, 32, 16, 8, 8, 8, 0, 8])
  odd.start()
  odd.show('\x1b[999;999H\x1b[6n' + 'x'.repeat(5000))
  expect(odd.typed()).toBe('\x1b[37;100R')
})

test('every printable ASCII character looks different from every other', () => {
  const screen = open(xrgb)
  screen.start()
  const codes = Array.from({ length: 95 }, (_, index) => 0x20 + index)
  screen.show('\x1b[?25l' + String.fromCharCode(...codes))
  const shapes = codes.map((_, index) => {
    const left = index % 80 * 8
    const top = Math.floor(index / 80) * 16
    return Array.from({ length: 128 }, (_, dot) => screen.pixel(left + dot % 8, top + (dot >> 3)) ? '#' : '.').join('')
  })
  expect(new Set(shapes).size).toBe(95)
  savePng('screen-ascii.png', screen)
})

test('a screenful in color, kept as a picture to look at', () => {
  const screen = open(xrgb)
  screen.start()
  screen.show([
    'Typervisor 0.1.0 on AMD-V, nested paging. Type \x1b[1mhelp\x1b[0m.', '',
    'typervisor> vm list',
    '\x1b[1mNAME     STATE     MEMORY   VCPUS  WEIGHT\x1b[0m',
    'web      \x1b[32mrunning\x1b[0m   512 MiB      1     100',
    'db       \x1b[33mpaused\x1b[0m   1024 MiB      1     300',
    'bench    \x1b[31mcrashed\x1b[0m    64 MiB      1     100', '',
    '┌──────────┬───┐  \x1b[7m inverse \x1b[0m  \x1b[44;97m on blue \x1b[0m',
    '│ box {}[] │ ▒ │  • bullet  · dot  20 °C  “quoted” — dash',
    '└──────────┴───┘  0123456789 @#$%^&*()_+-=~`|\\/<>?!',
    ...Array.from({ length: 2 }, (_, bright) => Array.from({ length: 8 }, (_, color) => `\x1b[${(bright ? 90 : 30) + color}mcolor ${color} \x1b[0m`).join('')),
    '', 'The quick brown fox jumps over the lazy dog. SPHINX OF BLACK QUARTZ, JUDGE MY VOW', 'typervisor> ',
  ].join('\r\n'))
  expect(screen.writes()).toBeGreaterThan(640 * 400)
  savePng('screen.png', screen)
})

test('no stream of bytes writes outside the screen or hangs', () => {
  const screen = open([1, 160, 96, 640, 32, 16, 8, 8, 8, 0, 8])
  screen.start()
  const sequence = fc.tuple(fc.constantFrom('\x1b[', '\x1b[?', '\x1b', '\x9b', '\x1b]'), fc.array(fc.oneof(fc.nat(30), fc.nat(99999)), { maxLength: 20 }), fc.integer({ min: 0x20, max: 0x7f }))
    .map(([start, parameters, final]) => Buffer.from(start + parameters.join(';') + String.fromCharCode(final), 'latin1'))
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
  fc.assert(fc.property(fc.array(fc.oneof(sequence, bytes, fc.constant(Buffer.from('text\r\n'))), { maxLength: 30 }), (parts) => {
    screen.show(Buffer.concat(parts))
  }), { numRuns: 1500 })
  screen.show('\x18\x1bc\x1b[6n')
  expect(screen.typed().endsWith('\x1b[1;1R')).toBe(true)
})

/** An uncompressed-color PNG of an XRGB screen (PNG specification, third edition, 5 and 11). */
function savePng(name: string, screen: ReturnType<typeof open>): void {
  const [, width, height] = screen.numbers
  const raw = Buffer.alloc(height * (width * 3 + 1))
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) raw.writeUIntBE(screen.pixel(x, y) & 0xffffff, y * (width * 3 + 1) + 1 + x * 3, 3)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  header[9] = 2
  const directory = join(resolve(import.meta.dirname, '../..'), 'build/test')
  mkdirSync(directory, { recursive: true })
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  writeFileSync(join(directory, name), Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(raw)), chunk('IEND', Buffer.alloc(0))]))
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  let remainder = 0xffffffff
  for (const byte of body) {
    remainder ^= byte
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? remainder >>> 1 ^ 0xedb88320 : remainder >>> 1
  }
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE((remainder ^ 0xffffffff) >>> 0, body.length + 4)
  return framed
}
