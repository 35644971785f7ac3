/** What the packer writes, read by the nucleus's own parser and compared with a pack laid out by hand. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildPack } from '../kernel/pack-image.ts'
import { packMemory } from '../kernel/pack-memory.ts'
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
  name: 'lab',
  vms: [
    { name: 'web', memory: 16, boot: { protocol: 'linux', kernel: 'vmlinuz', initrd: 'initrd', cmdline: 'console=ttyS0' }, serial: { mirror: true }, weight: 300, onReboot: 'pause', onCrash: 'restart' },
    { name: 'db', memory: '6 GiB', autostart: false, boot: { protocol: 'linux', kernel: 'vmlinuz', initrd: 'initrd', cmdline: 'console=ttyS0' } },
    { name: 'mb', memory: 2, boot: { protocol: 'multiboot2', kernel: 'a.elf', modules: [{ path: 'initrd', cmdline: 'größe' }, { path: 'other-name' }] } },
    { name: 'pvh', memory: 2, boot: { protocol: 'pvh', kernel: 'a.elf', modules: [{ path: 'a.elf', cmdline: 'x' }] } },
    { name: 'old', memory: 2, boot: { protocol: 'multiboot', kernel: 'a.elf' }, onReboot: 'stop', onCrash: 'pause' },
  ],
}

function pack(name: string, config: unknown = raw): Buffer {
  const target = join(folder, name)
  writePack({ config: checkConfig(config, folder, 'x'), folder }, target)
  return readFileSync(target)
}

test('the nucleus reads back what was configured', async () => {
  const memory = await packMemory()
  const call = memory.exports
  memory.place(pack('one.pack'))
  expect(memory.open()).toBe(0)
  const text = (take: (target: number, capacity: number) => number) => {
    const length = take(call.buffer.value, 8192)
    return Buffer.from(memory.memory.buffer, call.buffer.value, length).toString()
  }
  expect(text(call.hostName)).toBe('lab')
  expect([...Array(call.vmCount()).keys()].map(vm => text((target, capacity) => call.vmText(vm, 0, target, capacity)))).toEqual(['web', 'db', 'mb', 'pvh', 'old'])
  const numbers = (vm: number) => Array.from({ length: 11 }, (_, key) => Number(call.vmNumber(vm, key)))
  const none = 0xFFFF_FFFF
  expect([0, 1, 2, 3, 4].map(numbers)).toEqual([
    [16 << 20, 1, 1, 1, 1, 300, 2, 0, 0, 1, 0],
    [6 * 2 ** 30, 1, 1, 0, 0, 100, 0, 1, 0, 1, 0],
    [2 << 20, 1, 3, 1, 0, 100, 0, 1, 2, none, 2],
    [2 << 20, 1, 4, 1, 0, 100, 0, 1, 2, none, 1],
    [2 << 20, 1, 2, 1, 0, 100, 1, 2, 2, none, 0],
  ])
  expect(text((target, capacity) => call.vmText(1, 1, target, capacity))).toBe('console=ttyS0')
  expect(text((target, capacity) => call.vmModuleText(2, 0, target, capacity))).toBe('größe')
  expect([call.vmModuleFile(2, 0), call.vmModuleFile(2, 1), call.vmModuleFile(3, 0)]).toEqual([1, 3, 2])
  expect([...Array(call.fileCount()).keys()].map(file => text((target, capacity) => call.fileName(file, target, capacity)))).toEqual(['vmlinuz', 'initrd', 'a.elf', 'other-name'])
  expect([call.fileSize(0), call.fileSize(1), call.fileSize(2)]).toEqual([5000n, 4096n, 3n])
})

test('it is, byte for byte, the pack that the format describes', () => {
  const small = { name: 'h', vms: [{ name: 'a', memory: 2, boot: { protocol: 'multiboot', kernel: 'a.elf', cmdline: 'c', modules: [{ path: 'initrd', cmdline: 'm' }] } }] }
  const expected = buildPack({
    hostName: 'h', vms: [{ name: 'a', commandLine: 'c', protocol: 2, flags: 1, moduleCount: 1 }], modules: [{ file: 1, commandLine: 'm' }],
    files: [{ name: 'a.elf', content: Buffer.from('elf') }, { name: 'initrd', content: Buffer.alloc(4096, 'i') }],
  })
  const packed = pack('small.pack', small)
  // The order of texts in the string table is free: the hand-made pack has names before command lines, and modules after VMs.
  expect(packed.length).toBe(expected.bytes.length)
  expect(packed.readUInt32LE(0x18)).toBe(expected.metadataSize)
  expect(packed.subarray(expected.files, expected.files + 16)).toEqual(expected.bytes.subarray(expected.files, expected.files + 16))
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
