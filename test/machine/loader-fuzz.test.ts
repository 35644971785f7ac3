/** Images that were damaged at random: whatever they say, the loader neither traps nor writes where it may not. */
import { beforeAll, expect, test } from 'vitest'
import { Guest, Protocol, Register } from './loader.guest'
import { bzImage, elf, multiboot2Header, multibootHeader, pattern, pvhNote } from './loader.images'

/** The loader's own writes above A0000h: the answer to firmware calls at F000:FF53 and the reset vector, whatever the image. */
const FIRMWARE_CODE = ['fff53h, 8 bytes', 'fff5bh, 8 bytes', 'ffff0h, 8 bytes', 'ffff8h, 1 bytes']

const ROUNDS = Number(process.env.LOADER_FUZZ_ROUNDS ?? 500)
const RAM_BYTES = 32 << 20

let guest: Guest
beforeAll(async () => { guest = await Guest.create('test/machine/loader.entry.ts') })

/** mulberry32: the same sequence every time. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

const INTERESTING = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x1000, 0x7fff, 0xffff, 0x9fc00, 0xe0000, 0xfffff, 0x100000, 0x200000, RAM_BYTES - 1, RAM_BYTES, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff]
const sections = [{ type: 0, data: Buffer.alloc(0) }, { type: 2, data: pattern(64, 1) }, { type: 3, data: pattern(9, 2) }]
const text = (header: Buffer) => Buffer.concat([header, pattern(0x200, 3)])
const kernel = (bits: 32 | 64, header: Buffer) => elf({ bits, sections, entry: 0x100008, segments: [{ paddr: 0x100000, data: text(header), memsz: 0x3000 }, { paddr: 0x8000, data: pattern(64, 4) }, { type: 4, paddr: 0, data: pvhNote(0x100010, 8) }] })
const address = { type: 2, words: [0x200000, 0x200000, 0, 0x210000] }
const tags = [{ type: 1, words: [1, 6] }, { type: 4, words: [3] }, { type: 6 }]

/** Each with the part of the file that the loader interprets: mutations elsewhere would only change cargo. */
const corpus: [string, number, Buffer, [number, number][]][] = [
  ['bzImage, 64-bit', Protocol.linux, bzImage({ prefAddress: 0x400000 }), [[0x1f1, 0x26c]]],
  ['bzImage, 32-bit', Protocol.linux, bzImage({ xloadflags: 0, version: 0x20a, minAlignment: 13, prefAddress: 0x400000 }), [[0x1f1, 0x26c]]],
  ['bzImage, old', Protocol.linux, bzImage({ version: 0x203, relocatable: false }), [[0x1f1, 0x230]]],
  ['Multiboot ELF32', Protocol.multiboot, kernel(32, multibootHeader(7)), [[0, 0xa0], [0x1000, 0x100c], [0x1350, 0x1400]]],
  ['Multiboot ELF64', Protocol.multiboot, kernel(64, multibootHeader(3)), [[0, 0xe8], [0x1350, 0x1480]]],
  ['Multiboot flat', Protocol.multiboot, text(multibootHeader(0x10003, [0x200000, 0x200000, 0, 0x210000, 0x200020])), [[4, 0x20]]],
  ['Multiboot 2 ELF', Protocol.multiboot2, kernel(64, multiboot2Header(tags)), [[0, 0xe8], [0x1000, 0x1040]]],
  ['Multiboot 2 flat', Protocol.multiboot2, text(multiboot2Header([address, { type: 3, words: [0x200020] }])), [[4, 0x40]]],
  ['Multiboot 2 relocatable', Protocol.multiboot2, kernel(32, multiboot2Header([{ type: 10, words: [0x100000, 0xffffffff, 0x1000, 1] }])), [[0, 0xa0], [0x1000, 0x1030]]],
  ['PVH ELF32', Protocol.pvh, kernel(32, Buffer.alloc(0)), [[0, 0xa0], [0x1200, 0x1260]]],
  ['PVH ELF64', Protocol.pvh, kernel(64, Buffer.alloc(0)), [[0, 0xe8], [0x1200, 0x1260]]],
]

/** A damaged Multiboot header would only be overlooked: make its checksum right again. */
function repair(file: Buffer, protocol: number, next: () => number): void {
  if (next() % 4 === 0) return
  for (let at = 0; at + 16 <= Math.min(file.length, 0x2000); at += 4) {
    const magic = file.readUInt32LE(at)
    if (protocol === Protocol.multiboot && magic === 0x1badb002) file.writeUInt32LE(-(magic + file.readUInt32LE(at + 4)) >>> 0, at + 8)
    if (protocol === Protocol.multiboot2 && magic === 0xe85250d6) file.writeUInt32LE(-(magic + file.readUInt32LE(at + 4) + file.readUInt32LE(at + 8)) >>> 0, at + 12)
  }
}

function damage(file: Buffer, ranges: [number, number][], next: () => number): Buffer {
  let copy = Buffer.from(file)
  for (let count = 1 + next() % 4; count > 0; count--) {
    const [from, to] = ranges[next() % ranges.length]!
    const at = Math.min(from + next() % (to - from), copy.length - 8)
    const value = next() % 3 === 0 ? next() : INTERESTING[next() % INTERESTING.length]!
    switch (next() % 4) {
      case 0: copy.writeUInt8(value & 0xff, at); break
      case 1: copy.writeUInt16LE(value & 0xffff, at & ~1); break
      case 2: copy.writeUInt32LE(value, at & ~3); break
      default: copy[at]! ^= 1 << (next() % 8)
    }
  }
  if (next() % 16 === 0) copy = copy.subarray(0, Math.max(16, next() % copy.length))
  return copy
}

test.each(corpus)('%s', (name, protocol, file, ranges) => {
  const next = random(name.length * 7919 + protocol)
  const modules = protocol === Protocol.linux ? [] : [{ file: pattern(5000, 1), text: 'module' }]
  const initrd = protocol === Protocol.linux || protocol === Protocol.pvh ? pattern(6000, 2) : undefined
  const boot = (kernel: Buffer) => {
    guest.reset({ protocol, kernel, modules, initrd, ramBytes: RAM_BYTES, commandLine: 'quiet' })
    return guest.sandbox.exports.boot()
  }
  expect(boot(file), guest.log.join()).toBe(0)
  const outcomes = { loaded: 0, refused: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    const kernel = damage(file, ranges, next)
    repair(kernel, protocol, next)
    const status = boot(kernel)
    const where = `round ${round}: ${guest.log.join()}`
    expect(guest.ram.strays, where).toEqual([])
    expect(guest.ram.firmwareWrites.filter(range => !FIRMWARE_CODE.includes(range)), where).toEqual([])
    expect(guest.log, where).toHaveLength(status)
    if (status === 0) {
      outcomes.loaded++
      expect(guest.ram.has(guest.register(Register.rip), 1), where).toBe(true)
      // What was put in place is still there: nothing else was put over it.
      expect(guest.ram.read(guest.register(Register.gdtrBase) + 0x18, 8).toString('hex'), where).toBe('ffff00000093cf00')
      expect(guest.ram.u16(0x40e), where).toBe(0x9fc0)
      if (protocol === Protocol.linux) expect(guest.ram.read(guest.register(Register.rsi) + 0x202, 4).toString(), where).toBe('HdrS')
      if (protocol === Protocol.pvh) expect(guest.ram.u32(guest.register(Register.rbx)), where).toBe(0x336ec578)
    } else outcomes.refused++
  }
  expect(outcomes.loaded).toBeGreaterThan(ROUNDS / 50)
  expect(outcomes.refused).toBeGreaterThan(ROUNDS / 50)
})
