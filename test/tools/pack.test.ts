/** What the packer writes, read by the service that reads it at boot and compared with a pack laid out by hand. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildPack } from '../services/pack-image.ts'
import { reader } from '../services/configuration.modules.ts'
import { checkConfig } from '../../tools/config/load.ts'
import { writePack } from '../../tools/image/pack.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'typervisor-pack-'))
  writeFileSync(join(folder, 'vmlinuz'), Buffer.alloc(5000, 'k'))
  writeFileSync(join(folder, 'initrd'), Buffer.alloc(4096, 'i'))
  writeFileSync(join(folder, 'a.elf'), 'elf')
  symlinkSync('vmlinuz', join(folder, 'other-name'))
})
afterAll(() => { rmSync(folder, { recursive: true }) })

const raw = {
  name: 'lab', coreScheduling: true,
  networks: [{ name: 'lan' }, { name: 'wan', uplink: { device: '00:1f.6', vlan: 1, trunk: [1, 2, 4094] } }],
  vms: [
    { name: 'web', memory: 16, minMemory: 8, maxMemory: '1 GiB', memoryWeight: 50, boot: { protocol: 'linux', kernel: 'vmlinuz', initrd: 'initrd', cmdline: 'console=ttyS0' }, serial: { mirror: true }, weight: 300, cap: 150, maxVcpus: 4, affinity: [0, 31, 2], prefer: [2], onReboot: 'pause', onCrash: 'restart', disks: [{ raw: 'S4EVNX0R' }, { raw: 'QM 00001', readOnly: true }],
      interfaces: [{ network: 'wan', mac: '02:03:04:05:06:fF', mtu: 9000 }, { network: 'lan' }] },
    { name: 'db', memory: '6 GiB', autostart: false, rng: false, boot: { protocol: 'linux', kernel: 'vmlinuz', initrd: 'initrd', cmdline: 'console=ttyS0' } },
    { name: 'mb', memory: 2, memoryReporting: true, boot: { protocol: 'multiboot2', kernel: 'a.elf', modules: [{ path: 'initrd', cmdline: 'größe' }, { path: 'other-name' }] } },
    { name: 'pvh', memory: 2, virtio: 'transitional', boot: { protocol: 'pvh', kernel: 'a.elf', modules: [{ path: 'a.elf', cmdline: 'x' }] } },
    { name: 'old', memory: 2, boot: { protocol: 'multiboot', kernel: 'a.elf' }, onReboot: 'stop', onCrash: 'pause', disks: [{ raw: 'QM 00001', readOnly: true }], interfaces: [{ network: 'lan' }] },
  ],
}

function pack(name: string, config: unknown = raw): Buffer {
  const target = join(folder, name)
  writePack({ config: checkConfig(config, folder, 'x'), folder }, target)
  return readFileSync(target)
}

test('the nucleus is told what was configured', async () => {
  const service = await reader()
  service.place(pack('one.pack'))
  expect(service.read(), service.lines().join()).toBe(true)
  expect(service.text(0, -1)).toBe('lab')
  expect([service.exports.vmCount(), service.exports.coreScheduling()]).toEqual([5, 1])
  expect([0, 1, 2, 3, 4].map(vm => service.text(vm, 0))).toEqual(['web', 'db', 'mb', 'pvh', 'old'])
  expect([0, 1, 2, 3, 4].map(service.numbers)).toEqual([
    [16 << 20, 1, 1, 1, 1, 300, 2, 0, 0, 150, 0x8000_0005, 4, 4, 3, 2, 8 << 20, 2 ** 30, 50],
    [6 * 2 ** 30, 1, 1, 0, 0, 100, 0, 1, 0, 0, 0, 0, 1, 0, 0, 6 * 2 ** 30, 6 * 2 ** 30, 0],
    [2 << 20, 1, 3, 1, 0, 100, 0, 1, 2, 0, 0, 0, 1, 7, 0, 2 << 20, 2 << 20, 0],
    [2 << 20, 1, 4, 1, 0, 100, 0, 1, 1, 0, 0, 0, 1, 9, 0, 2 << 20, 2 << 20, 0],
    [2 << 20, 1, 2, 1, 0, 100, 1, 2, 0, 0, 0, 0, 1, 1, 1, 2 << 20, 2 << 20, 0],
  ])
  expect(service.text(1, 1)).toBe('console=ttyS0')
  expect([service.text(2, 3), service.text(2, 4), service.text(3, 3)]).toEqual(['größe', '', 'x'])
  expect([0, 2, 4].map(vm => service.text(vm, -2))).toEqual(['vmlinuz', 'a.elf', 'a.elf'])
  const [vmlinuz, initrd, elf] = [Buffer.alloc(5000, 'k'), Buffer.alloc(4096, 'i'), Buffer.from('elf')]
  expect([service.file(0, 0), service.file(0, 1), service.file(0, 2)]).toEqual([vmlinuz, initrd, Buffer.alloc(0)])
  expect([service.file(2, 0), service.file(2, 1), service.file(2, 2), service.file(2, 3)]).toEqual([elf, Buffer.alloc(0), initrd, vmlinuz])
  const [, made] = service.interfaces(0), [other] = service.interfaces(4)
  expect([0, 1].map(service.interfaces)).toEqual([[{ port: 0, mac: 0xFF06_0504_0302n, mtu: 9000 }, made], []])
  for (const { mac } of [made, other]) expect(Number(mac & 3n)).toBe(2) // locally administered, nobody's group
  expect([made, other]).toMatchObject([{ port: 1, mtu: 1500 }, { port: 2, mtu: 1500 }])
  expect(made.mac).not.toBe(other.mac)
  expect([0, 1].map(service.uplink)).toEqual(['', '00:1F.6'])
  const orders = service.orders()
  expect(Object.entries(orders).map(([index, { operation, port, name }]) => [Number(index), operation, port, name])).toEqual([
    [0, 0, 0, 'lan'], [1, 0, 0, 'wan'], [64, 2, 0, 'wan'], [65, 2, 1, 'lan'], [66, 2, 2, 'lan'], [64 + 193, 2, 193, 'wan'],
  ])
  const uplink = Buffer.alloc(656)
  uplink.writeUInt32LE(1 | 2, 0)
  uplink.writeUInt32LE(1, 4)
  uplink[144] = 6
  uplink[144 + 511] = 0x40
  expect(orders[64 + 193].settings).toEqual(uplink)
  expect([0, 1, 4].map(service.disks)).toEqual([[{ name: 'S4EVNX0R', readOnly: 0 }, { name: 'QM 00001', readOnly: 1 }], [], [{ name: 'QM 00001', readOnly: 1 }]])
})

/** The settings that an interface is attached with. */
function settings(change: object): Buffer {
  const bytes = pack('interface.pack', { networks: [{ name: 'lan' }], vms: [{ name: 'a', memory: 2, boot: { protocol: 'multiboot', kernel: 'a.elf' }, interfaces: [{ network: 'lan', mac: '02:00:00:00:00:01', ...change }] }] })
  const { ports } = buildPack({ vms: [{}], files: [{ content: Buffer.from('elf') }], networks: [{ name: 'lan' }], ports: [{}] })
  return Buffer.from(bytes.subarray(ports + 24, ports + 680))
}

test('an interface is attached as the configuration says', () => {
  const changed = (edit: (settings: Buffer) => void, base = plain) => {
    const bytes = Buffer.from(base)
    edit(bytes)
    return bytes
  }
  const plain = Buffer.alloc(656)
  plain.writeUInt32LE(16, 0) // its hardware address is locked
  Buffer.from([2, 0, 0, 0, 0, 1]).copy(plain, 8)
  expect(settings({})).toEqual(plain)
  const flags: [object, number][] = [
    [{ lockMac: false }, 0], [{ role: 'private' }, 16 | 4], [{ role: 'promiscuous' }, 16 | 8], [{ role: 'mirror' }, 16 | 64], [{ mirrored: true }, 16 | 128], [{ link: false }, 16 | 256], [{ role: 'ordinary' }, 16],
  ]
  for (const [change, flag] of flags) expect(settings(change), JSON.stringify(change)).toEqual(changed(bytes => { bytes[0] = flag & 0xFF; bytes[1] = flag >> 8 }))
  expect(settings({ vlan: 4094 })).toEqual(changed(bytes => { bytes.writeUInt32LE(4094, 4) }))
  expect(settings({ trunk: [1, 9, 4094], vlan: 9 })).toEqual(changed(bytes => { bytes[0] |= 2; bytes[4] = 9; bytes[144] = 2; bytes[145] = 2; bytes[144 + 511] = 0x40 }))
  // 100 Mbit/s are 12.5 MB, of which a twentieth may come at once; of 8 kbit/s it would be less than two frames of the longest.
  expect(settings({ sendLimit: '100 Mbit/s', receiveLimit: '8 kbit/s' })).toEqual(changed(bytes => { [12_500_000, 625_000, 1000, 131_072].forEach((value, i) => bytes.writeBigUInt64LE(BigInt(value), 16 + 8 * i)) }))
  expect(settings({ storm: { broadcast: 1, multicast: 2, unknown: 3 }, addressLimit: 4 })).toEqual(changed(bytes => { [1, 2, 3, 4].forEach((value, i) => bytes.writeUInt32LE(value, 48 + 4 * i)) }))
  expect(settings({ addresses: ['fd00::1', '10.0.0.1', '1:2:3:4:5:6:7:8', '10.0.0.255', '::ffff:1.2.3.4', '::1'] })).toEqual(changed(bytes => {
    bytes[0] |= 32
    Buffer.from('0a0000010a0000ff', 'hex').copy(bytes, 64)
    Buffer.from('fd00000000000000000000000000000100010002000300040005000600070008' + '00000000000000000000ffff01020304' + '00000000000000000000000000000001', 'hex').copy(bytes, 80)
  }))
})

test('it is, byte for byte, the pack that the format describes', () => {
  const small = { name: 'h', networks: [{ name: 'lan', uplink: { device: '0a:1f.7' } }], vms: [{ name: 'a', memory: 2, boot: { protocol: 'multiboot', kernel: 'a.elf', cmdline: 'c', modules: [{ path: 'initrd', cmdline: 'm' }] }, disks: [{ raw: 'S 1', readOnly: true }], interfaces: [{ network: 'lan', mac: '02:00:00:00:00:01' }] }] }
  const expected = buildPack({
    hostName: 'h', vms: [{ name: 'a', commandLine: 'c', protocol: 2, flags: 5, moduleCount: 1 }], modules: [{ file: 1, commandLine: 'm' }],
    files: [{ name: 'a.elf', content: Buffer.from('elf') }, { name: 'initrd', content: Buffer.alloc(4096, 'i') }],
    disks: [{ vm: 0, flags: 1, serial: 'S 1' }],
    networks: [{ name: 'lan', uplink: '0A:1F.7' }], ports: [{ mac: 0x0100_0000_0002n, settings: Buffer.from([16, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]) }, { vm: 0xFFFF_FFFF, mac: 0n, mtu: 0, settings: Buffer.from([1]) }],
  })
  const packed = pack('small.pack', small)
  // The order of texts in the string table is free: the hand-made pack has names before command lines, and modules after VMs.
  expect(packed.length).toBe(expected.bytes.length)
  expect(packed.readUInt32LE(0x18)).toBe(expected.metadataSize)
  expect(packed.subarray(expected.files, expected.files + 16)).toEqual(expected.bytes.subarray(expected.files, expected.files + 16))
  expect(packed.readUInt32LE(0x38)).toBe(1)
  expect(packed.subarray(expected.disks, expected.disks + 8)).toEqual(expected.bytes.subarray(expected.disks, expected.disks + 8))
  expect([packed.readUInt32LE(0x3C), packed.readUInt32LE(0x40)]).toEqual([1, 2])
  expect(packed.subarray(expected.networks + 8, expected.strings)).toEqual(expected.bytes.subarray(expected.networks + 8, expected.strings))
  expect(packed.subarray(expected.metadataSize)).toEqual(expected.bytes.subarray(expected.metadataSize))
})

describe('contents', () => {
  test('the same configuration gives the same bytes', () => {
    expect(pack('two.pack').equals(pack('three.pack'))).toBe(true)
  })
  test('a file used several times is stored once', () => {
    const bytes = pack('four.pack').toString('latin1')
    expect(bytes.split('i'.repeat(4096)).length - 1).toBe(1)
  })
  test('every file begins on a page', () => {
    const bytes = pack('five.pack')
    for (const content of ['k'.repeat(5000), 'i'.repeat(4096), 'elf']) expect(bytes.indexOf(content, 4096, 'latin1') % 4096).toBe(0)
    expect(bytes.length % 4096).toBe(0)
  })
})
