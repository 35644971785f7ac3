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
  memory(bar: number, base: bigint, bytes: bigint, isWide = false): this {
    this.registers[4 + bar] = Number(base & 0xffff_fff0n) | (isWide ? 4 : 0)
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
    const [address, identity, classCode, msi, msix, table, driver] = Array.from({ length: 7 }, (_, field) => row.readUInt32LE(4 * field))
    const windows = Array.from({ length: 6 }, (_, bar) => [row.readBigUInt64LE(0x20 + 16 * bar), row.readBigUInt64LE(0x28 + 16 * bar)])
    return { address, identity, classCode, msi, msix, table, driver, windows, place: row.toString('ascii', 0x80, 0x87) }
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

test('memory that was given no address is none, and ports are none', () => {
  inMemory = false
  const drive = nvme().memory(0, 0n, 0x4000n, true)
  drive.registers[6] = 0xc001
  expect(look([[at(0, 3), drive]])[0].windows).toEqual(Array(6).fill([0n, 0n]))
})

test('a drive without messages is mentioned', () => {
  inMemory = false
  expect(look([[at(0, 4), new Function(0x0010_1b36, 0x01_0802)], [at(0, 5), nvme()]]).map(({ place }) => place)).toEqual(['00:05.0'])
  expect(lines).toEqual(['it sends neither MSI nor MSI-X, and is not driven: 00:04.0'])
})

test('a network card without messages has a driver that does without', () => {
  inMemory = false
  expect(look([[at(0, 4), new Function(0x100e_8086, 0x02_0000)]]).map(({ driver }) => driver)).toEqual([4])
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
