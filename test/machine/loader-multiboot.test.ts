/** Multiboot 1, against the Multiboot Specification 0.6.96. */
import { beforeAll, describe, expect, test } from 'vitest'
import { Guest, Protocol, Register, Segment, type Setup } from './loader.guest'
import { Bytes, elf, multibootHeader, pattern, type Elf } from './loader.images'

let guest: Guest
beforeAll(async () => { guest = await Guest.create('test/machine/loader.entry.ts') })

function boot(kernel: Uint8Array, setup: Setup = {}): number {
  guest.reset({ protocol: Protocol.multiboot, kernel, ...setup })
  return guest.sandbox.exports.boot()
}

const text = (flags = 3) => Buffer.concat([multibootHeader(flags), pattern(0x800, 3)])
const kernel = (options: Partial<Elf> = {}) => elf({ segments: [{ paddr: 0x100000, data: text(), memsz: 0x2000 }], entry: 0x100020, ...options })
const flat = (addresses: number[], flags = 0x10003) => Buffer.concat([pattern(0x100, 5), multibootHeader(flags, addresses), pattern(0x1000, 6)])
const information = () => guest.register(Register.rbx)
const field = (offset: number) => guest.ram.u32(information() + offset)

describe('an ELF kernel', () => {
  test.each([32, 64] as const)('of %i bits is loaded and entered in flat protected mode', (bits) => {
    expect(boot(kernel({ bits }))).toBe(0)
    expect(guest.log).toEqual([])
    expect(guest.ram.read(0x100000, text().length)).toEqual(text())
    expect(guest.ram.read(0x100000 + text().length, 0x2000 - text().length).every((byte) => byte === 0)).toBe(true)
    expect(guest.ram.u8(0x102000)).toBe(0xaa)
    expect(guest.register(Register.rip)).toBe(0x100020)
    expect(guest.register(Register.rax)).toBe(0x2badb002)
    expect(guest.register(Register.cr0) & 0x80000001).toBe(1)
    expect(guest.register(Register.rflags) & 0x20200).toBe(0) // VM, IF
    expect(guest.segments.get(Segment.cs)).toMatchObject({ base: 0, limit: 0xffffffff, attributes: 0xc9b })
    for (const name of ['ds', 'es', 'fs', 'gs', 'ss'] as const) expect(guest.segments.get(Segment[name])).toMatchObject({ base: 0, limit: 0xffffffff, attributes: 0xc93 })
    expect(guest.ram.strays).toEqual([])
  })

  test('goes to its physical addresses, and a virtual entry point is translated', () => {
    const segments = [{ vaddr: 0xffffffff80100000n, paddr: 0x100000, data: text() }, { vaddr: 0xffffffff80300000n, paddr: 0x300000, data: pattern(64, 8) }]
    expect(boot(kernel({ bits: 64, segments, entry: 0xffffffff80300010n }))).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x300010)
    expect(guest.ram.read(0x300000, 64)).toEqual(pattern(64, 8))
    expect(boot(kernel({ bits: 64, segments, entry: 0x300010 })), 'a physical entry point').toBe(0)
    expect(guest.register(Register.rip)).toBe(0x300010)
  })

  test('may have segments below 640 KiB, around which the boot information goes', () => {
    const low = { paddr: 0x1000, data: pattern(0x4000, 4) }
    expect(boot(kernel({ segments: [{ paddr: 0x100000, data: text() }, low], entry: 0x100020 }), { commandLine: 'here' })).toBe(0)
    expect(guest.ram.read(0x1000, 0x4000)).toEqual(low.data)
    expect(information()).toBeGreaterThanOrEqual(0x5000)
    expect(guest.ram.text(field(16))).toBe('here')
  })

  test('that fills low memory gets its boot information above itself', () => {
    const low = { paddr: 0x500, data: pattern(0x9fc00 - 0x500, 4) }
    expect(boot(kernel({ segments: [{ paddr: 0x100000, data: text() }, low], entry: 0x100020 }))).toBe(0)
    expect(information()).toBeGreaterThanOrEqual(0x100000 + text().length)
    expect(guest.ram.read(0x500, low.data.length).equals(low.data)).toBe(true)
  })
})

describe('a flat kernel with address fields', () => {
  // header at file offset 100h
  test('is loaded where they say', () => {
    const file = flat([0x200100, 0x200080, 0x200900, 0x201000, 0x200200])
    expect(boot(file)).toBe(0)
    expect(guest.ram.read(0x200080, 0x880)).toEqual(file.subarray(0x80, 0x900))
    expect(guest.ram.read(0x200900, 0x700).every((byte) => byte === 0)).toBe(true)
    expect(guest.ram.u8(0x201000)).toBe(0xaa)
    expect(guest.ram.u8(0x20007f)).toBe(0xaa)
    expect(guest.register(Register.rip)).toBe(0x200200)
  })

  test('with load_end_addr and bss_end_addr 0 is loaded whole', () => {
    const file = flat([0x200100, 0x200000, 0, 0, 0x200000])
    expect(boot(file)).toBe(0)
    expect(guest.ram.read(0x200000, file.length)).toEqual(file)
    expect(guest.ram.u8(0x200000 + file.length)).toBe(0xaa)
  })

  test('uses them even if it is an ELF file as well', () => {
    const file = kernel({ segments: [{ paddr: 0x100000, data: Buffer.concat([multibootHeader(0x10003, [0x401000, 0x400000, 0, 0, 0x401020]), pattern(256, 1)]) }] })
    expect(boot(file)).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x401020)
    expect(guest.ram.read(0x400000, file.length)).toEqual(file)
  })

  test.each<[string, number[], RegExp]>([
    ['load_addr above header_addr', [0x200100, 0x200104, 0, 0, 0x200200], /load_addr 200104h/],
    ['load_addr before the file', [0x200100, 0x1fff00, 0, 0, 0x200200], /load_addr 1FFF00h/],
    ['load_end_addr past the file', [0x200100, 0x200000, 0x202000, 0, 0x200200], /load_end_addr 202000h/],
    ['load_end_addr below load_addr', [0x200100, 0x200000, 0x1000, 0, 0x200200], /load_end_addr 1000h/],
    ['bss_end_addr below the end', [0x200100, 0x200000, 0x200800, 0x200700, 0x200200], /bss_end_addr 200700h/],
    ['entry_addr outside', [0x200100, 0x200000, 0x200800, 0, 0x200800], /entry_addr 200800h/],
    ['memory that is no RAM', [0x8000100, 0x8000000, 0, 0, 0x8000000], /do not lie in RAM/],
    ['bss beyond RAM', [0x200100, 0x200000, 0, 0xfffffff0, 0x200000], /do not lie in RAM/],
    ['the firmware tables', [0xe0100, 0xe0000, 0, 0, 0xe0000], /which the firmware tables need/],
  ])('is refused with %s', (_, addresses, reason) => {
    expect(boot(flat(addresses))).toBe(1)
    expect(guest.log.join('\n')).toMatch(reason)
    expect(guest.log).toHaveLength(1)
    expect(guest.ram.strays).toEqual([])
  })
})

describe('the header', () => {
  const at = (offset: number, flags = 0x10003) => new Bytes().bytes(offset, multibootHeader(flags, [0x200000 + offset, 0x200000, 0, 0, 0x200000])).length(offset + 64).buffer
  test('is found within the first 8192 bytes on a multiple of 4', () => {
    expect(boot(at(0))).toBe(0)
    expect(boot(at(8192 - 32))).toBe(0)
    expect(boot(at(8192 - 28)), 'the last 4 bytes of its fields are outside').toBe(1)
    expect(boot(at(8192))).toBe(1)
    expect(boot(at(0x102))).toBe(1)
    expect(guest.log.join()).toMatch(/no Multiboot header/)
  })

  test('without a right checksum is none, and the next is taken', () => {
    const file = at(0x200)
    file.writeUInt32LE(0x1badb002, 0x100)
    expect(boot(file)).toBe(0)
    file.writeUInt32LE(1, 0x208)
    expect(boot(file)).toBe(1)
  })

  test('that requires what is unknown is refused; optional flags are not', () => {
    expect(boot(kernel({ segments: [{ paddr: 0x100000, data: text(0xb) }] }))).toBe(1)
    expect(guest.log.join()).toMatch(/requires 8h in its flags/)
    expect(boot(kernel({ segments: [{ paddr: 0x100000, data: text(0xfffe0003 | 0) }] }))).toBe(0)
  })
})

describe('the boot information', () => {
  const valid = () => field(0)

  test('has the memory, the command line, the loader\'s name and the map', () => {
    boot(kernel(), { ramBytes: 128 << 20, commandLine: 'root=here' })
    expect(valid() & 0x245).toBe(0x245)
    expect(valid() & 0x1d92).toBe(0) // boot device, a.out, drives, configuration table, APM, VBE, framebuffer
    expect(field(4)).toBe(639)
    expect(field(8)).toBe(127 * 1024)
    expect(guest.ram.text(field(16))).toBe('root=here')
    expect(guest.ram.text(field(64))).toBe('Typervisor')
    const ranges: [number, number, number][] = []
    for (let at = field(48); at < field(48) + field(44); at += guest.ram.u32(at) + 4) ranges.push([guest.ram.u64(at + 4), guest.ram.u64(at + 12), guest.ram.u32(at + 20)])
    expect(ranges.slice(0, 4)).toEqual([[0, 0x9fc00, 1], [0x9fc00, 0x400, 2], [0xa0000, 0x60000, 2], [0x100000, 127 << 20, 1]])
    expect(ranges).toContainEqual([0xe0000000, 0x10000000, 2])
  })

  test('lists the modules, on page boundaries after the kernel, with their command lines', () => {
    const modules = [{ file: pattern(5000, 1), text: 'one a=b' }, { file: new Uint8Array(0), text: 'empty' }, { file: pattern(4096, 2), text: '' }]
    expect(boot(kernel(), { modules })).toBe(0)
    expect(valid() & 8).toBe(8)
    expect(field(20)).toBe(3)
    let end = 0x102000
    modules.forEach((module, i) => {
      const entry = field(24) + 16 * i
      const start = guest.ram.u32(entry)
      expect(start % 4096).toBe(0)
      expect(start).toBeGreaterThanOrEqual(end)
      expect(guest.ram.u32(entry + 4) - start).toBe(module.file.length)
      expect(guest.ram.read(start, module.file.length)).toEqual(Buffer.from(module.file))
      expect(guest.ram.text(guest.ram.u32(entry + 8))).toBe(module.text)
      expect(guest.ram.u32(entry + 12)).toBe(0)
      end = start + module.file.length
    })
  })

  test.each([32, 64] as const)('has the section headers of a %i-bit ELF file, with the symbols in memory', (bits) => {
    const symbols = pattern(100, 9)
    const strings = Buffer.from('\0main\0')
    const sections = [{ type: 0, data: Buffer.alloc(0) }, { type: 1, flags: 6, addr: 0x100000, data: pattern(16, 1) }, { type: 2, data: symbols }, { type: 3, data: strings }]
    expect(boot(kernel({ bits, sections }))).toBe(0)
    expect(valid() & 0x20).toBe(0x20)
    const size = bits === 64 ? 64 : 40
    expect([field(28), field(32), field(40)]).toEqual([4, size, 3])
    const address = (i: number) => bits === 64 ? guest.ram.u64(field(36) + size * i + 16) : guest.ram.u32(field(36) + size * i + 12)
    expect(address(1)).toBe(0x100000)
    expect(guest.ram.read(address(2), 100)).toEqual(symbols)
    expect(guest.ram.read(address(3), strings.length)).toEqual(strings)
    expect(address(0)).toBe(0)
    expect(address(2)).toBeGreaterThanOrEqual(0x102000)
  })

  test('does without sections that lie past the end of the file', () => {
    const file = kernel({ sections: [{ type: 2, data: pattern(100, 9) }] })
    file.writeUInt32LE(file.length - 8, 32) // e_shoff
    expect(boot(file)).toBe(0)
    expect(valid() & 0x20).toBe(0)
  })

  test('describes a text screen to a kernel that requires a video mode', () => {
    expect(boot(kernel({ segments: [{ paddr: 0x100000, data: text(7) }] }))).toBe(0)
    expect(valid() & 0x1000).toBe(0x1000)
    expect([guest.ram.u64(information() + 88), field(96), field(100), field(104), guest.ram.u8(information() + 108), guest.ram.u8(information() + 109)]).toEqual([0xb8000, 160, 80, 25, 16, 2])
  })
})

describe('a malformed ELF file is refused, with the reason', () => {
  const broken = (offset: number, ...values: number[]) => { const copy = Buffer.from(kernel()); copy.set(values, offset); return copy }
  const segment = (change: object) => kernel({ segments: [{ paddr: 0x100000, data: text() }, { paddr: 0x300000, data: pattern(16, 1), ...change }] })
  test.each<[string, Buffer, RegExp]>([
    ['no ELF', broken(0, 0), /not an ELF file/],
    ['class', broken(4, 3), /class in the ELF header/],
    ['byte order', broken(5, 2), /byte order/],
    ['machine', broken(18, 40), /e_machine .* is 40/],
    ['type', broken(16, 1), /e_type .* is 1/],
    ['no program headers', broken(44, 0), /no program headers/],
    ['too many program headers', broken(44, 129), /more than 128/],
    ['small program headers', broken(42, 31), /e_phentsize .* is 31/],
    ['program headers past the end', broken(28, 0xff, 0xff, 0xff, 0x7f), /e_phoff/],
    ['filesz above memsz', segment({ memsz: 15 }), /program header 1 .* more bytes in the file than in memory/],
    ['filesz past the end', segment({ filesz: 0x100000, memsz: 0x100000 }), /past the end of the file/],
    ['offset past the end', segment({ offset: 0x7000, data: new Uint8Array(0), filesz: 0x1000 }), /past the end of the file/],
    ['outside RAM', segment({ paddr: 64 << 20 }), /4000000h-400000Fh\) does not lie in RAM/],
    ['half outside RAM', segment({ memsz: 0x7000000 }), /does not lie in RAM/],
    ['the BIOS data area', segment({ paddr: 0 }), /which the firmware tables need/],
    ['the last byte before 1 MiB', segment({ paddr: 0xfffff }), /which the firmware tables need/],
    ['no loadable segment', kernel({ segments: [{ type: 6, paddr: 0x100000, data: text() }] }), /no ELF program header is a loadable segment/],
    ['entry outside', kernel({ entry: 0x102000 }), /entry point 102000h is in no loadable segment/],
    ['wrapping', elf({ bits: 64, segments: [{ paddr: 0x100000, data: text() }], entry: 0x100000 }).fill(0xff, 64 + 24, 64 + 32), /wraps around the end of memory/],
  ])('%s', (_, file, reason) => {
    expect(boot(file)).toBe(1)
    expect(guest.log.join('\n')).toMatch(reason)
    expect(guest.log).toHaveLength(1)
    expect(guest.ram.strays).toEqual([])
  })

  test('an entry point above 4 GiB, where 32-bit code cannot be', () => {
    const file = elf({ bits: 64, segments: [{ paddr: 0x100000, data: text() }, { paddr: 2 ** 32, data: pattern(64, 1) }], entry: 2 ** 32 })
    expect(boot(file, { ramBytes: 4 * 2 ** 30 })).toBe(1)
    expect(guest.log.join()).toMatch(/entry point 100000000h is above 4 GiB/)
  })
})

describe('a configuration that cannot be carried out is refused', () => {
  test('an initrd', () => {
    expect(boot(kernel(), { initrd: pattern(10, 1) })).toBe(1)
    expect(guest.log.join()).toMatch(/boot.initrd: Multiboot knows no initrd/)
  })

  test('a module that does not fit', () => {
    expect(boot(kernel(), { ramBytes: 2 << 20, modules: [{ file: Buffer.alloc(0xff000), text: '' }] })).toBe(1)
    expect(guest.log.join()).toMatch(/module 0 \(1044480 bytes\) does not fit/)
    expect(boot(kernel(), { ramBytes: 2 << 20, modules: [{ file: Buffer.alloc(0xfe000), text: '' }] })).toBe(0)
  })

  test('more than 64 modules', () => {
    const modules = Array.from({ length: 65 }, (_, i) => ({ file: pattern(10, i), text: `number ${i}` }))
    expect(boot(kernel(), { modules })).toBe(1)
    expect(guest.log.join()).toMatch(/65 modules, more than the 64/)
    expect(boot(kernel(), { modules: modules.slice(1) })).toBe(0)
    expect(guest.ram.text(guest.ram.u32(field(24) + 63 * 16 + 8))).toBe('number 64')
  })
})
