/** PVH, against Xen's docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h. */
import { beforeAll, describe, expect, test } from 'vitest'
import { Guest, Protocol, Register, Segment, type Setup } from './loader.guest'
import { bzImage, elf, note, pattern, pvhNote, type Elf } from './loader.images'

let guest: Guest
beforeAll(async () => { guest = await Guest.create('test/machine/loader.entry.ts') })

function boot(kernel: Uint8Array, setup: Setup = {}): number {
  guest.reset({ protocol: Protocol.pvh, kernel, ...setup })
  return guest.sandbox.exports.boot()
}

const code = pattern(0x1000, 3)
const kernel = (notes: Buffer, options: Partial<Elf> & { align?: number } = {}) => elf({
  segments: [{ vaddr: 0xc1000000, paddr: 0x1000000, data: code, memsz: 0x3000 }, { type: 4, vaddr: 0, paddr: 0, data: notes, align: options.align }], entry: 0xc1000000, ...options,
})
const start = () => guest.register(Register.rbx)

test.each([[32, 4], [32, 8], [64, 4], [64, 8]] as const)('an ELF%i kernel with a note of %i bytes is entered in flat protected mode', (bits, width) => {
  expect(boot(kernel(pvhNote(0x1000850, width), { bits }))).toBe(0)
  expect(guest.log).toEqual([])
  expect(guest.register(Register.rip)).toBe(0x1000850)
  expect(guest.ram.read(0x1000000, 0x1000)).toEqual(code)
  expect(guest.ram.read(0x1001000, 0x2000).every((byte) => byte === 0)).toBe(true)
  expect(guest.register(Register.cr0) & 0x80000001).toBe(1)
  expect(guest.register(Register.cr4)).toBe(0)
  expect(guest.register(Register.efer)).toBe(0)
  expect(guest.register(Register.rflags) & 0x20300).toBe(0) // VM, IF, TF
  expect(guest.segments.get(Segment.cs)).toMatchObject({ base: 0, limit: 0xffffffff, attributes: 0xc9b })
  for (const name of ['ds', 'es', 'ss'] as const) expect(guest.segments.get(Segment[name])).toMatchObject({ base: 0, limit: 0xffffffff, attributes: 0xc93 })
  expect(guest.segments.get(Segment.tr)).toMatchObject({ base: 0, limit: 0x67 })
  expect(guest.ram.strays).toEqual([])
})

describe('the note', () => {
  test('is found among others', () => {
    const notes = Buffer.concat([note('GNU', 3, pattern(20, 1)), note('Xen', 6, Buffer.from('linux\0')), note('GNU', 18, Buffer.from([1, 2, 3, 4])), pvhNote(0x1000010)])
    expect(boot(kernel(notes))).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x1000010)
  })

  test('may be in a segment whose notes are padded to 8 bytes', () => {
    const first = note('GNU', 3, pattern(4, 1)) // 20 bytes
    expect(boot(kernel(Buffer.concat([first, Buffer.alloc(4), pvhNote(0x1000010)]), { align: 8 }))).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x1000010)
  })

  test.each<[string, Buffer]>([
    ['none', Buffer.alloc(0)],
    ['another owner', note('xen', 18, Buffer.from([0, 0, 0, 1]))],
    ['another type', note('Xen', 17, Buffer.from([0, 0, 0, 1]))],
    ['a descriptor of 2 bytes', note('Xen', 18, Buffer.from([0, 0]))],
    ['a descriptor past the segment', pvhNote(0x1000010).subarray(0, 18)],
    ['a name of 4 GiB', Buffer.concat([Buffer.from([255, 255, 255, 255, 4, 0, 0, 0, 18, 0, 0, 0]), pvhNote(0x1000010)])],
  ])('%s: refused', (_, notes) => {
    expect(boot(kernel(notes))).toBe(1)
    expect(guest.log.join()).toMatch(/no PVH entry point/)
    expect(guest.log).toHaveLength(1)
  })

  test('that points outside the kernel is refused', () => {
    expect(boot(kernel(pvhNote(0x1003000)))).toBe(1)
    expect(guest.log.join()).toMatch(/PVH entry point 1003000h is in no loadable segment/)
  })

  test('is not in a bzImage', () => {
    expect(boot(bzImage())).toBe(1)
    expect(guest.log.join()).toMatch(/not an ELF file/)
  })
})

describe('hvm_start_info', () => {
  const modules = [{ file: pattern(5000, 1), text: 'first module' }, { file: pattern(10, 2), text: '' }]

  test('version 1: magic, command line, RSDP and map', () => {
    boot(kernel(pvhNote(0x1000000)), { commandLine: 'console=hvc0', ramBytes: 256 << 20 })
    expect([0, 4, 8, 12].map((offset) => guest.ram.u32(start() + offset))).toEqual([0x336ec578, 1, 0, 0])
    expect(guest.ram.u64(start() + 16)).toBe(0)
    expect(guest.ram.text(guest.ram.u64(start() + 24))).toBe('console=hvc0')
    expect(guest.ram.u64(start() + 32)).toBe(0xe0000)
    expect(guest.ram.u32(start() + 52)).toBe(0)
    const map = guest.ram.u64(start() + 40)
    const ranges = Array.from({ length: guest.ram.u32(start() + 48) }, (_, i) => [guest.ram.u64(map + 24 * i), guest.ram.u64(map + 24 * i + 8), guest.ram.u32(map + 24 * i + 16), guest.ram.u32(map + 24 * i + 20)])
    expect(ranges[0]).toEqual([0, 0x9fc00, 1, 0])
    expect(ranges).toContainEqual([0x100000, 255 << 20, 1, 0])
    expect(ranges).toContainEqual([0xe0000000, 0x10000000, 2, 0])
  })

  test('lists the initrd first, then the modules', () => {
    const initrd = pattern(9000, 5)
    boot(kernel(pvhNote(0x1000000)), { initrd, modules })
    expect(guest.ram.u32(start() + 12)).toBe(3)
    const list = guest.ram.u64(start() + 16)
    const expected = [{ file: initrd, text: null }, ...modules]
    expected.forEach((module, i) => {
      const [place, size, text, reserved] = [0, 8, 16, 24].map((offset) => guest.ram.u64(list + 32 * i + offset)) as [number, number, number, number]
      expect(place % 4096).toBe(0)
      expect(size).toBe(module.file.length)
      expect(guest.ram.read(place, size)).toEqual(module.file)
      if (module.text === null) expect(text).toBe(0)
      else expect(guest.ram.text(text)).toBe(module.text)
      expect(reserved).toBe(0)
    })
  })

  test('does not fit: refused', () => {
    expect(boot(kernel(pvhNote(0x1000000)), { initrd: Buffer.alloc(64 << 20) })).toBe(1)
    expect(guest.log.join()).toMatch(/the initrd \(67108864 bytes\) does not fit/)
  })
})
