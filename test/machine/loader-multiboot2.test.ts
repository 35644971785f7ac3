/** Multiboot 2, against the Multiboot2 Specification 2.0. */
import { beforeAll, describe, expect, test } from 'vitest'
import { Guest, Protocol, Register, Segment, type Setup } from './loader.guest'
import { Bytes, elf, multiboot2Header, pattern, type Elf, type Tag } from './loader.images'

let guest: Guest
beforeAll(async () => { guest = await Guest.create('test/machine/loader.entry.ts') })

function boot(kernel: Uint8Array, setup: Setup = {}): number {
  guest.reset({ protocol: Protocol.multiboot2, kernel, ...setup })
  return guest.sandbox.exports.boot()
}

const OPTIONAL = 1
const MIB = 1 << 20
const kernel = (tags: Tag[] = [], options: Partial<Elf> = {}) =>
  elf({ segments: [{ paddr: 0x100000, data: Buffer.concat([multiboot2Header(tags), pattern(0x800, 3)]), memsz: 0x2000 }], entry: 0x100020, ...options })
const flat = (tags: Tag[]) => Buffer.concat([pattern(0x100, 5), multiboot2Header(tags), pattern(0x1000, 6)])
const address = (...words: number[]): Tag => ({ type: 2, words })
const entry = (value: number): Tag => ({ type: 3, words: [value] })
const relocatable = (min: number, max: number, align: number, preference: number): Tag => ({ type: 10, words: [min, max, align, preference] })

interface InformationTag { size: number, at: number, bytes: Buffer }
/** The tags of the boot information; walks them as the specification says. */
function tags(): Map<number, InformationTag[]> {
  const start = guest.register(Register.rbx)
  const end = start + guest.ram.u32(start)
  expect(start % 8).toBe(0)
  expect(guest.ram.u32(start + 4)).toBe(0)
  const result = new Map<number, InformationTag[]>()
  for (let at = start + 8; ;) {
    const type = guest.ram.u32(at)
    const size = guest.ram.u32(at + 4)
    expect(size).toBeGreaterThanOrEqual(8)
    result.set(type, [...result.get(type) ?? [], { size, at, bytes: guest.ram.read(at, size) }])
    at += (size + 7) & ~7
    expect(at).toBeLessThanOrEqual(end)
    if (type === 0) {
      expect([size, at]).toEqual([8, end])
      return result
    }
  }
}

const only = (type: number) => {
  const found = tags().get(type)
  expect(found, `tag ${type}`).toHaveLength(1)
  return found![0]!
}

describe('an ELF kernel', () => {
  test.each([32, 64] as const)('of %i bits is entered in flat protected mode', (bits) => {
    expect(boot(kernel([], { bits }))).toBe(0)
    expect(guest.log).toEqual([])
    expect(guest.register(Register.rip)).toBe(0x100020)
    expect(guest.register(Register.rax)).toBe(0x36d76289)
    expect(guest.register(Register.cr0) & 0x80000001).toBe(1)
    expect(guest.register(Register.efer)).toBe(0)
    expect(guest.segments.get(Segment.cs)).toMatchObject({ base: 0, limit: 0xffffffff, attributes: 0xc9b })
    expect(guest.ram.strays).toEqual([])
  })

  test('may name another entry point in a tag', () => {
    expect(boot(kernel([entry(0x100400)]))).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x100400)
    expect(boot(kernel([entry(0x102000)]))).toBe(1)
    expect(guest.log.join()).toMatch(/the entry address 102000h .* outside of what is loaded/)
  })
})

describe('a flat kernel', () => {
  test('is loaded where its address tag says', () => {
    const file = flat([address(0x200100, 0x200080, 0x200900, 0x201000), entry(0x200200)])
    expect(boot(file)).toBe(0)
    expect(guest.ram.read(0x200080, 0x880)).toEqual(file.subarray(0x80, 0x900))
    expect(guest.ram.read(0x200900, 0x700).every((byte) => byte === 0)).toBe(true)
    expect(guest.ram.u8(0x201000)).toBe(0xaa)
    expect(guest.register(Register.rip)).toBe(0x200200)
    expect(tags().has(9)).toBe(false)
  })

  test('with load_addr -1 is loaded from the start of the file', () => {
    const file = flat([address(0x200100, 0xffffffff, 0, 0), entry(0x200000)])
    expect(boot(file)).toBe(0)
    expect(guest.ram.read(0x200000, file.length)).toEqual(file)
    expect(boot(flat([address(0xff, 0xffffffff, 0, 0), entry(0x200000)]))).toBe(1)
  })

  test('without an entry address, or with one outside, is refused', () => {
    expect(boot(flat([address(0x200100, 0x200000, 0, 0)]))).toBe(1)
    expect(guest.log.join()).toMatch(/no entry address tag/)
    expect(boot(flat([address(0x200100, 0x200000, 0, 0), entry(0x1fffff)]))).toBe(1)
    expect(guest.log.join()).toMatch(/entry address 1FFFFFh/)
  })
})

describe('a relocatable kernel', () => {
  test('stays where it is linked when it has no preference and may', () => {
    expect(boot(kernel([relocatable(0, 0xffffffff, 4096, 0)]))).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x100020)
    expect(only(21).bytes.readUInt32LE(8)).toBe(0x100000)
  })

  test.each<[string, Tag, number]>([
    ['lowest', relocatable(0x300000, 0xffffffff, 0x200000, 1), 0x400000],
    ['highest', relocatable(0, 0xffffffff, 0x1000, 2), 64 * MIB - 0x2000],
    ['highest below max_addr', relocatable(0x100000, 0x7fffff, 0x1000, 2), 0x7fe000],
    ['no preference, but not where it is linked', relocatable(0x500000, 0x6fffff, 1, 0), 0x500000],
    ['lowest from 0, above the BIOS data area', relocatable(0, 0xffffffff, 16, 1), 0x500],
  ])('goes to %s', (_, tag, expected) => {
    expect(boot(kernel([tag]))).toBe(0)
    expect(guest.register(Register.rip)).toBe(expected + 0x20)
    expect(guest.ram.u32(expected)).toBe(0xe85250d6)
    expect(only(21).bytes.readUInt32LE(8)).toBe(expected)
    expect(guest.ram.u8(0x100000)).toBe(0xaa)
  })

  test('may be flat', () => {
    expect(boot(flat([address(0x200100, 0x200000, 0, 0), entry(0x200040), relocatable(0x300000, 0x3fffff, 0x1000, 1)]))).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x300040)
  })

  test('that fits nowhere it may be is refused', () => {
    expect(boot(kernel([relocatable(0x8000000, 0xffffffff, 1, 0)]))).toBe(1)
    expect(guest.log.join()).toMatch(/relocatable tag asks for 8192 bytes within 8000000h-FFFFFFFFh/)
    expect(boot(kernel([relocatable(0x100000, 0x100fff, 1, 1)]))).toBe(1)
  })

  test('without the tag gets no load base', () => {
    boot(kernel())
    expect(tags().has(21)).toBe(false)
  })
})

describe('the header', () => {
  const at = (offset: number) => new Bytes().bytes(offset, multiboot2Header([address(0x200000 + offset, 0x200000, 0, 0), entry(0x200000)])).buffer
  test('is found whole within the first 32768 bytes on a multiple of 8', () => {
    const length = at(0).length
    expect(boot(at(0))).toBe(0)
    expect(boot(at(32768 - length))).toBe(0)
    expect(boot(at(32768 - length + 8))).toBe(1)
    expect(boot(at(32768))).toBe(1)
    expect(boot(at(0x104))).toBe(1)
    expect(guest.log.join()).toMatch(/no Multiboot 2 header/)
  })

  test.each<[string, Buffer, RegExp]>([
    ['another architecture', multiboot2Header([], { architecture: 4 }), /architecture 4/],
    ['a length past the end of the file', multiboot2Header([], { length: 0x10000 }), /reaches past the end/],
    ['no end tag', multiboot2Header([entry(0x100020)], { end: false }), /no end tag/],
    ['a length too short for the end tag', multiboot2Header([], { length: 20 }), /no end tag/],
    ['a tag of 7 bytes', multiboot2Header([{ type: 6, size: 7 }]), /shorter than its own header/],
    ['a tag past the end', multiboot2Header([{ type: 6, size: 0x1000 }]), /longer than what is left/],
    ['a short address tag', multiboot2Header([{ type: 2, words: [0, 0] }]), /too short for its type/],
    ['an unknown required tag', multiboot2Header([{ type: 11 }]), /has type 11, is required/],
    ['an unknown required information', multiboot2Header([{ type: 1, words: [4, 22] }]), /information of type 22/],
    ['a relocation alignment of 3', multiboot2Header([relocatable(0, 0xffffffff, 3, 0)]), /no power of two/],
    ['a relocation preference of 3', multiboot2Header([relocatable(0, 0xffffffff, 1, 3)]), /preference/],
    ['max_addr below min_addr', multiboot2Header([relocatable(2, 1, 1, 0)]), /max_addr below min_addr/],
  ])('with %s is refused', (_, header, reason) => {
    expect(boot(elf({ segments: [{ paddr: 0x100000, data: header }] }))).toBe(1)
    expect(guest.log.join('\n')).toMatch(reason)
    expect(guest.log).toHaveLength(1)
  })

  test('may have optional tags that nobody knows, EFI tags, and ask for information that there is none of', () => {
    expect(boot(kernel([
      { type: 99, flags: OPTIONAL, words: [1] }, { type: 1, flags: OPTIONAL, words: [77] }, { type: 1, words: [1, 5, 7, 10, 12, 20] },
      { type: 6 }, { type: 7, flags: OPTIONAL }, { type: 8, words: [1] }, { type: 9, words: [1] },
    ]))).toBe(0)
    for (const absent of [5, 7, 10, 12, 20]) expect(tags().has(absent)).toBe(false)
  })
})

describe('the boot information', () => {
  test('has command line, name, memory and map', () => {
    boot(kernel(), { ramBytes: 4 * 2 ** 30, commandLine: 'a b=c' })
    expect(only(1).bytes.toString('latin1', 8)).toBe('a b=c\0')
    expect(only(2).bytes.toString('latin1', 8)).toBe('Typervisor\0')
    expect([only(4).bytes.readUInt32LE(8), only(4).bytes.readUInt32LE(12)]).toEqual([639, 3 * 1024 * 1024 - 1024])
    const map = only(6).bytes
    expect([map.readUInt32LE(8), map.readUInt32LE(12)]).toEqual([24, 0])
    const ranges = []
    for (let at = 16; at < map.length; at += 24) ranges.push([Number(map.readBigUInt64LE(at)), Number(map.readBigUInt64LE(at + 8)), map.readUInt32LE(at + 16), map.readUInt32LE(at + 20)])
    expect(ranges[0]).toEqual([0, 0x9fc00, 1, 0])
    expect(ranges).toContainEqual([0x100000, 3 * 2 ** 30 - 0x100000, 1, 0])
    expect(ranges).toContainEqual([2 ** 32, 2 ** 30, 1, 0])
    expect(ranges).toContainEqual([0xe0000000, 0x10000000, 2, 0])
  })

  test('has the modules, on page boundaries, with their command lines', () => {
    const modules = [{ file: pattern(5000, 1), text: 'initrd x' }, { file: pattern(3, 2), text: '' }]
    boot(kernel(), { modules })
    const found = tags().get(3)!
    expect(found).toHaveLength(2)
    modules.forEach((module, i) => {
      const tag = found[i]!
      const start = tag.bytes.readUInt32LE(8)
      expect(start % 4096).toBe(0)
      expect(start).toBeGreaterThanOrEqual(0x102000)
      expect(tag.bytes.readUInt32LE(12) - start).toBe(module.file.length)
      expect(tag.bytes.toString('latin1', 16)).toBe(module.text + '\0')
      expect(guest.ram.read(start, module.file.length)).toEqual(module.file)
    })
  })

  test('has the section headers', () => {
    const symbols = pattern(96, 9)
    boot(kernel([], { bits: 64, sections: [{ type: 0, data: Buffer.alloc(0) }, { type: 2, data: symbols }] }))
    const tag = only(9)
    expect(tag.size).toBe(20 + 128)
    expect([8, 12, 16].map((offset) => tag.bytes.readUInt32LE(offset))).toEqual([2, 64, 1])
    expect(guest.ram.read(guest.ram.u64(tag.at + 20 + 64 + 16), 96)).toEqual(symbols)
  })

  test('has a text screen when the header requires a console or a framebuffer, and not otherwise', () => {
    boot(kernel())
    expect(tags().has(8)).toBe(false)
    boot(kernel([{ type: 5, flags: OPTIONAL, words: [1024, 768, 32] }]))
    expect(tags().has(8)).toBe(false)
    for (const tag of [{ type: 5, words: [1024, 768, 32] }, { type: 4, words: [3] }]) {
      boot(kernel([tag]))
      const screen = only(8).bytes
      expect([Number(screen.readBigUInt64LE(8)), screen.readUInt32LE(16), screen.readUInt32LE(20), screen.readUInt32LE(24), screen[28], screen[29]]).toEqual([0xb8000, 160, 80, 25, 16, 2])
    }
  })
})
