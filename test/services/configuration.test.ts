/** The reading of packs, against docs/pack-format.md: layouts, every rule, hostile bytes, and what the nucleus takes of what was read. */
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildPack, seal, type BuiltPack, type PackImage } from './pack-image.ts'
import { BASE, reader, type Reader } from './configuration.modules.ts'

let service: Reader
let call: Record<string, any>
beforeAll(async () => {
  service = await reader()
  call = service.exports
})

/** Statuses by the number that services/configuration/status.ts gives them. */
const Ok = 0, TooShort = 1, WrongVersion = 3, WrongSize = 4, WrongChecksum = 5, TooMany = 6, ReservedSet = 7, TextOutside = 8,
  TextLength = 9, TextMalformed = 10, NameTwice = 11, Memory = 12, VcpuCount = 13, Protocol = 14, Flags = 15, Weight = 16, Policy = 17,
  NoSuchFile = 18, NoSuchModule = 19, FileMisaligned = 20, FileEmpty = 21, FileOutside = 22, FileOverlaps = 23, Cap = 24, Processors = 25, MaxVcpus = 26,
  NoSuchVm = 27, MediumShared = 28, NetworkTwice = 29, NoSuchNetwork = 30, PortOrder = 31, Mac = 32, MaximumBytes = 33, MemoryLimits = 34, Size = 35, NoSuchImage = 36, NotOfVolume = 37, ImageName = 38, Limit = 39
const Part = { Header: 0, Vm: 1, Module: 2, File: 3, Disk: 4, Network: 5, Port: 6, Image: 7, PoolDevice: 8 }
const NO_VM = 0xFFFF_FFFF

const content = Buffer.from('kernel bytes')
const sample: PackImage = {
  hostName: 'lab-1', flags: 1,
  vms: [
    { name: 'web', commandLine: 'console=ttyS0 größe=1', memory: 128n << 20n, flags: 7, weight: 300, onReboot: 2, onCrash: 0, kernel: 0, initrd: 1, cap: 3200, maxVcpus: 6, affinity: 0xFFFF_FFFFn, preferred: 1n << 31n, minMemory: 64n << 20n, maxMemory: 1n << 30n, memoryWeight: 200 },
    { name: 'kernel-2', protocol: 3, memory: 6n << 30n, vcpuCount: 32, kernel: 2, firstModule: 1, moduleCount: 2, consolePorts: 'console\nagent' },
  ],
  modules: [{ file: 0 }, { file: 1, commandLine: 'first' }, { file: 2, commandLine: 'second module' }],
  files: [{ name: 'vmlinuz', content }, { name: 'initrd.cpio', content: Buffer.alloc(5000, 7) }, { name: 'kernel.elf', content: Buffer.from([1]) }],
  disks: [{ vm: 1, serial: 'S4EVNX0R' }, { vm: 0, serial: 'WD 12 ~!', flags: 1 }, { vm: 1, serial: 'WD 12 ~!', flags: 1 }],
  networks: [{ name: 'lan' }, { name: 'wan', uplink: '00:1F.6' }],
  ports: [
    { vm: 0, network: 0, mac: 0x0605_0403_0202n, mtu: 9000, settings: Buffer.alloc(656, 's') }, { vm: 0, network: 1 }, { vm: 1, network: 0, mac: 0xFF_FFFF_FFFF_FEn, mtu: 68 },
    { vm: NO_VM, network: 1, mac: 0n, mtu: 0, settings: Buffer.from([1]) },
  ],
}

function open(pack: BuiltPack, size?: number): number {
  service.place(pack.bytes)
  return service.check(size)
}

describe('layout', () => {
  test('records have the sizes and offsets of the format', () => {
    expect([call.headerSize(), call.vmSize(), call.moduleSize(), call.fileRecordSize(), call.diskRecordSize(), call.networkRecordSize(), call.portRecordSize()]).toEqual([88, 120, 16, 24, 40, 16, 680])
    expect([call.imageRecordSize(), call.poolDeviceRecordSize()]).toEqual([8, 8])
    expect(Array.from({ length: 18 }, (_, i) => call.headerOffset(i))).toEqual([0, 8, 0x0C, 0x10, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x2C, 0x34, 0x38, 0x3C, 0x40, 0x44, 0x48, 0x50, 0x54])
    expect(Array.from({ length: 22 }, (_, i) => call.vmOffset(i))).toEqual([0, 8, 0x10, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x2C, 0x30, 0x34, 0x38, 0x3C, 0x40, 0x48, 0x50, 0x44, 0x58, 0x60, 0x68, 0x6C, 0x70])
    expect([call.fileOffset(0), call.fileOffset(1), call.fileOffset(2)]).toEqual([0, 8, 0x10])
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(field => call.diskOffset(field))).toEqual([0, 4, 8, 0x0C, 0x10, 0x18, 0x1C, 0x20])
    expect([0, 1, 2].map(field => call.networkOffset(field))).toEqual([0, 4, 8])
    expect([0, 1, 2, 3, 4, 5].map(field => call.portOffset(field))).toEqual([0, 4, 8, 0x10, 0x14, 0x18])
  })

  test('the checksum is the CRC-32 whose check value is CBF43926h', () => {
    Buffer.from('123456789').copy(new Uint8Array(service.memory.buffer), call.buffer.value)
    expect(call.crc32(call.buffer.value, 9) >>> 0).toBe(0xCBF43926)
    const bytes = Buffer.from(Array.from({ length: 70 }, (_, i) => i * i))
    bytes.copy(new Uint8Array(service.memory.buffer), call.buffer.value)
    for (let length = 0; length <= bytes.length; length++) expect(call.crc32(call.buffer.value, length) >>> 0).toBe(crc32(bytes.subarray(0, length)))
  })
})

describe('a pack in order', () => {
  const given = (pack: Buffer) => {
    service.place(pack)
    expect(service.read(), service.lines().join()).toBe(true)
    expect(service.lines()).toEqual([])
  }

  test('gives its numbers', () => {
    given(buildPack(sample).bytes)
    expect([call.vmCount(), call.coreScheduling()]).toEqual([2, 1])
    expect(service.numbers(0)).toEqual([128 * 2 ** 20, 1, 1, 1, 1, 300, 2, 0, 0, 3200, 0xFFFF_FFFF, 2 ** 31, 6, 3, 1, 2 ** 26, 2 ** 30, 200])
    expect(service.numbers(1)).toEqual([6 * 2 ** 30, 32, 3, 0, 0, 100, 0, 1, 2, 0, 0, 0, 32, 0, 2, 6 * 2 ** 30, 6 * 2 ** 30, 0])
  })

  test('gives its texts', () => {
    given(buildPack(sample).bytes)
    expect(service.text(0, -1)).toBe('lab-1')
    expect([service.text(0, 0), service.text(0, 1), service.text(0, -2)]).toEqual(['web', 'console=ttyS0 größe=1', 'vmlinuz'])
    expect([service.text(1, 0), service.text(1, 1), service.text(1, -2)]).toEqual(['kernel-2', '', 'kernel.elf'])
    expect([service.text(0, 2), service.text(1, 2)]).toEqual(['', 'console\nagent'])
    expect([service.text(1, 3), service.text(1, 4), service.text(1, 5)]).toEqual(['first', 'second module', ''])
  })

  test('gives its files', () => {
    given(buildPack(sample).bytes)
    expect([0, 1, 2].map(file => service.file(0, file))).toEqual([content, Buffer.alloc(5000, 7), Buffer.alloc(0)])
    expect([0, 1, 2, 3, 4].map(file => service.file(1, file))).toEqual([Buffer.from([1]), Buffer.alloc(0), Buffer.alloc(5000, 7), Buffer.from([1]), Buffer.alloc(0)])
  })

  test('gives the pool, its images and each volume once that is to be made', () => {
    const files = [...sample.files!, { name: 'root.img', content: Buffer.alloc(5000, 3) }]
    const disks = [
      { serial: 'S4EVNX0R' }, { serial: 'there', flags: 2 }, { serial: 'root', flags: 2, image: 1, size: 1n << 30n }, { vm: 1, serial: 'base', flags: 3, image: 0 }, { vm: 0, serial: 'base', flags: 3, image: 0 },
      { vm: 1, serial: 'x'.repeat(63), flags: 2, size: 4096n, requestLimit: 500, byteLimit: 1n << 36n }, { vm: 1, serial: 'slow', flags: 2, requestLimit: 7 },
    ]
    const limits = { requestLimit: 0, byteLimit: 0n }
    given(buildPack({ ...sample, files, disks, images: [{ file: 0 }, { file: 3 }], pool: { name: 'tank', devices: ['y'.repeat(64), 'WD 12'] } }).bytes)
    expect(service.storage()).toEqual({
      pool: 'tank', devices: ['y'.repeat(64), 'WD 12'], images: [{ name: 'vmlinuz', bytes: content }, { name: 'root.img', bytes: Buffer.alloc(5000, 3) }],
      volumes: [{ name: 'root', image: 2, bytes: 1n << 30n, ...limits }, { name: 'base', image: 1, bytes: 0n, ...limits }, { name: 'x'.repeat(63), image: 0, bytes: 4096n, requestLimit: 500, byteLimit: 1n << 36n }, { name: 'slow', image: 0, bytes: 0n, requestLimit: 7, byteLimit: 0n }],
    })
    given(buildPack(sample).bytes)
    expect(service.storage()).toEqual({ pool: '', devices: [], images: [], volumes: [] })
  })

  test('gives its disks, each to its VM and in their order', () => {
    given(buildPack(sample).bytes)
    expect(service.disks(0)).toEqual([{ name: 'WD 12 ~!', readOnly: 1 }])
    expect(service.disks(1)).toEqual([{ name: 'S4EVNX0R', readOnly: 0 }, { name: 'WD 12 ~!', readOnly: 1 }])
    given(buildPack({ ...sample, disks: [] }).bytes)
    expect([service.disks(0), service.disks(1)]).toEqual([[], []])
  })

  test('gives its networks and interfaces', () => {
    given(buildPack(sample).bytes)
    expect([0, 1].map(service.interfaces)).toEqual([
      [{ port: 0, mac: 0x0605_0403_0202n, mtu: 9000 }, { port: 1, mac: 2n, mtu: 1500 }], [{ port: 2, mac: 0xFF_FFFF_FFFF_FEn, mtu: 68 }],
    ])
    const [create, attach] = [0, 2], none = Buffer.alloc(656)
    expect(service.orders()).toEqual({
      0: { operation: create, port: 0, name: 'lan', settings: none }, 1: { operation: create, port: 0, name: 'wan', settings: none },
      64: { operation: attach, port: 0, name: 'lan', settings: Buffer.alloc(656, 's') }, 65: { operation: attach, port: 1, name: 'wan', settings: none },
      66: { operation: attach, port: 2, name: 'lan', settings: none },
      [64 + 193]: { operation: attach, port: 193, name: 'wan', settings: Buffer.concat([Buffer.from([1]), Buffer.alloc(655)]) },
    })
    expect([0, 1, 2].map(service.uplink)).toEqual(['', '00:1F.6', ''])
    given(buildPack({ ...sample, networks: [], ports: [] }).bytes)
    expect([service.interfaces(0), service.orders(), service.uplink(1)]).toEqual([[], {}, ''])
  })

  test('gives all that a pack can hold', () => {
    const vms = Array.from({ length: 64 }, (_, i) => ({ name: `vm-${i}`, commandLine: `vm ${i}`, firstModule: i * 64, moduleCount: 64 }))
    const modules = Array.from({ length: 4096 }, (_, i) => ({ file: i, commandLine: `module ${i}`.padEnd(3900, '.') }))
    const disks = Array.from({ length: 512 }, (_, i) => ({ vm: i % 64, serial: `disk ${i}`.padEnd(64, '.') }))
    const networks = Array.from({ length: 64 }, (_, i) => ({ name: `network-${i}`.padEnd(31, 'x'), uplink: '00:1F.6' }))
    const ports = Array.from({ length: 256 }, (_, i) => i < 192 ? { vm: i >> 3, network: 63 - (i & 63) } : { vm: NO_VM, network: i - 192 })
    given(buildPack({ vms, modules, files: Array.from({ length: 4352 }, (_, i) => ({ content: Buffer.from(`file ${i}`) })), disks, networks, ports }).bytes)
    expect(service.interfaces(23)).toEqual(Array.from({ length: 8 }, (_, i) => ({ port: 184 + i, mac: 2n, mtu: 1500 })))
    expect(service.interfaces(24)).toEqual([])
    const orders = service.orders()
    expect(Object.keys(orders)).toHaveLength(320)
    expect([orders[63].name, orders[64].name, orders[319].name]).toEqual(Array(3).fill('network-63xxxxxxxxxxxxxxxxxxxxx'))
    for (const vm of [0, 63]) {
      expect(service.text(vm, 1)).toBe(`vm ${vm}`)
      expect(service.text(vm, 3 + 63)).toMatch(new RegExp(`^module ${vm * 64 + 63}\\.*$`))
      expect(service.file(vm, 2 + 63).toString()).toBe(`file ${vm * 64 + 63}`)
      expect(service.disks(vm)).toEqual(Array.from({ length: 8 }, (_, i) => ({ name: `disk ${i * 64 + vm}`.padEnd(64, '.'), readOnly: 0 })))
    }
  })

  test('may be empty, may lie in a longer module, and any module may be it', () => {
    given(buildPack({}).bytes)
    expect(call.vmCount()).toBe(0)
    given(Buffer.concat([buildPack(sample).bytes, Buffer.alloc(100)]))
    const bytes = buildPack(sample).bytes
    service.place(Buffer.alloc(0), Buffer.from('TYPERVP'), Buffer.alloc(9000, 7), bytes)
    expect(call.readConfiguration()).toBeTruthy()
    expect(new DataView(service.memory.buffer).getUint32(call.recordAt() + 8, true)).toBe(3)
  })

  test('leaves nothing of the one before', () => {
    given(buildPack(sample).bytes)
    given(buildPack({ vms: [{ name: 'only' }], files: [{ content }] }).bytes)
    expect([call.vmCount(), call.coreScheduling()]).toEqual([1, 0])
    expect([service.text(0, 1), service.file(0, 1).length, service.disks(0)]).toEqual(['', 0, []])
  })
})

describe('what is said of a configuration that cannot be used', () => {
  test('none', () => {
    service.place(Buffer.alloc(4096), Buffer.from('TYPERVP'))
    expect(service.read()).toBe(false)
    expect(service.lines()).toEqual(['no boot module is a typervisor.pack; no VMs'])
  })
  test.each([
    [0x28, 'the sizes in the header contradict each other (header); build the image again with make iso'],
    [88 + 120 + 0x24, 'weight is not 1 to 10000 (VM record 1); build the image again with make iso'],
    [88 + 2 * 120 + 32 + 12, 'a reserved field is not zero (module record 2); build the image again with make iso'],
    [88 + 2 * 120 + 48 + 24, 'a file does not start on a page (file record 1); build the image again with make iso'],
    [88 + 2 * 120 + 48 + 72 + 40, 'a VM is named that is not in the pack (disk record 1); build the image again with make iso'],
    [88 + 2 * 120 + 48 + 72 + 120 + 16 + 4, 'a text is too long or empty (network record 1); build the image again with make iso'],
    [88 + 2 * 120 + 48 + 72 + 120 + 32 + 2 * 680 + 4, 'a network or an uplink is named that is not in the pack (port record 2); build the image again with make iso'],
  ])('a wrong field at %i', (at, words) => {
    const pack = buildPack(sample)
    pack.bytes.writeUInt32LE(99_999, at)
    service.place(seal(pack).bytes)
    expect(service.read()).toBe(false)
    expect(service.lines()).toEqual([words])
  })
})

describe('a pack out of order is refused', () => {
  const change = (edit: (bytes: Buffer, pack: BuiltPack) => void): BuiltPack => {
    const pack = buildPack(sample)
    edit(pack.bytes, pack)
    return seal(pack)
  }

  test('when it is cut off', () => {
    const pack = buildPack(sample)
    for (const size of [0, 8, 71, 72, pack.metadataSize, pack.bytes.length - 1]) expect(open(pack, size)).toBe(TooShort)
  })

  test('when any bit of its metadata is turned', () => {
    const pack = buildPack(sample)
    for (let bit = 0; bit < pack.metadataSize * 8; bit += 7) {
      pack.bytes[bit >> 3] ^= 1 << (bit & 7)
      expect(open(pack), `bit ${bit}`).not.toBe(Ok)
      pack.bytes[bit >> 3] ^= 1 << (bit & 7)
    }
    expect(open(pack)).toBe(Ok)
  })

  const header = (status: number, edit: (bytes: Buffer, pack: BuiltPack) => void) => () => {
    expect(open(change(edit))).toBe(status)
    expect(call.packFaultPart()).toBe(Part.Header)
  }
  test.each([3, 5])('version %i', version => header(WrongVersion, bytes => { bytes.writeUInt32LE(version, 8) })())
  test('checksum', () => {
    const pack = buildPack(sample)
    pack.bytes[0x0C] ^= 1
    expect(open(pack)).toBe(WrongChecksum)
  })
  test('total size not of whole pages', header(WrongSize, bytes => { bytes.writeUInt32LE(bytes.length - 1, 0x10) }))
  test('total size beyond the module', header(TooShort, bytes => { bytes.writeUInt32LE(1, 0x14) }))
  test('metadata below the header', header(WrongSize, bytes => { bytes.writeUInt32LE(71, 0x18) }))
  test('metadata beyond the pack', header(WrongSize, bytes => { bytes.writeUInt32LE(bytes.length + 1, 0x18) }))
  test('metadata beyond the limit', header(WrongSize, bytes => { bytes.writeUInt32LE(0xFFFF_FFFF, 0x18) }))
  test('counts that do not add up', header(WrongSize, bytes => { bytes.writeUInt32LE(3, 0x1C) }))
  test('a string table that wraps around', header(WrongSize, bytes => { bytes.writeUInt32LE(0xFFFF_FFF0, 0x28) }))
  test('too many VMs', header(TooMany, bytes => { bytes.writeUInt32LE(65, 0x1C) }))
  test('too many modules', header(TooMany, bytes => { bytes.writeUInt32LE(4097, 0x20) }))
  test('too many files', header(TooMany, bytes => { bytes.writeUInt32LE(0x8000_0000, 0x24) }))
  test.each([1, 3])('flags beyond those that there are, in byte %i', byte => header(Flags, bytes => { bytes[0x34 + byte] = 1 })())
  test('a flag beyond those that there are', header(Flags, bytes => { bytes[0x34] |= 2 }))
  test('reserved field', header(ReservedSet, bytes => { bytes[0x54] = 1 }))
  test.each([65, 0x2000_0001])('too many images: %i', count => header(TooMany, bytes => { bytes.writeUInt32LE(count, 0x44) })())
  test.each([17, 0x2000_0001])('too many disks of the pool: %i', count => header(TooMany, bytes => { bytes.writeUInt32LE(count, 0x50) })())
  test('disks that do not add up', header(WrongSize, bytes => { bytes[0x38] = 2 }))
  test.each([0x3C, 0x40])('networks or ports that do not add up, at %i', at => header(WrongSize, bytes => { bytes[at] = 3 })())
  test.each([[0x3C, 65], [0x3C, 0x1000_0002], [0x40, 257], [0x40, 0xFFFF_FFFF]])('too many networks or ports, at %i: %i', (at, count) => header(TooMany, bytes => { bytes.writeUInt32LE(count, at) })())
  test.each([513, 0x1000_0003])('too many disks: %i', count => header(TooMany, bytes => { bytes.writeUInt32LE(count, 0x38) })())
  test('host name outside', header(TextOutside, bytes => { bytes.writeUInt32LE(0xFFFF_FFFF, 0x2C) }))
  test('host name empty', header(TextLength, bytes => { bytes.writeUInt32LE(0, 0x30) }))
  test('host name too long', header(TextLength, bytes => { bytes.writeUInt32LE(32, 0x30) }))
  test('host name malformed', () => { expect(open(buildPack({ ...sample, hostName: 'Lab' }))).toBe(TextMalformed) })

  const vm = (status: number, edit: (bytes: Buffer, at: number) => void) => () => {
    expect(open(change((bytes, pack) => edit(bytes, pack.vms + 120)))).toBe(status)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Vm, 1])
  }
  const vmWord = (status: number, at: number, value: number) => vm(status, (bytes, record) => { bytes.writeUInt32LE(value, record + at) })
  test('name outside the strings', vmWord(TextOutside, 0x00, 100_000))
  test('name empty', vmWord(TextLength, 0x04, 0))
  test('command line too long', vmWord(TextLength, 0x0C, 4096))
  test.each([
    ['console', Ok], ['console\nagent', Ok], ['a\nb\nc\nd\ne\nf\ng\nh', Ok], ['a\nb\nc\nd\ne\nf\ng\nh\ni', TextLength], ['a'.repeat(31), Ok], [`a\n${'a'.repeat(32)}`, TextLength], ['a'.repeat(257), TextLength],
    ['a\n', TextMalformed], ['\na', TextMalformed], ['a\n\nb', TextMalformed], ['Agent', TextMalformed], ['a\nb\na', NameTwice],
  ])('the names of its console\'s ports: %j', (consolePorts, status) => { expect(open(buildPack({ vms: [{ consolePorts }], files: sample.files }))).toBe(status) })
  test('ports outside the strings', vm(TextOutside, (bytes, record) => { bytes.writeUInt32LE(100_000, record + 0x6C); bytes.writeUInt32LE(3, record + 0x70) }))
  test('memory 0', vm(Memory, (bytes, record) => { bytes.writeBigUInt64LE(0n, record + 0x10) }))
  test('memory not of 2 MiB', vmWord(Memory, 0x10, 4096))
  test('memory beyond 1 TiB', vmWord(Memory, 0x14, 0x101))
  const limits = (minimum: bigint, maximum: bigint) => vm(MemoryLimits, (bytes, record) => {
    bytes.writeBigUInt64LE(minimum, record + 0x58)
    bytes.writeBigUInt64LE(maximum, record + 0x60)
  })
  test('a minimum above the memory', limits(6n * 2n ** 30n + (2n << 20n), 0n))
  test('a minimum not of 2 MiB', limits(4096n, 0n))
  test('a maximum below the memory', limits(0n, 6n * 2n ** 30n - (2n << 20n)))
  test('a maximum beyond 1 TiB', limits(0n, 2n ** 40n + (2n << 20n)))
  test('memory weight', vmWord(Weight, 0x68, 10001))
  test('reserved', vmWord(ReservedSet, 0x74, 1))
  test.each([0, 33, 0xFFFF_FFFF])('vCPUs %i', value => vmWord(VcpuCount, 0x18, value)())
  test.each([0, 6])('protocol %i', value => vmWord(Protocol, 0x1C, value)())
  test('flags', vmWord(Flags, 0x20, 32))
  test.each([0, 10001])('weight %i', value => vmWord(Weight, 0x24, value)())
  test.each([3201, 0xFFFF_FFFF])('cap %i', value => vmWord(Cap, 0x40, value)())
  test.each([1, 31, 33, 0xFFFF_FFFF])('vCPUs that there can be %i, with 32', value => vmWord(MaxVcpus, 0x44, value)())
  test.each([0x4C, 0x54])('a processor above 31, at %i', at => vmWord(Processors, at, 1)())
  test('onReboot', vmWord(Policy, 0x28, 3))
  test('onCrash', vmWord(Policy, 0x2C, 3))
  test('kernel', vmWord(NoSuchFile, 0x30, 3))
  test('no kernel', vmWord(NoSuchFile, 0x30, 0xFFFF_FFFF))
  test('initrd', vmWord(NoSuchFile, 0x34, 3))
  test.each([2, 4, 0xFFFF_FFFF])('first module %i', value => vmWord(NoSuchModule, 0x38, value)())
  test('module count', vmWord(NoSuchModule, 0x3C, 3))
  test('module count of one VM', vmWord(TooMany, 0x3C, 65))
  test('two of one name', () => {
    expect(open(buildPack({ ...sample, vms: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] }))).toBe(NameTwice)
    expect(call.packFaultRecord()).toBe(2)
    expect(open(buildPack({ ...sample, vms: [{ name: 'a' }, { name: 'ab' }, { name: 'b' }] }))).toBe(Ok)
  })
  test.each(['\n', '\x1b[2J', '\x7f', 'a\0b', '\u0085'])('control character in command line %j', commandLine => {
    expect(open(buildPack({ ...sample, vms: [{ commandLine }] }))).toBe(TextMalformed)
  })

  const module = (status: number, edit: (bytes: Buffer, at: number) => void) => () => {
    expect(open(change((bytes, pack) => edit(bytes, pack.modules + 32)))).toBe(status)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Module, 2])
  }
  test('module file', module(NoSuchFile, (bytes, at) => { bytes.writeUInt32LE(3, at) }))
  test('module command line', module(TextLength, (bytes, at) => { bytes.writeUInt32LE(4096, at + 8) }))
  test('module reserved', module(ReservedSet, (bytes, at) => { bytes[at + 12] = 1 }))

  const file = (status: number, edit: (bytes: Buffer, at: number) => void) => () => {
    expect(open(change((bytes, pack) => edit(bytes, pack.files + 24)))).toBe(status)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.File, 1])
  }
  test('file not on a page', file(FileMisaligned, (bytes, at) => { bytes[at] = 1 }))
  test('file empty', file(FileEmpty, (bytes, at) => { bytes.writeBigUInt64LE(0n, at + 8) }))
  test('file behind the pack', file(FileOutside, (bytes, at) => { bytes.writeUInt32LE(1, at + 4) }))
  test('file longer than the pack', file(FileOutside, (bytes, at) => { bytes.writeBigUInt64LE(0xFFFF_FFFF_FFFF_F000n, at + 8) }))
  test('file over the metadata', file(FileOverlaps, (bytes, at) => { bytes.writeBigUInt64LE(0n, at) }))
  test('file over another', file(FileOverlaps, (bytes, at) => { bytes.writeBigUInt64LE(4096n, at) }))
  test('file name too long', file(TextLength, (bytes, at) => { bytes.writeUInt32LE(256, at + 0x14) }))

  const disk = (status: number, edit: (bytes: Buffer, at: number) => void) => () => {
    expect(open(change((bytes, pack) => edit(bytes, pack.disks + 80)))).toBe(status)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Disk, 2])
  }
  test.each([2, 0xFFFF_FFFF])('disk of VM %i', value => disk(NoSuchVm, (bytes, at) => { bytes.writeUInt32LE(value, at) })())
  test.each([0, 1, 2, 3])('flags of a disk, in byte %i', byte => disk(Flags, (bytes, at) => { bytes[at + 4 + byte] |= 4 })())
  test('serial number outside the strings', disk(TextOutside, (bytes, at) => { bytes.writeUInt32LE(100_000, at + 8) }))
  test.each([0, 65, 0xFFFF_FFFF])('serial number of %i bytes', length => disk(TextLength, (bytes, at) => { bytes.writeUInt32LE(length, at + 0x0C) })())
  test.each([' a', 'a ', ' ', 'a\tb', 'größe', 'a\x7f', '\x1b[2J'])('serial number %j', serial => {
    expect(open(buildPack({ ...sample, disks: [{ serial }] }))).toBe(TextMalformed)
  })
  test.each(['a', '~', '!', 'a  b', 'x'.repeat(64)])('but not %j', serial => {
    expect(open(buildPack({ ...sample, disks: [{ serial }] }))).toBe(Ok)
  })
  test('but a medium and a volume may be called the same', () => {
    expect(open(buildPack({ ...sample, disks: [{ serial: 'a', flags: 0 }, { serial: 'a', flags: 2 }] }))).toBe(Ok)
  })
  test.each([[0, 0], [0, 1], [1, 0], [2, 2]])('a medium of two disks with flags %i and %i', (first, second) => {
    for (const vm of [0, 1]) {
      expect(open(buildPack({ ...sample, disks: [{ serial: 'a', flags: first }, { serial: 'ab' }, { vm, serial: 'a', flags: second }] }))).toBe(MediumShared)
      expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Disk, 2])
    }
  })
  test.each([
    ['a size that is none', { flags: 2, size: 4097n }, Size], ['a size beyond all', { flags: 2, size: (1n << 48n) + 4096n }, Size], ['the largest size', { flags: 2, size: 1n << 48n }, Ok],
    ['an image', { flags: 2, image: 0 }, Ok], ['an image that there is not', { flags: 2, image: 1 }, NoSuchImage], ['an image of a medium', { image: 0 }, NotOfVolume],
    ['a size of a medium', { size: 4096n }, NotOfVolume], ['a limit of a medium', { byteLimit: 1n }, NotOfVolume], ['another limit of a medium', { requestLimit: 1 }, NotOfVolume],
    ['a limit beyond all', { flags: 2, byteLimit: (64n << 30n) + 1n }, Limit], ['too many requests', { flags: 2, requestLimit: 10_000_001 }, Limit], ['the greatest limits', { flags: 2, byteLimit: 64n << 30n, requestLimit: 10_000_000 }, Ok],
  ])('a disk with %s', (_, disk, status) => {
    expect(open(buildPack({ ...sample, disks: [{ serial: 'a', ...disk }], images: [{ file: 0 }] }))).toBe(status)
    if (status !== Ok) expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Disk, 0])
  })
  test.each(['a b', 'x'.repeat(64), '', '\x7f'])('a volume %j', serial => {
    expect([TextMalformed, TextLength]).toContain(open(buildPack({ ...sample, disks: [{ serial, flags: 2 }] })))
  })
  test.each([
    ['of a file that there is not', [{ file: 3 }], NoSuchFile, 0], ['with a reserved field', [{ file: 0, reserved: 1 }], ReservedSet, 0],
    ['twice', [{ file: 0 }, { file: 1 }, { file: 0 }], ImageName, 2],
  ])('an image %s', (_, images, status, at) => {
    expect(open(buildPack({ ...sample, images }))).toBe(status)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Image, at])
  })
  test.each(['a b.img', 'größe.img', 'x'.repeat(64)])('an image called %j', name => {
    expect(open(buildPack({ ...sample, files: [...sample.files!, { name, content }], images: [{ file: 3 }] }))).toBe(ImageName)
  })
  test.each([
    [{ name: 'a b', devices: ['x'] }, TextMalformed, Part.Header, 0], [{ name: '', devices: ['x'] }, TextLength, Part.Header, 0], [{ name: 'a b', devices: [] }, Ok, 0, 0],
    [{ name: 'tank', devices: ['x', ' y'] }, TextMalformed, Part.PoolDevice, 1], [{ name: 'tank', devices: ['x', 'y', 'x'] }, MediumShared, Part.PoolDevice, 2],
  ] as const)('a pool %j', (pool, status, part, at) => {
    expect(open(buildPack({ ...sample, pool: { name: pool.name, devices: [...pool.devices] } }))).toBe(status)
    if (status !== Ok) expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([part, at])
  })
  test('more disks than a VM can have', () => {
    const disks = Array.from({ length: 9 }, (_, i) => ({ vm: 1, serial: `${i}` }))
    expect(open(buildPack({ ...sample, disks: [...disks.slice(1), { vm: 0, serial: 'a' }] }))).toBe(Ok)
    expect(open(buildPack({ ...sample, disks }))).toBe(TooMany)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Disk, 8])
  })
})

describe('networks and ports out of order are refused', () => {
  const refused = (image: Partial<PackImage>, status: number, part: number, record: number) => {
    expect(open(buildPack({ ...sample, ...image }))).toBe(status)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([part, record])
  }
  test.each(['Lan', 'a b', 'län', ''])('a network called %j', name => {
    refused({ networks: [{ name: 'lan' }, { name: 'wan', uplink: '00:1F.6' }, { name }] }, name ? TextMalformed : TextLength, Part.Network, 2)
  })
  test('two networks of one name', () => refused({ networks: [{ name: 'lan' }, { name: 'lan', uplink: '00:1F.6' }] }, NetworkTwice, Part.Network, 1))
  const ports = (status: number, record: number, ...ports: NonNullable<PackImage['ports']>) => () => refused({ ports }, status, Part.Port, record)
  test.each([2, 0xFFFF_FFFF])('a port to network %i', network => ports(NoSuchNetwork, 1, {}, { network })())
  test.each([2, 0xFFFF_FFFE])('a port of VM %i', vm => ports(NoSuchVm, 1, {}, { vm })())
  test('an uplink of a network without one', ports(NoSuchNetwork, 0, { vm: NO_VM, network: 0 }))
  test('two uplinks of a network', ports(PortOrder, 1, { vm: NO_VM, network: 1 }, { vm: NO_VM, network: 1 }))
  test('uplinks against the order of their networks', () => {
    const networks = [{ name: 'a', uplink: '00:1F.5' }, { name: 'b', uplink: '00:1F.6' }]
    refused({ networks, ports: [{ vm: NO_VM, network: 1 }, { vm: NO_VM, network: 0 }] }, PortOrder, Part.Port, 1)
  })
  test('a VM behind a later one', ports(PortOrder, 2, { vm: 0 }, { vm: 1 }, { vm: 0 }))
  test('a VM behind an uplink', ports(PortOrder, 1, { vm: NO_VM, network: 1 }, { vm: 0 }))
  test.each([0n, 1n, 0xFFFF_FFFF_FFFFn, 1n << 48n, 1n << 63n | 2n])('hardware address %i', mac => ports(Mac, 1, {}, { mac })())
  test.each([0, 67, 65536, 0xFFFF_FFFF])('an MTU of %i', mtu => ports(MaximumBytes, 1, {}, { mtu })())
  test('a reserved field', () => {
    const pack = buildPack(sample)
    pack.bytes[pack.ports + 680 + 0x14] = 1
    expect(open(seal(pack))).toBe(ReservedSet)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Port, 1])
  })
  test('more interfaces than a VM can have', ports(TooMany, 8, ...Array.from({ length: 9 }, () => ({ vm: 1 }))))
  test('more than all VMs can have', () => {
    const vms = Array.from({ length: 25 }, (_, i) => ({ name: `vm-${i}` }))
    refused({ vms, disks: [], ports: Array.from({ length: 193 }, (_, i) => ({ vm: i >> 3 })) }, TooMany, Part.Port, 192)
  })
})

describe('texts', () => {
  // The Unicode Standard, table 3-7: the edges of what is well-formed, as JavaScript's own decoder judges it.
  const judged = (bytes: Buffer) => {
    try {
      return !/\p{Cc}/u.test(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    } catch {
      return false
    }
  }
  const accepted = (bytes: Buffer) => {
    const pack = buildPack({ vms: [{ commandLine: 'x'.repeat(bytes.length) }], files: sample.files })
    bytes.copy(pack.bytes, pack.strings + 'host'.length + 'vm0'.length)
    return open(seal(pack)) === Ok
  }

  test('two bytes, all of them', () => {
    for (let value = 0; value < 0x10000; value += 1) {
      const bytes = Buffer.from([value >> 8, value & 0xFF])
      if (accepted(bytes) !== judged(bytes)) expect.unreachable(`${bytes.toString('hex')} is judged otherwise`)
    }
  })

  test('any byte in any place among plain ones', () => {
    for (let place = 0; place < 19; place++) {
      for (let byte = 0; byte < 256; byte++) {
        const bytes = Buffer.alloc(19, ' ~')
        bytes[place] = byte
        if (accepted(bytes) !== judged(bytes)) expect.unreachable(`${bytes.toString('hex')} is judged otherwise`)
      }
    }
  })

  test('three and four bytes at the edges', () => {
    const edges = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0]
    for (const lead of [0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5]) {
      for (const b of edges) for (const c of edges) for (const d of [0x41, 0x7F, 0x80, 0xBF, 0xC0]) {
        for (const bytes of [Buffer.from([lead, b, c]), Buffer.from([lead, b, c, d])]) {
          if (accepted(bytes) !== judged(bytes)) expect.unreachable(`${bytes.toString('hex')} is judged otherwise`)
        }
      }
    }
  })
})

describe('every status', () => {
  test('has words of its own', () => {
    const texts = Array.from({ length: ImageName + 1 }, (_, status) => {
      const pointer = call.statusText(status) >>> 0
      const length = new DataView(service.memory.buffer).getUint32(pointer - 4, true)
      return Buffer.from(service.memory.buffer, pointer, length).toString('utf16le')
    })
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts).not.toContain('unknown status')
  })
})

describe('hostile bytes', () => {
  /** Everything that a configuration promises: each text and file lies inside its module, each disk's name in its room, each port below the uplinks. A read outside fails. */
  const readAll = () => {
    for (let vm = 0; vm < call.vmCount(); vm++) {
      for (let text = -2; text < 66; text++) service.text(vm, text)
      for (let file = 0; file < 66; file++) service.file(vm, file)
      service.disks(vm)
      for (const { port } of service.interfaces(vm)) expect(port).toBeLessThan(192)
    }
  }

  /** What the reader takes for a configuration the nucleus takes too: it checks less. */
  const readsOrRefuses = (bytes: Buffer) => {
    service.place(bytes)
    if (!call.readConfiguration()) return expect(service.lines().length).toBe(1)
    expect(call.take(BASE, BigInt(bytes.length))).toBeTruthy()
    readAll()
  }

  test('edges written over any field, checksum put right, never lead outside the pack', () => {
    const edges = fc.constantFrom(0, 1, 2, 63, 64, 65, 4095, 4096, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_F000, 0xFFFF_FFFE, 0xFFFF_FFFF)
    const edit = fc.tuple(fc.nat(800), fc.oneof(edges, fc.nat(0xFFFF_FFFF)))
    fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), edits => {
      const pack = buildPack(sample)
      for (const [word, value] of edits) if (word * 4 + 4 <= pack.strings) pack.bytes.writeUInt32LE(value, word * 4)
      readsOrRefuses(seal(pack).bytes)
    }), { numRuns: 20_000, seed: 1 })
  })

  test('random bytes behind a right header never lead outside the pack', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 72, maxLength: 4096 }), fc.boolean(), (random, magic) => {
      const bytes = Buffer.concat([Buffer.from(random), Buffer.alloc(4096 - random.length)])
      if (magic) {
        bytes.write('TYPERVPK', 0, 'latin1')
        bytes.writeUInt32LE(4, 8)
      }
      readsOrRefuses(bytes)
    }), { numRuns: 5_000, seed: 2 })
  })
})

describe('the nucleus takes no record that cannot be true', () => {
  const SIZE = 1n << 20n
  const view = () => new DataView(service.memory.buffer)
  const isTaken = () => Boolean(call.take(BASE, SIZE))
  const span = (at: number, offset: bigint, length: bigint) => {
    view().setBigUint64(at, offset, true)
    view().setBigUint64(at + 8, length, true)
  }
  /** A record of 64 VMs, with all of a VM's numbers in order. */
  beforeEach(() => {
    new Uint8Array(service.memory.buffer, call.recordAt(), call.recordBytes.value).fill(0)
    view().setUint32(call.recordAt() + 0x0C, 64, true)
    for (let vm = 0; vm < 64; vm++) {
      view().setBigUint64(call.vmAt(vm), 2n << 20n, true)
      view().setUint32(call.vmAt(vm) + 0x08, 1, true)
      view().setUint32(call.vmAt(vm) + 0x18, 1, true)
      view().setUint32(call.vmAt(vm) + 0x2C, 32, true)
      view().setBigUint64(call.vmAt(vm) + 0x60, 1n << 40n, true)
    }
  })

  test('one in order is taken, and its module is found', () => {
    expect(isTaken()).toBe(true)
    expect([call.vmCount(), call.base()]).toEqual([64, BASE])
  })

  test.each([['more VMs than there is room for', 0x0C, 65], ['any number of VMs', 0x0C, 0xFFFF_FFFF], ['a module that is not there', 0x08, 1], ['any module', 0x08, 0xFFFF_FFFF]])('%s', (_, at, value) => {
    view().setUint32(call.recordAt() + at, value, true)
    expect(isTaken()).toBe(false)
    expect(call.vmCount()).toBe(0)
  })

  test.each([
    ['memory 0', 0x00, 0n, false], ['memory not of 2 MiB', 0x00, 3n << 20n, false], ['1 TiB', 0x00, 1n << 40n, true], ['more memory', 0x00, (1n << 40n) + (2n << 20n), false],
    ['no vCPU', 0x08, 0n, false], ['32 vCPUs', 0x08, 32n, true], ['33 vCPUs', 0x08, 33n, false], ['room for 1', 0x2C, 1n, true], ['room for none', 0x2C, 0n, false], ['room for 33', 0x2C, 33n, false], ['weight 0', 0x18, 0n, false], ['weight 10000', 0x18, 10000n, true],
    ['weight 10001', 0x18, 10001n, false], ['onReboot 2', 0x1C, 2n, true], ['onReboot 3', 0x1C, 3n, false], ['onCrash 2', 0x20, 2n, true], ['onCrash 3', 0x20, 3n, false],
    ['less at most than memory', 0x60, 0n, false], ['as much at most', 0x60, 2n << 20n, true], ['more at most than there can be', 0x60, (1n << 40n) + (2n << 20n), false], ['at most what is not of 2 MiB', 0x60, 3n << 20n, false],
    ['8 disks', 0x48, 8n, true], ['9 disks', 0x48, 9n, false], ['any number of disks', 0x48, 0xFFFF_FFFFn, false],
    ['8 interfaces', 0x4C, 8n, true], ['9 interfaces', 0x4C, 9n, false], ['any number of interfaces', 0x4C, 0xFFFF_FFFFn, false],
    ['a first port below the uplinks', 0x50, 192n, true], ['an uplink', 0x50, 193n, false], ['any first port', 0x50, 0xFFFF_FFFFn, false],
  ])('%s', (_, field, value, taken) => {
    const at = call.vmAt(63) + field
    if (field === 0 || field === 0x60) view().setBigUint64(at, value as bigint, true)
    else view().setUint32(at, Number(value), true)
    expect(isTaken()).toBe(taken)
  })

  test('interfaces up to the uplinks, and not beyond', () => {
    view().setUint32(call.vmAt(63) + 0x4C, 8, true)
    for (const [first, taken] of [[184, true], [185, false], [0xFFFF_FFF8, false]] as const) {
      view().setUint32(call.vmAt(63) + 0x50, first, true)
      expect(isTaken(), `${first}`).toBe(taken)
    }
  })

  test.each([0, 7])('a disk\'s name longer than its room, in place %i', place => {
    for (const [length, taken] of [[64, true], [65, false], [0xFFFF_FFFF, false]] as const) {
      view().setUint32(call.diskAt(63, place) + 4, length, true)
      expect(isTaken(), `${length}`).toBe(taken)
    }
  })

  const ranges: [bigint, bigint, boolean][] = [
    [0n, SIZE, true], [SIZE, 0n, true], [SIZE - 1n, 1n, true], [SIZE - 1n, 2n, false], [SIZE + 1n, 0n, false], [0n, SIZE + 1n, false],
    [1n << 32n, 1n, false], [(1n << 64n) - 1n, 2n, false], [1n, (1n << 64n) - 1n, false], [(1n << 64n) - SIZE, SIZE, false],
  ]
  test.each(ranges)('%i and %i bytes from there on, in any place', (offset, length, taken) => {
    span(call.recordAt() + 0x18, offset, length)
    expect(isTaken()).toBe(taken)
    span(call.recordAt() + 0x18, 0n, 0n)
    for (let place = 0; place < call.spanCapacity.value; place++) {
      span(call.spanAt(63, place), offset, length)
      expect(isTaken(), `${place}`).toBe(taken)
      span(call.spanAt(63, place), 0n, 0n)
    }
  })

  test('each part of the record ends where the next begins, and the last where the record does', () => {
    expect(call.diskAt(63, 0) - call.vmAt(63)).toBe(0x68)
    expect(call.diskAt(63, 8)).toBe(call.interfaceAt(63, 0))
    expect(call.interfaceAt(63, 8)).toBe(call.spanAt(63, 0))
    expect(call.spanAt(63, call.spanCapacity.value)).toBe(call.orderAt(0))
    expect(call.orderAt(320)).toBe(call.uplinkAt(0))
    expect(call.uplinkAt(64) - call.recordAt()).toBe(call.recordBytes.value)
  })
})
