/** The sandbox that reads the firmware's ACPI tables. */
import { beforeAll, describe, expect, it } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox'
import { generator, information1, information2, PhysicalMemory, rsdp, table, text, u16, u32, u64, withChecksum } from './firmware.memory'

const One = 0x2BADB002
const Two = 0x36D76289
const PAGE = 4096n

let sandbox: Sandbox
let host: PhysicalMemory
let reach = 0n
let lines: string[] = []
const linear = (at: number, length: number) => Buffer.from(sandbox.memory.buffer, at, length)
const imports = {
  hw: {
    load8: (at: bigint) => Number(host.load(at, 1)),
    load16: (at: bigint) => Number(host.load(at, 2)),
    load32: (at: bigint) => Number(host.load(at, 4)),
    load64: (at: bigint) => host.load(at, 8),
    copyOut: (target: number, at: bigint, length: bigint) => {
      for (let n = 0; n < length; n++) linear(target + n, 1)[0] = Number(host.load(at + BigInt(n), 1))
    },
  },
  firmware: {
    page: (at: bigint, target: number) => {
      const page = BigInt.asUintN(64, at) / PAGE * PAGE
      if (page > reach - PAGE) return 0
      linear(target, Number(PAGE)).set(host.page(Number(page)))
      return 1
    },
    isDevice: (at: bigint, bytes: bigint) => sandbox.exports.canBeDevice(at, bytes),
    rootPointers: (target: number) => sandbox.exports.giveRootPointers(target),
  },
  log: { line: (at: number, length: number) => { lines.push(linear(at, length).toString()) } },
}
beforeAll(async () => { sandbox = await instantiate('test/services/firmware.entry.ts', { imports }) })

function firmware(memory: PhysicalMemory, mapped = 1n << 32n) {
  const { exports } = sandbox
  host = memory
  reach = mapped
  lines = []
  exports.setReach(reach)
  return {
    f: exports,
    bootLoader: () => linear(exports.bootLoaderAt(), exports.bootLoader()).toString(),
    problems: () => lines,
    told: () => linear(exports.logBuffer.value, exports.readLog()).toString(),
    ranges: () => Array.from({ length: exports.memoryRangeCount() }, (_, n) => [exports.rangeBase(n), exports.rangeEnd(n), exports.rangeType(n)]),
    tables: () => Array.from({ length: exports.acpiTableCount() }, (_, n) => Buffer.from(u32(exports.tableSignature(n))).toString()),
  }
}

/** Dumped from QEMU 7.2 (q35, 3 CPUs) after GRUB 2.06 had started a kernel; what is expected is what `iasl -d` says of the same tables. */
describe('a real machine', () => {
  const cases: [string, number, bigint, bigint, string[]][] = [
    ['qemu-bios1', One, 0x10000n, 64n << 20n, ['FACP', 'APIC', 'HPET', 'MCFG', 'WAET', 'DSDT']],
    ['qemu-bios2', Two, 0x10_0140n, 64n << 20n, ['FACP', 'APIC', 'HPET', 'MCFG', 'WAET', 'DSDT']],
    ['qemu-uefi2', Two, 0x7000n, 128n << 20n, ['FACP', 'APIC', 'HPET', 'MCFG', 'WAET', 'BGRT', 'DSDT']],
  ]
  it.each(cases)('%s', (name, magic, information, top, tables) => {
    const memory = PhysicalMemory.dump(name)
    const host = firmware(memory, top)
    const { f } = host
    expect(f.readBootInformation(magic, information)).toBe(1)
    expect(f.readAcpi()).toBe(1)
    expect([host.told(), host.problems()]).toEqual(['', []])

    expect(host.bootLoader()).toMatch(/^GRUB 2\.06/)
    expect(f.bootModuleCount()).toBe(2)
    expect(f.moduleEnd(0) - f.moduleBase(0)).toBe(6n)
    expect(f.moduleEnd(1) - f.moduleBase(1)).toBe(5000n)
    expect(f.usableTop()).toBeLessThanOrEqual(top)
    expect(f.usableTop()).toBeGreaterThan(top - (4n << 20n))

    expect(host.tables()).toEqual(tables)
    expect(f.rsdpRevision()).toBe(name === 'qemu-uefi2' ? 2 : 0)
    expect(Array.from({ length: f.cpuCount() }, (_, n) => f.cpuApicId(n))).toEqual([0, 1, 2])
    expect([f.ioApicCount(), f.ioApicId(0), f.ioApicAddress(0), f.ioApicBase(0)]).toEqual([1, 0, 0xFEC0_0000n, 0])
    expect(Array.from({ length: 16 }, (_, irq) => f.globalInterruptOf(irq))).toEqual([2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    expect(Array.from({ length: 16 }, (_, irq) => f.isaFlags(irq))).toEqual([0, 0, 0, 0, 0, 0xD, 0, 0, 0, 0xD, 0xD, 0xD, 0, 0, 0, 0])
    expect([f.nmiCount(), f.nmiUid(0), f.nmiPin(0)]).toEqual([1, -1, 1])
    expect([f.localApicAddress(), f.hasLegacyPic()]).toEqual([0xFEE0_0000n, 1])
    // present, flags, SCI, SMI command, enable, reset value, century, boot architecture
    expect(Array.from({ length: 8 }, (_, n) => f.fixed(n))).toEqual([1, 0x84A5, 9, 0xB2, 2, 0x0F, 0x32, 2])
    expect([0, 1, 2, 3].map((n) => f.registerSpace(n))).toEqual([1, 0, 1, 1])
    expect([0, 2, 3].map((n) => f.registerAddress(n))).toEqual([0x604n, 0x608n, 0xCF9n])
    expect([0, 2, 3].map((n) => f.registerBits(n))).toEqual([16, 24, 8])
    expect(f.hpetAddress()).toBe(0xFED0_0000n)
    expect([f.mcfgCount(), f.mcfgBase(0), f.mcfgLastBus(0)]).toEqual([1, 0xB000_0000n, 255])
    expect([f.hasSleepState5(), f.sleepTypeA(), f.sleepTypeB()]).toEqual([1, 0, 0])
    expect(memory.highest).toBeLessThan(Number(top))
  })
})

describe('what the boot loader told', () => {
  it('reads map entries longer than it knows, and both kinds of RSDP', () => {
    const memory = new PhysicalMemory()
    const madt = 0x30_0000
    memory.put(madt, table('APIC', [...u32(0xFEE0_0000), ...u32(0), 0, 8, 7, 5, ...u32(1)]))
    memory.put(0x30_1000, table('XSDT', u64(BigInt(madt))))
    memory.put(0x9000, information2(
      [6, [...u32(32), ...u32(0), ...u64(0x10_0000n), ...u64(0xF0_0000n), ...u32(1), ...u32(0), ...u64(0n)]],
      [14, rsdp(0x4000_0000)],
      [15, rsdp(0, 0x30_1000n)],
    ))
    const host = firmware(memory)
    expect(host.f.readBootInformation(Two, 0x9000n)).toBe(1)
    expect(host.ranges()).toEqual([[0x10_0000n, 0x100_0000n, 1]])
    expect(host.told()).toBe('')
    memory.put(0x9000, new Array(0x200).fill(0)) // somebody else's memory by now
    expect(host.f.readAcpi()).toBe(1)
    expect(host.f.rsdpRevision()).toBe(2)
    expect([host.f.cpuCount(), host.f.cpuApicId(0), host.f.hasLegacyPic()]).toEqual([1, 5, 0])
  })

  it('finds ACPI through the EFI system table', () => {
    const memory = new PhysicalMemory()
    memory.put(0x30_1000, table('XSDT', []))
    memory.put(0x30_2000, rsdp(0, 0x30_1000n))
    // UEFI 2.10, 4.6: EFI_ACPI_20_TABLE_GUID
    memory.put(0x30_3000, [...u32(0x8868_E871), ...u16(0xE4F1), ...u16(0x11D3), 0xBC, 0x22, 0x00, 0x80, 0xC7, 0x3C, 0x88, 0x81, ...u64(0x30_2000n)])
    memory.put(0x30_4000, [...text('IBI SYST'), ...new Array(96).fill(0), ...u64(1n), ...u64(0x30_3000n)])
    memory.put(0x9000, information2([12, u64(0x30_4000n)]))
    const host = firmware(memory)
    host.f.readBootInformation(Two, 0x9000n)
    expect(host.f.readAcpi()).toBe(1)
    expect(host.f.rsdpRevision()).toBe(2)
  })
})

/** A machine with a BIOS: RSDP at F0000h. */
function bios(root: number[], tables: [number, number[]][], pointer = rsdp(0x20_0000)): PhysicalMemory {
  const memory = new PhysicalMemory()
  memory.put(0x40E, u16(0x9FC0))
  memory.put(0xF_0000, pointer)
  memory.put(0x20_0000, root)
  for (const [at, bytes] of tables) memory.put(at, bytes)
  return memory
}

function acpi(memory: PhysicalMemory) {
  const host = firmware(memory, 64n << 20n)
  memory.put(0x9000, information1({ 0: 1, 4: 640, 8: 1024 }))
  host.f.readBootInformation(One, 0x9000n)
  const found = host.f.readAcpi()
  return { ...host, found }
}

/** ACPI 1.0's FADT of 116 bytes. */
function fadt1(fields: Record<number, number>): number[] {
  const bytes = new Array(80).fill(0)
  for (const [at, value] of Object.entries(fields)) u32(value).forEach((byte, n) => { bytes[Number(at) - 36 + n] = byte })
  return table('FACP', bytes)
}

describe('ACPI', () => {
  it('is done without', () => {
    const { f, found, problems } = acpi(new PhysicalMemory())
    expect(found).toBe(0)
    expect(problems()).toEqual(['no ACPI RSDP was found in the boot information, the EBDA or E0000h-FFFFFh; running without ACPI'])
    expect([f.cpuCount(), f.fixed(0), f.hpetAddress(), f.hasSleepState5(), f.localApicAddress()]).toEqual([0, 0, 0n, 0, 0xFEE0_0000n])
  })

  it('finds an RSDP in the EBDA, and passes over one with a wrong checksum', () => {
    const memory = bios(table('RSDT', []), [], rsdp(0x20_0000).with(9, 0x41))
    memory.put(0x9_FC00 + 0x10, rsdp(0x20_0000))
    expect((acpi(memory)).found).toBe(1)
    expect((acpi(bios(table('RSDT', []), [], rsdp(0x20_0000).with(9, 0x41)))).found).toBe(0)
  })

  it('uses the RSDT when the XSDT or the RSDP\'s second checksum is broken', () => {
    const root = table('RSDT', u32(0x20_1000))
    const hpet = table('HPET', [...u32(0x8086_A201), 0, 64, 0, 0, ...u64(0xFED0_0000n), 0, 0, 0x80, 0])
    const xsdt = table('XSDT', u64(0x20_1000n))
    xsdt[20] ^= 1
    for (const pointer of [rsdp(0x20_0000, 0x20_2000n), rsdp(0x20_0000, 0x20_2000n).with(33, 1), rsdp(0x20_0000, 0x7000_0000_0000n)]) {
      const { f, found, problems } = acpi(bios(root, [[0x20_1000, hpet], [0x20_2000, xsdt]], pointer))
      expect([found, f.hpetAddress()]).toEqual([1, 0xFED0_0000n])
      expect(problems()[0]).toMatch(/XSDT|RSDP|^at 700000000000h/)
      expect(problems().slice(1)).toEqual(['APIC', 'FACP', 'DSDT'].map((name) => expect.stringContaining(`ACPI table ${name}:`)))
    }
  })

  it('reports a broken table, and uses the others', () => {
    const madt = table('APIC', [...u32(0xFEE0_0000), ...u32(1), 0, 8, 0, 3, ...u32(1)])
    const hpet = table('HPET', [...u32(0), 0, 64, 0, 0, ...u64(0xFED0_0000n), 0, 0, 0x80, 0]).with(44, 0x55)
    const root = table('RSDT', [0x20_1000, 0x20_2000, 0x7FFF_F000, 0x20_3000, 0].flatMap(u32))
    const { f, problems } = acpi(bios(root, [[0x20_1000, madt], [0x20_2000, hpet], [0x20_3000, table('SLIC', [], 20)]]))
    expect([f.cpuCount(), f.cpuApicId(0), f.hpetAddress()]).toEqual([1, 3, 0n])
    expect(problems()).toEqual(expect.arrayContaining([
      'ACPI table HPET at 202000h: the checksum is wrong; the table is not used',
      'at 7FFFF000h: the table lies outside mapped memory and is not used',
      'ACPI table SLIC at 203000h: the length in the table header is impossible; the table is not used',
      'ACPI table FACP: the firmware has no usable table of this name',
    ]))
  })

  it('leaves an HPET alone that lies where nothing is mapped', () => {
    const hpet = table('HPET', [...u32(0x8086_A201), 0, 64, 0, 0, ...u64(0x7FFF_FFFF_F000n), 0, 0, 0x80, 0])
    const { f, problems } = acpi(bios(table('RSDT', u32(0x20_1000)), [[0x20_1000, hpet]]))
    expect(f.hpetAddress()).toBe(0n)
    expect(problems()).toContain('ACPI table HPET at 201028h: a register has an address space or an address that cannot be used; it is left alone')
  })

  it('reads every kind of processor once, if it is enabled', () => {
    const madt = table('APIC', [
      ...u32(0xFEE0_0000), ...u32(1),
      0, 8, 0, 0, ...u32(1),
      0, 8, 1, 0xFF, ...u32(0), // empty slot
      0, 8, 2, 2, ...u32(2), // online capable only
      9, 16, 0, 0, ...u32(0), ...u32(1), ...u32(0), // number 0 again
      9, 16, 0, 0, ...u32(0x12345), ...u32(1), ...u32(77),
      10, 12, ...u16(5), ...u32(77), 1, 0, 0, 0,
      5, 12, 0, 0, ...u64(0x1_FEE0_0000n),
      0x7F, 4, 1, 2, // unknown
      2, 10, 0, 4, ...u32(20), ...u16(0xF),
      2, 10, 1, 5, ...u32(21), ...u16(0), // not ISA
    ])
    const { f } = acpi(bios(table('RSDT', u32(0x20_1000)), [[0x20_1000, madt]]))
    expect(Array.from({ length: f.cpuCount() }, (_, n) => f.cpuApicId(n))).toEqual([0, 0x12345])
    expect([f.nmiCount(), f.nmiUid(0), f.nmiPin(0)]).toEqual([1, 77, 1])
    expect(f.localApicAddress()).toBe(0x1_FEE0_0000n)
    expect([f.globalInterruptOf(4), f.isaFlags(4), f.globalInterruptOf(5)]).toEqual([20, 0xF, 5])
  })

  it('stops at a MADT entry of length 0', () => {
    const madt = table('APIC', [...u32(0xFEE0_0000), ...u32(1), 0, 8, 0, 1, ...u32(1), 0, 0, 0, 8, 0, 2, ...u32(1)])
    const { f, problems } = acpi(bios(table('RSDT', u32(0x20_1000)), [[0x20_1000, madt]]))
    expect(f.cpuCount()).toBe(1)
    expect(problems()[0]).toMatch(/^ACPI table APIC at 201034h: an entry has an impossible length/)
  })

  it('reads ACPI 1.0\'s FADT: ports, and no reset register', () => {
    const fadt = fadt1({ 40: 0x20_2000, 46: 11, 64: 0x1004, 68: 0, 76: 0x1008, 88: 0x0400_0204, 112: 1 << 8 })
    const dsdt = table('DSDT', [0x08, 0x5C, ...text('_S5_'), 0x12, 0x0A, 0x04, 0x0A, 0x07, 0x0B, 0x05, 0x00, 0x00, 0x00])
    const { f, problems } = acpi(bios(table('RSDT', u32(0x20_1000)), [[0x20_1000, fadt], [0x20_2000, dsdt]]))
    expect([0, 1, 2, 3].map((n) => f.registerSpace(n))).toEqual([1, 0, 1, 0])
    expect([f.registerAddress(0), f.registerAddress(2), f.registerBits(2), f.fixed(2)]).toEqual([0x1004n, 0x1008n, 32, 11])
    expect([f.hasSleepState5(), f.sleepTypeA(), f.sleepTypeB()]).toEqual([1, 7, 5])
    expect(problems()).toEqual(['ACPI table APIC: the firmware has no usable table of this name'])
  })

  // ACPI 6.5, 20.2.5.4: a package's length is one to four bytes, the number of the rest in bits 7:6 of the first.
  it.each<[string, number[], number[]]>([
    ['constants', [0x08, ...text('_S5_'), 0x12, 0x06, 0x04, 0x00, 0x01, 0x00, 0x00], [1, 0, 1]],
    ['bytes', [0x08, ...text('_S5_'), 0x12, 0x08, 0x02, 0x0A, 0x05, 0x0A, 0x05], [1, 5, 5]],
    ['a long length', [0x08, ...text('_S5_'), 0x12, 0x49, 0x00, 0x02, 0x0C, 6, 0, 0, 0, 0x01], [1, 6, 1]],
    ['one element', [0x08, ...text('_S5_'), 0x12, 0x04, 0x01, 0x0A, 0x03], [1, 3, 3]],
    ['a use before the definition', [0x70, ...text('_S5_'), 0x60, 0x08, ...text('_S5_'), 0x12, 0x04, 0x01, 0x0A, 0x02], [1, 2, 2]],
    ['the end of the table in the middle', [0x08, ...text('_S5_'), 0x12, 0x08, 0x02, 0x0A], [0, 0, 0]],
    ['a method instead', [0x14, 0x0B, ...text('_S5_'), 0x00, 0xA4, 0x00], [0, 0, 0]],
  ])('_S5_: %s', (_, aml, expected) => {
    const root = table('RSDT', [0x20_1000, 0x20_2000].flatMap(u32))
    const { f } = acpi(bios(root, [[0x20_1000, fadt1({})], [0x20_2000, table('SSDT', aml)]]))
    expect([f.hasSleepState5(), f.sleepTypeA(), f.sleepTypeB()]).toEqual(expected)
  })

  it('leaves out ECAM windows that make no sense', () => {
    const entry = (base: bigint, first: number, last: number) => [...u64(base), ...u16(0), first, last, ...u32(0)]
    const mcfg = table('MCFG', [...u64(0n), ...entry(0xE000_0000n, 0, 63), ...entry(0xF000_0000n, 5, 4), ...entry(0n, 0, 1), ...entry(0xE000_1000n, 0, 1), 1, 2, 3])
    const { f } = acpi(bios(table('RSDT', u32(0x20_1000)), [[0x20_1000, mcfg]]))
    expect([f.mcfgCount(), f.mcfgBase(0), f.mcfgLastBus(0)]).toEqual([1, 0xE000_0000n, 63])
  })
})

describe('hostile tables', () => {
  it('neither trap nor hang nor read unmapped memory', () => {
    const random = generator(42)
    const reach = 16 << 20
    const interesting = [0, 1, 7, 8, 0x7F, 0xFF]
    for (const [name, magic, information] of [['qemu-bios1', One, 0x10000], ['qemu-bios2', Two, 0x10_0140], ['qemu-uefi2', Two, 0x7000]] as const) {
      const memory = PhysicalMemory.dump(name)
      const original = PhysicalMemory.dump(name)
      const tables = [...original.addresses].filter((at) => at >= 0x10_0000)
      for (let round = 0; round < 120; round++) {
        const changed: number[] = []
        for (let n = random() % 8; n >= 0; n--) {
          const at = random() % 2 ? information + random() % 0x400 : tables[random() % tables.length]
          changed.push(at)
          memory.put(at, [random() % 2 ? interesting[random() % interesting.length] : random() & 0xFF])
        }
        // A broken checksum would hide what is behind it: now and then all headers are made whole again.
        if (round % 3 === 0) for (const at of tables) if (original.byte(at) === 0x41 && memory.load(BigInt(at), 4) === 0x4349_5041n) repair(memory, at)
        memory.highest = 0
        const { f } = firmware(memory, BigInt(round % 2 ? reach : 1 << 27))
        f.readBootInformation(magic, BigInt(information))
        f.readAcpi()
        expect(memory.highest).toBeLessThan(round % 2 ? reach : 1 << 27)
        if (round % 3 === 0) for (const at of tables) memory.put(at, [original.byte(at)])
        for (const at of changed) memory.put(at, [original.byte(at)])
      }
    }
  })
})

function repair(memory: PhysicalMemory, at: number) {
  const length = Number(memory.load(BigInt(at + 4), 4))
  if (length < 36 || length > 4096) return
  const bytes = Array.from({ length }, (_, n) => Number(memory.load(BigInt(at + n), 1)))
  memory.put(at, withChecksum(bytes, 9))
}
