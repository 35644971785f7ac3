/** Linux's boot protocol, against Documentation/arch/x86/boot.rst and zero-page.rst. */
import { beforeAll, describe, expect, test } from 'vitest'
import { Guest, Protocol, Register, Segment, type Setup } from './loader.guest'
import { bzImage, elf, pattern, type BzImage } from './loader.images'

let guest: Guest
beforeAll(async () => { guest = await Guest.create('test/machine/loader.entry.ts') })

function boot(image: BzImage = {}, setup: Setup = {}): number {
  guest.reset({ protocol: Protocol.linux, kernel: bzImage(image), ...setup })
  return guest.sandbox.exports.boot()
}

function zeroPage(): number { return guest.register(Register.rsi) }
const MIB = 1 << 20

describe('a 64-bit kernel', () => {
  test('goes where it prefers and is entered 200h after its start, in 64-bit mode, with RSI at the zero page', () => {
    expect(boot(), guest.log.join()).toBe(0)
    expect(guest.log).toEqual([])
    expect(guest.register(Register.rip)).toBe(0x1000200)
    expect(guest.ram.read(0x1000000, 0x3000)).toEqual(pattern(0x3000, 0x11))
    expect(guest.register(Register.cr0) & 0x80000001).toBe(0x80000001 | 0)
    expect(guest.register(Register.cr4)).toBe(0x20) // PAE
    expect(guest.register(Register.efer)).toBe(0x500) // LMA, LME
    expect(guest.register(Register.rflags)).toBe(2) // IF clear
    expect(guest.segments.get(Segment.cs)).toEqual({ selector: 0x10, base: 0, limit: 0xffffffff, attributes: 0xa9b })
    for (const name of ['ds', 'es', 'ss'] as const) expect(guest.segments.get(Segment[name])).toEqual({ selector: 0x18, base: 0, limit: 0xffffffff, attributes: 0xc93 })
    expect(zeroPage() % 4096).toBe(0)
    expect(guest.ram.strays).toEqual([])
  })

  test('finds __BOOT_CS and __BOOT_DS in its GDT', () => {
    boot()
    const gdt = guest.register(Register.gdtrBase)
    expect(guest.register(Register.gdtrLimit)).toBe(0x1f)
    expect(guest.ram.read(gdt + 0x10, 8).toString('hex')).toBe('ffff0000009baf00') // execute/read, L, G, limit FFFFF
    expect(guest.ram.read(gdt + 0x18, 8).toString('hex')).toBe('ffff00000093cf00') // read/write, B, G
  })

  test('has the first 4 GiB mapped one to one', () => {
    boot()
    const walk = (address: number) => {
      const pml4e = guest.ram.u64(guest.register(Register.cr3) + Math.floor(address / 2 ** 39) % 512 * 8)
      const pdpte = guest.ram.u64(pml4e - pml4e % 4096 + Math.floor(address / 2 ** 30) % 512 * 8)
      const pde = guest.ram.u64(pdpte - pdpte % 4096 + Math.floor(address / 2 ** 21) % 512 * 8)
      expect([pml4e & 3, pdpte & 0x83, pde & 0x83]).toEqual([3, 3, 0x83])
      return pde - pde % 2 ** 21 + address % 2 ** 21
    }
    for (const address of [0, 0x1000, 0x1fffff, 0x200000, 0x1000200, 0x3fffffff, 0x40000000, 0xbfffffff, 0xfee00000, 0xffffffff]) expect(walk(address)).toBe(address)
    const root = guest.register(Register.cr3)
    expect(guest.ram.u64(root + 8)).toBe(0)
    expect(guest.ram.u64(root + 0x1000 + 32)).toBe(0)
  })

  test('is moved to the lowest aligned place when RAM ends before the preferred one', () => {
    expect(boot({}, { ramBytes: 12 * MIB })).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x200200)
    expect(guest.ram.u32(zeroPage() + 0x230)).toBe(0x200000)
  })

  test('is aligned less, down to min_alignment, when RAM is short, and is told so', () => {
    expect(boot({ alignment: 0x1000000, initSize: 9 * MIB }, { ramBytes: 12 * MIB })).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x200200)
    expect(guest.ram.u32(zeroPage() + 0x230)).toBe(0x200000)
  })

  test('is refused when init_size does not fit', () => {
    expect(boot({}, { ramBytes: 8 * MIB })).toBe(1)
    expect(guest.log.join()).toMatch(/8388608 bytes of RAM/)
  })

  test('that is not relocatable is loaded at 1 MiB, with its run address kept free', () => {
    expect(boot({ relocatable: false }, { initrd: pattern(4096, 9), ramBytes: 24 * MIB })).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x100200)
    expect(guest.ram.u32(zeroPage() + 0x218) + 4096).toBe(0x1000000) // just below what runs at 16 MiB to 24 MiB
    expect(boot({ relocatable: false }, { ramBytes: 16 * MIB })).toBe(1)
    expect(guest.log.join()).toMatch(/runs at 1000000h only/)
  })
})

describe('a kernel without a 64-bit entry point', () => {
  test('is entered at code32_start in flat protected mode', () => {
    expect(boot({ xloadflags: 0, prefAddress: 0x400000, code32Start: 0x100010 })).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x400010)
    expect(guest.register(Register.cr0) & 0x80000001).toBe(1)
    expect(guest.register(Register.efer)).toBe(0)
    expect(guest.segments.get(Segment.cs)).toEqual({ selector: 0x10, base: 0, limit: 0xffffffff, attributes: 0xc9b })
    expect(guest.segments.get(Segment.ss)).toEqual({ selector: 0x18, base: 0, limit: 0xffffffff, attributes: 0xc93 })
    expect([Register.rbp, Register.rdi, Register.rbx].map((register) => guest.register(register))).toEqual([0, 0, 0])
  })

  test.each([0x202, 0x203, 0x204, 0x206, 0x209])('of protocol %i, before pref_address, is loaded at 1 MiB', (version) => {
    // What later protocols put there is garbage in an older header.
    expect(boot({ version, relocatable: false, xloadflags: 0xffff, prefAddress: 0x123456789, initSize: 0xffffffff })).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x100000)
  })

  test('of protocol 2.05 may be relocatable', () => {
    expect(boot({ version: 0x205, alignment: 0x100000 })).toBe(0)
    expect(guest.register(Register.rip)).toBe(0x100000)
  })

  test('that jumps outside itself is refused', () => {
    expect(boot({ xloadflags: 0, code32Start: 0x103000 })).toBe(1)
    expect(boot({ xloadflags: 0, code32Start: 0xfffff })).toBe(1)
    expect(boot({ xloadflags: 0, code32Start: 0 })).toBe(1)
    expect(guest.log.join()).toMatch(/32-bit entry point/)
  })
})

describe('the zero page', () => {
  test('has the setup header as in the file and zeroes elsewhere', () => {
    boot()
    const page = guest.ram.read(zeroPage(), 4096)
    expect(page.readUInt16LE(0x1fe)).toBe(0xaa55)
    expect(page.toString('latin1', 0x202, 0x206)).toBe('HdrS')
    expect(page.readUInt16LE(0x206)).toBe(0x20f)
    expect(page[0x1ef]).toBe(0) // sentinel
    expect(page[0x210]).toBe(0xff) // type_of_loader
    expect(page[0x211]! & 1).toBe(1) // LOADED_HIGH
    expect(page.readUInt16LE(0x1fa)).toBe(0xffff) // vid_mode: normal
    expect(page.readUInt32LE(0x214)).toBe(0x1000000)
    expect(page.readBigUInt64LE(0x070)).toBe(0xe0000n) // acpi_rsdp_addr
    expect(page.subarray(0x300 + 0x90, 0xd00).every((byte) => byte === 0)).toBe(true)
    expect(page.subarray(0x26c, 0x2d0).every((byte) => byte === 0)).toBe(true)
  })

  test('does not pass on flags and pointers that are the loader\'s', () => {
    const kernel = bzImage({ loadflags: 0xff })
    kernel.writeBigUInt64LE(0x1234n, 0x250)
    kernel.writeUInt16LE(0x5678, 0x224)
    kernel.writeUInt32LE(0x9abc, 0x218)
    boot({}, { kernel })
    expect(guest.ram.u8(zeroPage() + 0x211) & 0xc0).toBe(0) // CAN_USE_HEAP, KEEP_SEGMENTS
    expect(guest.ram.u64(zeroPage() + 0x250)).toBe(0) // setup_data
    expect(guest.ram.u16(zeroPage() + 0x224)).toBe(0)
    expect(guest.ram.u32(zeroPage() + 0x218)).toBe(0)
  })

  test.each([2 * MIB + 16 * MIB, 512 * MIB, 3 * 1024 * MIB, 6 * 1024 * MIB])('maps the memory of a VM with %i bytes', (ramBytes) => {
    expect(boot({ prefAddress: 0x200000 }, { ramBytes })).toBe(0)
    const page = zeroPage()
    const map = Array.from({ length: guest.ram.u8(page + 0x1e8) }, (_, i) => ({
      base: guest.ram.u64(page + 0x2d0 + i * 20), length: guest.ram.u64(page + 0x2d8 + i * 20), type: guest.ram.u32(page + 0x2e0 + i * 20),
    }))
    map.reduce((end, range) => { expect(range.base).toBeGreaterThanOrEqual(end); return range.base + range.length }, 0)
    const typeOf = (gpa: number) => map.find((range) => gpa >= range.base && gpa < range.base + range.length)?.type
    expect(typeOf(0)).toBe(1)
    expect(typeOf(0x9fbff)).toBe(1)
    for (const reserved of [0x9fc00, 0xa0000, 0xe0000, 0xfffff, 0xe0000000, 0xefffffff, 0xfec00000, 0xfed00000, 0xfee00000]) expect(typeOf(reserved), reserved.toString(16)).toBe(2)
    const usable = map.filter((range) => range.type === 1).reduce((total, range) => total + range.length, 0)
    expect(usable).toBe(ramBytes - (0x100000 - 0x9fc00))
    if (ramBytes > 3 * 1024 * MIB) expect(map.at(-1)).toEqual({ base: 2 ** 32, length: ramBytes - 3 * 1024 * MIB, type: 1 })
    for (const range of map) if (range.type === 1) expect(guest.ram.has(range.base, range.length)).toBe(true)
    expect(guest.ram.u32(page + 0x1e0)).toBe((Math.min(ramBytes, 3 * 1024 * MIB) - MIB) / 1024) // alt_mem_k
  })
})

describe('the command line', () => {
  test('is passed with its terminating zero', () => {
    boot({}, { commandLine: 'console=ttyS0 root=/dev/vda1' })
    expect(guest.ram.text(guest.ram.u32(zeroPage() + 0x228))).toBe('console=ttyS0 root=/dev/vda1')
    boot()
    expect(guest.ram.text(guest.ram.u32(zeroPage() + 0x228))).toBe('')
  })

  test('may be as long as cmdline_size and no longer', () => {
    expect(boot({ cmdlineSize: 300 }, { commandLine: 'x'.repeat(300) })).toBe(0)
    expect(boot({ cmdlineSize: 300 }, { commandLine: 'x'.repeat(301) })).toBe(1)
    expect(guest.log.join()).toMatch(/at most 300 bytes and boot.cmdline has 301/)
    expect(boot({ version: 0x205, cmdlineSize: 0 }, { commandLine: 'x'.repeat(255) })).toBe(0) // the limit before 2.06
    expect(boot({ version: 0x205, cmdlineSize: 9999 }, { commandLine: 'x'.repeat(256) })).toBe(1)
    expect(boot({ cmdlineSize: 99999 }, { commandLine: 'x'.repeat(5000) })).toBe(1)
  })
})

describe('the initrd', () => {
  const initrd = pattern(5000, 77)
  const place = () => guest.ram.u32(zeroPage() + 0x218) + guest.ram.u32(zeroPage() + 0xc0) * 2 ** 32

  test('lies page-aligned at the end of RAM', () => {
    expect(boot({}, { initrd })).toBe(0)
    expect(place()).toBe(64 * MIB - 8192)
    expect(guest.ram.u32(zeroPage() + 0x21c)).toBe(5000)
    expect(guest.ram.read(place(), 5000)).toEqual(initrd)
  })

  test('ends at initrd_addr_max', () => {
    expect(boot({ initrdAddrMax: 0x2ffffff }, { initrd })).toBe(0)
    expect(place()).toBe(0x3000000 - 8192)
    expect(boot({ initrdAddrMax: 0x2fffffe }, { initrd })).toBe(0)
    expect(place()).toBe(0x3000000 - 8192) // its last byte is below that as well
    expect(boot({ initrdAddrMax: 0x2ffffff }, { initrd: pattern(8192, 1) })).toBe(0)
    expect(place() + 8191).toBe(0x2ffffff)
    expect(boot({ version: 0x202, relocatable: false }, { initrd, ramBytes: 1024 * MIB })).toBe(0)
    expect(place()).toBe(0x38000000 - 8192) // 37FFFFFFh before 2.03
  })

  test('does not lie where the kernel unpacks itself', () => {
    expect(boot({ initrdAddrMax: 0x17fffff }, { initrd })).toBe(0) // the kernel has 1000000h to 17FFFFFh
    expect(place()).toBe(0x1000000 - 8192)
  })

  test('goes above 4 GiB only when it does not fit below and the kernel says that it can', () => {
    const high = { initrdAddrMax: 0xfffff }
    expect(boot({ ...high, xloadflags: 3 }, { initrd, ramBytes: 4096 * MIB })).toBe(0)
    expect(place()).toBe(5 * 2 ** 30 - 8192)
    expect(guest.ram.read(place(), 5000)).toEqual(initrd)
    expect(boot({ ...high, xloadflags: 1 }, { initrd, ramBytes: 4096 * MIB })).toBe(1)
    expect(guest.log.join()).toMatch(/initrd of 5000 bytes does not fit/)
  })

  test('that leaves no room is refused', () => {
    expect(boot({}, { initrd: Buffer.alloc(60 * MIB) })).toBe(1)
    expect(guest.log).toHaveLength(1)
  })
})

describe('a file that is no bzImage for this machine is refused, with the reason', () => {
  const kernel = bzImage()
  const cut = (length: number) => kernel.subarray(0, length)
  const changed = (offset: number, ...values: number[]) => { const copy = Buffer.from(kernel); copy.set(values, offset); return copy }
  test.each<[string, Buffer, RegExp]>([
    ['empty', Buffer.alloc(0), /missing or empty/],
    ['too short', cut(0x28f), /no Linux boot header/],
    ['no boot flag', changed(0x1fe, 0), /no Linux boot header/],
    ['no magic', changed(0x202, 0), /no Linux boot header/],
    ['an ELF file', elf({ segments: [{ paddr: 0x100000, data: pattern(4096, 1) }] }), /an ELF file/],
    ['compressed', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(9999)]), /a gzip file/],
    ['too old', changed(0x206, 1, 2), /protocol is 2\.1, older than 2\.02/],
    ['no jump', changed(0x200, 0xe9), /no short jump/],
    ['header too long', changed(0x201, 0x8f), /ends at 291h/],
    ['header too short', changed(0x201, 0x20), /ends at 222h/],
    ['zImage', changed(0x211, 0), /zImage/],
    ['setup only', cut(0x800), /protected-mode part should start at file offset 800h/],
    ['cut short', cut(0x1000), /the file has 2048/],
    ['alignment', changed(0x230, 1, 2, 3, 4), /kernel_alignment/],
    ['alignment 0', changed(0x230, 0, 0, 0, 0), /kernel_alignment/],
    ['no code at its 64-bit entry', bzImage({ code: pattern(0x200, 1) }), /64-bit entry point/],
  ])('%s', (_, kernel, reason) => {
    expect(boot({}, { kernel })).toBe(1)
    expect(guest.log.join('\n')).toMatch(reason)
    expect(guest.log).toHaveLength(1)
    expect(guest.ram.strays).toEqual([])
  })

  test('a configuration with modules', () => {
    expect(boot({}, { modules: [{ file: pattern(1, 1), text: '' }] })).toBe(1)
    expect(guest.log.join()).toMatch(/boot.modules/)
  })
})

test('everything the kernel is passed lies where none, old or new, writes before it has read it', () => {
  boot({}, { commandLine: 'x'.repeat(2047) })
  const structures: [number, number][] = [
    [zeroPage(), 4096], [guest.ram.u32(zeroPage() + 0x228), 2048], [guest.register(Register.gdtrBase), 32], [guest.register(Register.cr3), 6 * 4096],
  ]
  for (const [start, length] of structures) {
    expect(start).toBeGreaterThanOrEqual(0x90000) // LOW_BUFFER_MAX in the decompressor of Linux 2.4
    expect(start + length).toBeLessThanOrEqual(0x9d000) // TRAMPOLINE_32BIT_SIZE below BIOS_START_MAX in the decompressor of Linux 5
  }
  structures.sort((a, b) => a[0] - b[0]).reduce((end, [start, length]) => { expect(start).toBeGreaterThanOrEqual(end); return start + length }, 0)
})

test('old firmware\'s data: COM1, the extended BIOS data area, 639 KiB of base memory', () => {
  boot()
  expect(guest.ram.u16(0x400)).toBe(0x3f8)
  expect(guest.ram.u16(0x40e)).toBe(0x9fc0)
  expect(guest.ram.u16(0x413)).toBe(639)
  expect(guest.ram.u8(0x9fc00)).toBe(1)
})

test('old firmware\'s vectors: calls are answered with "function not supported", everything else returns', () => {
  boot()
  const code = (vector: number) => {
    const [offset, segment] = [guest.ram.u16(vector * 4), guest.ram.u16(vector * 4 + 2)]
    return guest.ram.read(segment * 16 + offset, 11).toString('hex')
  }
  for (const vector of [0x00, 0x08, 0x0f, 0x70, 0x77, 0xff]) expect(code(vector).slice(0, 2)).toBe('cf') // iret
  // push bp; mov bp, sp; or byte [bp + 6], 1; pop bp; mov ah, 86h; iret. BP, IP and CS lie below the FLAGS.
  for (const vector of [0x10, 0x13, 0x15, 0x1a]) expect(code(vector)).toBe('558bec804e06015db486cf')
})

test('at the reset vector the board is reset through port CF9h', () => {
  boot()
  // mov al, 6; mov dx, 0cf9h; out dx, al; hlt; jmp to the hlt
  expect(guest.ram.read(0xffff0, 9).toString('hex')).toBe('b006baf90ceef4ebfd')
})
