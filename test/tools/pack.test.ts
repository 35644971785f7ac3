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
  vms: [
    { name: 'web', memory: 16, boot: { protocol: 'linux', kernel: 'vmlinuz', initrd: 'initrd', cmdline: 'console=ttyS0' }, serial: { mirror: true }, weight: 300, cap: 150, maxVcpus: 4, affinity: [0, 31, 2], prefer: [2], onReboot: 'pause', onCrash: 'restart', disks: [{ raw: 'S4EVNX0R' }, { raw: 'QM 00001', readOnly: true }] },
    { name: 'db', memory: '6 GiB', autostart: false, rng: false, boot: { protocol: 'linux', kernel: 'vmlinuz', initrd: 'initrd', cmdline: 'console=ttyS0' } },
    { name: 'mb', memory: 2, boot: { protocol: 'multiboot2', kernel: 'a.elf', modules: [{ path: 'initrd', cmdline: 'größe' }, { path: 'other-name' }] } },
    { name: 'pvh', memory: 2, boot: { protocol: 'pvh', kernel: 'a.elf', modules: [{ path: 'a.elf', cmdline: 'x' }] } },
    { name: 'old', memory: 2, boot: { protocol: 'multiboot', kernel: 'a.elf' }, onReboot: 'stop', onCrash: 'pause', disks: [{ raw: 'QM 00001', readOnly: true }] },
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
    [16 << 20, 1, 1, 1, 1, 300, 2, 0, 0, 150, 0x8000_0005, 4, 4, 1, 2],
    [6 * 2 ** 30, 1, 1, 0, 0, 100, 0, 1, 0, 0, 0, 0, 1, 0, 0],
    [2 << 20, 1, 3, 1, 0, 100, 0, 1, 2, 0, 0, 0, 1, 1, 0],
    [2 << 20, 1, 4, 1, 0, 100, 0, 1, 1, 0, 0, 0, 1, 1, 0],
    [2 << 20, 1, 2, 1, 0, 100, 1, 2, 0, 0, 0, 0, 1, 1, 1],
  ])
  expect(service.text(1, 1)).toBe('console=ttyS0')
  expect([service.text(2, 2), service.text(2, 3), service.text(3, 2)]).toEqual(['größe', '', 'x'])
  expect([0, 2, 4].map(vm => service.text(vm, -2))).toEqual(['vmlinuz', 'a.elf', 'a.elf'])
  const [vmlinuz, initrd, elf] = [Buffer.alloc(5000, 'k'), Buffer.alloc(4096, 'i'), Buffer.from('elf')]
  expect([service.file(0, 0), service.file(0, 1), service.file(0, 2)]).toEqual([vmlinuz, initrd, Buffer.alloc(0)])
  expect([service.file(2, 0), service.file(2, 1), service.file(2, 2), service.file(2, 3)]).toEqual([elf, Buffer.alloc(0), initrd, vmlinuz])
  expect([0, 1, 4].map(service.disks)).toEqual([[{ name: 'S4EVNX0R', readOnly: 0 }, { name: 'QM 00001', readOnly: 1 }], [], [{ name: 'QM 00001', readOnly: 1 }]])
})

test('it is, byte for byte, the pack that the format describes', () => {
  const small = { name: 'h', vms: [{ name: 'a', memory: 2, boot: { protocol: 'multiboot', kernel: 'a.elf', cmdline: 'c', modules: [{ path: 'initrd', cmdline: 'm' }] }, disks: [{ raw: 'S 1', readOnly: true }] }] }
  const expected = buildPack({
    hostName: 'h', vms: [{ name: 'a', commandLine: 'c', protocol: 2, flags: 5, moduleCount: 1 }], modules: [{ file: 1, commandLine: 'm' }],
    files: [{ name: 'a.elf', content: Buffer.from('elf') }, { name: 'initrd', content: Buffer.alloc(4096, 'i') }],
    disks: [{ vm: 0, flags: 1, serial: 'S 1' }],
  })
  const packed = pack('small.pack', small)
  // The order of texts in the string table is free: the hand-made pack has names before command lines, and modules after VMs.
  expect(packed.length).toBe(expected.bytes.length)
  expect(packed.readUInt32LE(0x18)).toBe(expected.metadataSize)
  expect(packed.subarray(expected.files, expected.files + 16)).toEqual(expected.bytes.subarray(expected.files, expected.files + 16))
  expect(packed.readUInt32LE(0x38)).toBe(1)
  expect(packed.subarray(expected.disks, expected.disks + 8)).toEqual(expected.bytes.subarray(expected.disks, expected.disks + 8))
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
