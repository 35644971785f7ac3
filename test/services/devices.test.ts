/** Looking for the host's devices: configuration spaces by the specification, and any others. PCI Local Bus Specification 3.0, chapter 6. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox'

/** A function of a bus: 64 registers, of which only some bits can be written. */
class Function {
  readonly registers = new Uint32Array(64)
  readonly writable = new Uint32Array(64)
  constructor(identity: number, classCode: number, type = 0) {
    this.registers[0] = identity
    this.registers[1] = 0x10_0000 // a list of capabilities
    this.writable[1] = 0xffff
    this.registers[2] = classCode << 8
    this.registers[3] = type << 16
  }

  /** Gives it memory of a power of two bytes. */
  memory(bar: number, base: bigint, bytes: bigint, isWide = false, isPrefetchable = false): this {
    this.registers[4 + bar] = Number(base & 0xffff_fff0n) | (isWide ? 4 : 0) | (isPrefetchable ? 8 : 0)
    this.writable[4 + bar] = Number(BigInt.asUintN(32, -bytes)) & ~0xf
    if (isWide) {
      this.registers[5 + bar] = Number(base >> 32n)
      this.writable[5 + bar] = Number(BigInt.asUintN(32, -bytes >> 32n))
    }
    return this
  }

  /** Puts a capability at an offset, with the next one's. */
  capability(at: number, identity: number, next: number, ...registers: number[]): this {
    this.registers[13] = at
    this.registers[at / 4] = identity | next << 8
    registers.forEach((value, index) => { this.registers[at / 4 + 1 + index] = value })
    return this
  }

  write(register: number, value: number): void { this.registers[register] = this.registers[register] & ~this.writable[register] | value & this.writable[register] }
}

const nvme = () => new Function(0x0010_1b36, 0x01_0802).capability(0x80, 0x05, 0)
const bridge = (secondary: number) => {
  const made = new Function(0x000c_1b36, 0x06_0400, 1)
  made.registers[6] = secondary << 8
  return made
}
/** One that passes on what lies from a base to a limit, both of whole MiB. */
const passing = (secondary: number, base: bigint, limit: bigint, prefetchable?: { base: bigint, limit: bigint }) => {
  const made = bridge(secondary)
  made.registers[8] = Number(base >> 16n | limit - 1n & 0xfff0_0000n)
  if (prefetchable) {
    made.registers[9] = Number(prefetchable.base >> 16n & 0xfff0n | prefetchable.limit - 1n & 0xfff0_0000n) | 0x1_0001
    made.registers[10] = Number(prefetchable.base >> 32n)
    made.registers[11] = Number(prefetchable.limit - 1n >> 32n)
  }
  return made
}
const at = (bus: number, device: number, index = 0) => bus << 16 | device << 11 | index << 8

let sandbox: Sandbox
let functions: Map<number, Function>
let lines: string[]
let chosen = 0
let inMemory = false
let byPorts = 0

const read = (address: number, register: number) => functions.get(address)?.registers[register] ?? 0xffff_ffff
const imports = {
  port: {
    write32: (port: number, value: number) => {
      if (port === 0) chosen = value >>> 0
      else functions.get(chosen & 0xff_ff00)?.write((chosen & 0xff) >> 2, value)
    },
    read32: () => {
      byPorts++
      return read(chosen & 0xff_ff00, (chosen & 0xff) >> 2)
    },
  },
  device: {
    read32: (bar: number, offset: number) => inMemory && bar === 0 ? read(offset >>> 12 << 8, (offset & 0xfff) >> 2) : 0xffff_ffff,
    write32: (_: number, offset: number, value: number) => { functions.get(offset >>> 12 << 8)?.write((offset & 0xfff) >> 2, value) },
  },
  log: { line: (from: number, length: number) => { lines.push(Buffer.from(sandbox.memory.buffer, from, length).toString()) } },
}
beforeAll(async () => { sandbox = await instantiate('services/devices/index.ts', { imports }) })

/** Looks, and reads the record. */
function look(found: [number, Function][]) {
  functions = new Map(found)
  lines = []
  byPorts = 0
  expect(sandbox.exports.start()).toBe(0)
  const record = Buffer.from(sandbox.memory.buffer, sandbox.exports.results() >>> 0, 8 + 8 * 0x88)
  return Array.from({ length: record.readUInt32LE(0) }, (_, index) => {
    const row = record.subarray(8 + index * 0x88, 8 + (index + 1) * 0x88)
    const [address, identity, classCode, msi, msix, table, driver, line] = Array.from({ length: 8 }, (_, field) => row.readUInt32LE(4 * field))
    const windows = Array.from({ length: 6 }, (_, bar) => [row.readBigUInt64LE(0x20 + 16 * bar), row.readBigUInt64LE(0x28 + 16 * bar)])
    return { address, identity, classCode, msi, msix, table, driver, line, windows, place: row.toString('ascii', 0x80, 0x87) }
  })
}

describe.each([['by ports', false], ['in memory', true]])('%s', (_, memory) => {
  test('a drive with all that it has, which is left as it was', () => {
    inMemory = memory
    const drive = nvme().memory(0, 0x8_0000_4000n, 0x4000n, true).memory(2, 0xfeb0_0000n, 0x1000n).capability(0x50, 0x05, 0).capability(0x40, 0x11, 0x50, 0x2002, 0x3002)
    drive.registers[1] |= 0x0007
    const before = drive.registers.slice()
    const [found] = look([[at(0, 0), new Function(0x29c0_8086, 0x06_0000)], [at(0, 3), drive]])
    expect(found).toMatchObject({ address: at(0, 3), identity: 0x0010_1b36, classCode: 0x0108_0200, msi: 0x50, msix: 0x40, table: 0x2002, driver: 0, place: '00:03.0' })
    expect(found.windows).toEqual([[0x8_0000_4000n, 0x4000n], [0n, 0n], [0xfeb0_0000n, 0x1000n], [0n, 0n], [0n, 0n], [0n, 0n]])
    expect(drive.registers).toEqual(before)
    expect(byPorts > 10).toBe(!memory)
  })

  test('behind bridges, and one bridge that leads back', () => {
    inMemory = memory
    const several = new Function(0x0001_1234, 0x06_0100, 0x80)
    const places = look([
      [at(0, 0), several], [at(0, 0, 7), nvme()], [at(0, 1), bridge(5)], [at(5, 31), bridge(0x1f)], [at(0x1f, 0), bridge(0)], [at(0x1f, 2), nvme()], [at(7, 0), nvme()],
    ]).map(({ place }) => place)
    expect(places).toEqual(['00:00.7', '1F:02.0'])
  })
})

test.each([['NVMe', 0x01_0802, [0]], ['AHCI', 0x01_0601, [1]], ['IDE', 0x01_0180, []], ['SATA without AHCI', 0x01_0600, []]])('a function is told by its class: %s', (_, classCode, drivers) => {
  inMemory = false
  const made = new Function(0x2922_8086, classCode).capability(0x80, 0x05, 0)
  expect(look([[at(0, 3), made]]).map(({ driver }) => driver)).toEqual(drivers)
})

test.each([['virtio-blk', 0x1042_1af4, [2]], ['transitional virtio-blk', 0x1001_1af4, [2]], ['virtio-scsi', 0x1048_1af4, []], ['virtio-net', 0x1041_1af4, [3]], ['transitional virtio-net', 0x1000_1af4, [3]], ['82574L', 0x10d3_8086, [4]], ['another of Intel\'s', 0x1572_8086, []]])('or by its identity: %s', (_, identity, drivers) => {
  inMemory = false
  expect(look([[at(0, 3), new Function(identity, 0x01_0000).capability(0x80, 0x11, 0)]]).map(({ driver }) => driver)).toEqual(drivers)
})

test('ports are no memory', () => {
  inMemory = false
  const drive = nvme().memory(0, 0xfe00_0000n, 0x4000n, true)
  drive.registers[6] = 0xc001
  expect(look([[at(0, 3), drive]])[0].windows).toEqual([[0xfe00_0000n, 0x4000n], ...Array(5).fill([0n, 0n])])
})

const noRoom = 'the firmware gave its memory no address, there is no room for it, and it is not driven: '
const MemorySpace = 2

describe('memory that the firmware gave no address', () => {
  test('is given one that its bridges pass on and nobody has, lowest first', () => {
    inMemory = false
    const outer = passing(5, 0xfe00_0000n, 0xfe60_0000n)
    const inner = passing(6, 0xfe20_0000n, 0xfe40_0000n)
    const drive = nvme().memory(0, 0n, 0x4000n, true)
    const silent = new Function(0x1234_5678, 0xff_0000).memory(0, 0xfe20_0000n, 0x1000n)
    const other = new Function(0x1234_5678, 0xff_0000).memory(0, 0xfe20_2000n, 0x1000n).memory(5, 0xfe20_8000n, 0x4000n)
    other.registers[12] = 0xfe21_0001 // its expansion ROM
    other.writable[12] = 0xffff_0001
    other.registers[1] |= MemorySpace
    const before = other.registers.slice()
    const [found] = look([[at(0, 1), outer], [at(5, 0), inner], [at(6, 0), other], [at(6, 1), drive], [at(6, 2), silent]])
    expect(found.windows[0]).toEqual([0xfe20_4000n, 0x4000n])
    expect([drive.registers[4], drive.registers[5]]).toEqual([0xfe20_4004, 0])
    expect([drive, outer, inner].map(each => each.registers[1] & 7)).toEqual([MemorySpace, 6, 6])
    expect(other.registers).toEqual(before)
    expect(lines).toEqual([])
  })

  test('and so is what lies outside of what its bridge passes on, but not behind one that passes on everything', () => {
    inMemory = false
    const drive = () => nvme().memory(0, 0xfd00_0000n, 0x4000n)
    expect(look([[at(0, 1), passing(1, 0xfe00_0000n, 0xfe10_0000n)], [at(1, 0), drive()]])[0].windows[0]).toEqual([0xfe00_0000n, 0x4000n])
    const subtractive = passing(1, 0xfe00_0000n, 0xfe10_0000n)
    subtractive.registers[2] |= 0x0100
    expect(look([[at(0, 1), subtractive], [at(1, 0), drive()]])[0].windows[0]).toEqual([0xfd00_0000n, 0x4000n])
  })

  test('what may be prefetched lies above 4 GiB if it can, anything else never', () => {
    inMemory = false
    const high = { base: 0x80_0000_0000n, limit: 0x80_4000_0000n }
    const drive = nvme().memory(0, 0n, 0x10_0000n, true, true).memory(2, 0n, 0x2000n, true).memory(4, 0n, 0x8000n, false, true)
    expect(look([[at(0, 1), passing(1, 0xfe00_0000n, 0xfe20_0000n, high)], [at(1, 0), drive]])[0].windows).toEqual([
      [0x80_0000_0000n, 0x10_0000n], [0n, 0n], [0xfe00_8000n, 0x2000n], [0n, 0n], [0xfe00_0000n, 0x8000n], [0n, 0n],
    ])
  })

  test.each([
    ['on a bus without a window', [[at(0, 1), bridge(1)]]],
    ['where the window is too small', [[at(0, 1), passing(1, 0xfe00_0000n, 0xfe10_0000n)]]],
    ['where the window is full', [[at(0, 1), passing(1, 0xfe00_0000n, 0xfe20_0000n)], [at(1, 1), new Function(0x1234_5678, 0).memory(0, 0xfe10_0000n, 0x10n)]]],
  ] as [string, [number, Function][]][])('has its function left alone %s', (_, around) => {
    inMemory = false
    const drive = nvme().memory(0, 0n, 0x20_0000n, true)
    drive.registers[1] |= MemorySpace
    expect(look([...around, [at(1, 0), drive]])).toEqual([])
    expect(lines).toEqual([`${noRoom}01:00.0`])
    expect(drive.registers[1] & MemorySpace).toBe(0)
  })

  test('never lies where anything else does', () => {
    inMemory = false
    const window = { base: 0xe000_0000n, limit: 0xe010_0000n }
    const size = fc.integer({ min: 4, max: 18 }).map(bits => 1n << BigInt(bits))
    const others = fc.array(fc.tuple(size, fc.integer({ min: 0, max: 0xf_ffff })), { maxLength: 12 })
    fc.assert(fc.property(others, fc.array(fc.tuple(size, fc.boolean()), { minLength: 1, maxLength: 8 }), (taken, wanted) => {
      const there = taken.map(([bytes, offset]) => ({ bytes, base: window.base + BigInt(offset) / bytes * bytes }))
      const drives = wanted.map(([bytes, isWide]) => nvme().memory(0, 0n, bytes, isWide))
      const found = look([
        [at(0, 1), passing(1, window.base, window.limit)],
        ...there.map(({ base, bytes }, index): [number, Function] => [at(1, index), new Function(0x1234_5678, 0).memory(index % 6, base, bytes)]),
        ...drives.map((drive, index): [number, Function] => [at(1, 16 + index), drive]),
      ])
      expect(found.length + lines.length).toBe(wanted.length)
      for (const { windows: [[base, bytes]] } of found) {
        expect([base % bytes, base >= window.base && base + bytes <= window.limit]).toEqual([0n, true])
        for (const other of there) expect(base + bytes <= other.base || base >= other.base + other.bytes).toBe(true)
        there.push({ base, bytes })
      }
    }), { numRuns: 300 })
  })
})

test('what sends no messages is driven by its line, and it is said of what has none that leads anywhere', () => {
  inMemory = false
  const lined = (identity: number, classCode: number, line: number) => {
    const made = new Function(identity, classCode)
    made.registers[15] = line
    return made
  }
  const found = look([[at(0, 4), lined(0x0010_1b36, 0x01_0802, 0x010b)], [at(0, 5), lined(0x100e_8086, 0x02_0000, 0x010a)], [at(0, 6), lined(0x1042_1af4, 0x01_0000, 0x01ff)], [at(0, 7), nvme()]])
  expect(found.map(({ driver, line }) => [driver, line])).toEqual([[0, 11], [4, 10], [2, 0], [0, 0]])
  expect(lines).toEqual(['it sends neither MSI nor MSI-X, the firmware does not say where its line leads, and its driver has to look at it: 00:06.0'])
})

test.each([[0x010b, 11], [0x0200 + 15, 15], [0x000b, 0], [0x0110, 0], [0x01ff, 0]])('where its line arrives is what the firmware says, if that can be: %d', (register, line) => {
  inMemory = false
  const card = new Function(0x100e_8086, 0x02_0000)
  card.registers[15] = register
  expect(look([[at(0, 4), card]])[0].line).toBe(line)
})

test('more drives than drivers can be started for', () => {
  inMemory = false
  expect(look(Array.from({ length: 10 }, (_, device) => [at(0, device), nvme()]))).toHaveLength(8)
  expect(lines).toEqual(['there are more devices than drivers can be started for; not driven: 00:08.0', 'there are more devices than drivers can be started for; not driven: 00:09.0'])
})

test('a configuration space in memory that says something else is not believed', () => {
  inMemory = true
  const { read32 } = imports.device
  imports.device.read32 = () => 0x1234_5678
  expect(look([[at(0, 0), new Function(0x29c0_8086, 0x06_0000)], [at(0, 3), nvme()]])).toHaveLength(1)
  imports.device.read32 = read32
})

test('any configuration space is got through', () => {
  inMemory = false
  const word = fc.integer({ min: 0, max: 0xffff_ffff })
  const any = fc.record({ bus: fc.integer({ min: 0, max: 3 }), device: fc.integer({ min: 0, max: 31 }), index: fc.integer({ min: 0, max: 7 }), kind: fc.integer({ min: 0, max: 2 }), values: fc.array(fc.tuple(fc.integer({ min: 1, max: 63 }), word, word), { maxLength: 30 }) })
  fc.assert(fc.property(fc.array(any, { maxLength: 12 }), spaces => {
    const found = look(spaces.map(({ bus, device, index, kind, values }) => {
      const made = kind === 0 ? nvme() : kind === 1 ? bridge(bus + 1) : new Function(0x1234_5678, 0)
      for (const [register, value, mask] of values) [made.registers[register], made.writable[register]] = [value, mask]
      return [at(bus, device, index), made]
    }))
    for (const { msi, msix, windows } of found) {
      expect([msi, msix].every(offset => offset === 0 || offset >= 0x40 && offset <= 0xfc && offset % 4 === 0)).toBe(true)
      for (const [base, bytes] of windows) expect(bytes === 0n || base !== 0n).toBe(true)
    }
  }), { numRuns: 300 })
})
