/** What a configuration may say, and how one that may not be used is refused. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ConfigError } from '../../tools/config/error.ts'
import { checkConfig, loadConfig } from '../../tools/config/load.ts'
import { jsonSchemaText } from '../../tools/config/json-schema.ts'
import { closest } from '../../tools/config/describe.ts'
import { parseRate } from '../../tools/config/network.ts'
import { MEBIBYTE, parseMemory } from '../../tools/config/schema.ts'

const root = join(import.meta.dirname, '../..')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'typervisor-config-'))
  writeFileSync(join(folder, 'kernel'), 'kernel')
  writeFileSync(join(folder, 'initrd'), Buffer.alloc(MEBIBYTE))
  writeFileSync(join(folder, 'large'), Buffer.alloc(4 * MEBIBYTE))
  writeFileSync(join(folder, 'empty'), '')
  mkdirSync(join(folder, 'sub'))
})
afterAll(() => { rmSync(folder, { recursive: true }) })

const boot = { protocol: 'linux', kernel: 'kernel' }
const vm = { name: 'web', memory: 4, boot }

/** The problems of a configuration, one a line, without the line that names the file. */
function problems(raw: unknown): string[] {
  try {
    checkConfig(raw, folder, 'x.json')
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const [first, ...rest] = (error as Error).message.split('\n')
    expect(first).toBe('x.json is not in order:')
    return rest.map(line => line.trim())
  }
  return []
}

/** The problems of a configuration of one virtual machine with some fields changed. */
function vmProblems(change: object): string[] { return problems({ vms: [{ ...vm, ...change }] }) }
function bootProblems(change: object): string[] { return vmProblems({ boot: { ...boot, ...change } }) }

test('defaults are filled in', () => {
  expect(checkConfig({ vms: [vm] }, folder, 'x.json')).toEqual({
    name: 'typervisor', coreScheduling: false, networks: [], images: [],
    vms: [{
      name: 'web', memory: 4, vcpus: 1, autostart: true, boot: { protocol: 'linux', kernel: 'kernel', modules: [], cmdline: '' },
      serial: { mirror: false }, memoryReporting: false, rng: true, virtio: 'modern', disks: [], interfaces: [], onReboot: 'restart', onCrash: 'stop', weight: 100,
    }],
  })
})

test('everything may be said', () => {
  const full = {
    $schema: 'schema/typervisor.schema.json', name: 'lab-1', coreScheduling: true,
    networks: [{ name: 'lan' }, { name: 'wan', uplink: { device: '00:1f.6', vlan: 1, trunk: [1, 2] } }], pool: { name: 'tank', devices: ['A 1', 'B'] }, images: ['initrd'],
    vms: [{
      name: 'a', memory: '1 GiB', vcpus: 1, autostart: false, serial: { mirror: true }, rng: false,
      interfaces: [{
        network: 'wan', mac: '02:00:00:00:00:0A', mtu: 9000, vlan: 2, trunk: [1, 2, 4094], role: 'private', lockMac: true, addresses: ['10.0.0.1', 'fd00::1'], sendLimit: '100 Mbit/s', receiveLimit: '2.5Gbit/s',
        storm: { broadcast: 1, multicast: 10_000_000, unknown: 5 }, addressLimit: 512, mirrored: true, link: false,
      }, { network: 'lan', role: 'mirror' }],
      disks: [{ raw: 'S4EVNX0R' }, { raw: 'QM 00001', readOnly: true }, { volume: 'root', image: 'kernel', size: '10 GiB' }, { volume: 'data', size: 512 }], onReboot: 'pause', onCrash: 'restart', weight: 10000,
      boot: { protocol: 'multiboot2', kernel: 'kernel', modules: [{ path: 'initrd', cmdline: 'größe=1' }, { path: 'kernel' }], cmdline: 'x'.repeat(4095) },
    }, { name: 'b', memory: '4MiB', boot: { protocol: 'pvh', kernel: 'kernel', initrd: 'initrd', modules: [{ path: 'kernel' }] } }],
  }
  expect(problems(full)).toEqual([])
  expect(problems({ vms: [] })).toEqual([])
})

describe('memory', () => {
  test.each<[string | number, number]>([['2 MiB', 2], ['128 MiB', 128], ['128MiB', 128], ['3 GiB', 3072], [16, 16], ['1024 GiB', 2 ** 20]])('%j', (memory, mebibytes) => {
    expect(parseMemory(memory)).toBe(mebibytes * MEBIBYTE)
    expect(vmProblems({ memory })).toEqual([])
  })
  test.each(['3 MiB', '0 MiB', '128', '128 MB', '128 mib', '-2 MiB', '1.5 GiB', '1025 GiB', '99999999999999999999 GiB', '', 3, 0, -2, 2.5, NaN, Infinity, 2 ** 21, null, true, [], {}])('not %j', memory => {
    const [problem] = vmProblems({ memory })
    expect(problem).toMatch(/^vms\[0\]\.memory: found .*; allowed: a size such as '128 MiB' or '1 GiB', or a number of MiB: a multiple of 2 MiB, from 2 MiB to 1 TiB$/)
  })
  test('must be there', () => {
    expect(problems({ vms: [{ name: 'a', boot }] })[0]).toMatch(/^vms\[0\]\.memory: found nothing; allowed: /)
  })
})

describe('a wrong field gives its path, what was found and what is allowed', () => {
  test.each(['Web', '', 'a_b', 'x'.repeat(32), 'a b', 7])('name %j', name => {
    const found = typeof name === 'string' ? `'${name}'` : name
    expect(vmProblems({ name })).toEqual([`vms[0].name: found ${found}; allowed: 1 to 31 of the characters a-z, 0-9 and -`])
  })
  test('several at once', () => {
    expect(problems({ name: 'A', vms: [vm, { ...vm, name: 'b', weight: 0, onCrash: 'explode', serial: { mirror: 'yes' }, autostart: 1 }] })).toEqual([
      "name: found 'A'; allowed: 1 to 31 of the characters a-z, 0-9 and -",
      'vms[1].autostart: found 1; allowed: true or false',
      "vms[1].serial.mirror: found 'yes'; allowed: true or false",
      "vms[1].onCrash: found 'explode'; allowed: 'restart', 'stop', 'pause'",
      'vms[1].weight: found 0; allowed: a whole number from 1 to 10000',
    ])
  })
  test.each([0, 33, 1.5, '2'])('vcpus %j', vcpus => {
    expect(vmProblems({ vcpus })[0]).toMatch(/^vms\[0\]\.vcpus: found .*; allowed: a whole number from 1 to 32$/)
  })
  test.each([1, 2, 32])('vcpus %j is right', vcpus => {
    expect(vmProblems({ vcpus })).toEqual([])
  })
  test('the limits of memory lie on both sides of it', () => {
    expect(vmProblems({ memory: 64, minMemory: '66 MiB' })).toEqual(["vms[0].minMemory: found '66 MiB'; allowed: no more than memory, 64"])
    expect(vmProblems({ memory: '1 GiB', maxMemory: 1022 })).toEqual(["vms[0].maxMemory: found 1022; allowed: at least as much as memory, '1 GiB'"])
    expect(vmProblems({ memory: 64, memoryWeight: 100 })).toEqual(['vms[0].memoryWeight: found 100; allowed: nothing without minMemory or maxMemory, since there is nothing to move'])
    expect(vmProblems({ memory: 64, minMemory: 3 })[0]).toMatch(/^vms\[0\]\.minMemory: found 3; allowed: a size such as/)
    for (const right of [{ memory: 64, minMemory: 64 }, { memory: 64, minMemory: 2, maxMemory: '1 GiB', memoryWeight: 10000 }]) expect(vmProblems(right)).toEqual([])
  })

  test('maxVcpus: from vcpus to 32, and none beside vcpus where firmware makes the tables', () => {
    expect(vmProblems({ maxVcpus: 33 })).toEqual(['vms[0].maxVcpus: found 33; allowed: a whole number from 1 to 32'])
    expect(vmProblems({ vcpus: 4, maxVcpus: 3 })).toEqual(['vms[0].maxVcpus: found 3; allowed: at least as many as vcpus, 4'])
    const firmware = { boot: { protocol: 'firmware', kernel: 'initrd' }, vcpus: 2 }
    expect(vmProblems({ ...firmware, maxVcpus: 3 })).toEqual([
      'vms[0].maxVcpus: found 3; allowed: no more than vcpus, since firmware makes ACPI tables of its own, which name no processors that may come',
    ])
    for (const right of [{ vcpus: 4, maxVcpus: 4 }, { maxVcpus: 32 }, { ...firmware, maxVcpus: 2 }]) expect(vmProblems(right)).toEqual([])
  })
  test.each([0, 3201, 50.5, '50 %', null])('cap %j', cap => {
    expect(vmProblems({ cap })[0]).toMatch(/^vms\[0\]\.cap: found .*; allowed: a whole number from 1 to 3200$/)
  })
  test.each([1, 50, 3200])('cap %j is right', cap => {
    expect(vmProblems({ cap })).toEqual([])
  })
  test.each([0, '0,2', [32], [-1], [0.5], ['0'], null, []])('affinity and prefer %j', processors => {
    for (const field of ['affinity', 'prefer']) {
      expect(vmProblems({ [field]: processors })[0]).toMatch(new RegExp(`^vms\\[0\\]\\.${field}(\\[0\\])?: found .*; allowed: a list of numbers of the host's processors, each a whole number from 0 to 31`))
    }
  })
  test('what is preferred must be allowed', () => {
    expect(vmProblems({ affinity: [0, 31], prefer: [31] })).toEqual([])
    expect(vmProblems({ prefer: [31] })).toEqual([])
    expect(vmProblems({ affinity: [0, 2], prefer: [1, 2, 3] })).toEqual([
      'vms[0].prefer: found [1,2,3]; allowed: processors that affinity names too, [0,2]: add 1, 3 there or leave it out here',
    ])
  })
  test.each(['', ' ', ' a', 'a ', 'a\tb', 'a\n', 'größe', 'x'.repeat(65), 5])('raw %j', raw => {
    expect(vmProblems({ disks: [{ raw: 'ok' }, { raw }] })).toEqual([
      expect.stringMatching(/^vms\[0\]\.disks\[1\]\.raw: found .*; allowed: 1 to 64 printable ASCII characters without blanks at either end: the serial number of a medium of the host$/),
    ])
  })
  test.each(['a', '~!', 'a  b', 'x'.repeat(64)])('raw %j is right', raw => {
    expect(vmProblems({ disks: [{ raw }] })).toEqual([])
    expect(checkConfig({ vms: [{ ...vm, disks: [{ raw }] }] }, folder, 'x.json').vms[0].disks).toEqual([{ raw, readOnly: false }])
  })
  test.each(['', 'a b', 'ä', 'x'.repeat(64), 5])('volume %j', volume => {
    expect(vmProblems({ disks: [{ volume }] })).toEqual([
      expect.stringMatching(/^vms\[0\]\.disks\[0\]\.volume: found .*; allowed: 1 to 63 of the characters a-z, A-Z, 0-9, '\.', '_' and '-': the name of a volume of the host's pool$/),
    ])
  })
  test('a disk is a medium or a volume, and not both', () => {
    expect(vmProblems({ disks: [{ volume: 'Root_1.x-y' }] })).toEqual([])
    expect(vmProblems({ disks: [{}] })).toEqual(['vms[0].disks[0]: found neither raw nor volume; allowed: one of them, the serial number of a medium or the name of a volume'])
    expect(vmProblems({ disks: [{ raw: 'a', volume: 'a' }] })).toEqual(['vms[0].disks[0]: found both raw and volume; allowed: one of them, the serial number of a medium or the name of a volume'])
    expect(vmProblems({ disks: [{ raw: 'a' }, { volume: 'a' }] })).toEqual([])
    expect(vmProblems({ disks: [{ volume: 'a' }, { volume: 'a' }] })).toEqual(["vms[0].disks[1].volume: found 'a', which is vms[0].disks[0] already; allowed: a volume that no other disk is, unless all of them are readOnly"])
  })
  test('disks', () => {
    expect(vmProblems({ disks: [{ raw: 'a', readOnly: 'yes' }] })).toEqual(["vms[0].disks[0].readOnly: found 'yes'; allowed: true or false"])
    expect(vmProblems({ disks: [{ raw: 'a', readonly: true }] })).toEqual(['vms[0].disks[0].readonly: there is no such field; did you mean readOnly?; allowed: raw, volume, image, size, readOnly, byteLimit, requestLimit'])
    expect(vmProblems({ disks: ['a'] })).toEqual(["vms[0].disks[0]: found 'a'; allowed: { raw, readOnly } or { volume, image, size, readOnly, byteLimit, requestLimit }"])
    const disks = Array.from({ length: 9 }, (_, i) => ({ raw: `${i}` }))
    expect(vmProblems({ disks: disks.slice(1) })).toEqual([])
    for (const wrong of [disks, 'a', { raw: 'a' }]) expect(vmProblems({ disks: wrong })[0]).toMatch(/^vms\[0\]\.disks: found .*; allowed: a list of at most 8 disks, each \{ raw, readOnly \} or \{ volume, image, size, readOnly, byteLimit, requestLimit \}$/)
  })
  test.each([0, -1, 1.5, '3 KiB', '5000', '1 GB', '257 TiB', '', null])('size %j', size => {
    expect(vmProblems({ disks: [{ volume: 'a', size }] })[0]).toMatch(/^vms\[0\]\.disks\[0\]\.size: found .*; allowed: a size such as '512 MiB' or '10 GiB' \(KiB, MiB, GiB, TiB\), or a number of MiB: a multiple of 4 KiB, from 4 KiB to 256 TiB$/)
  })
  test('limits are of a volume, rates and numbers, and the same wherever that is named', () => {
    expect(vmProblems({ disks: [{ volume: 'a', byteLimit: '100 MiB/s', requestLimit: 500 }] })).toEqual([])
    for (const byteLimit of ['100 MB/s', '100 MiB', '0 KiB/s', '65 GiB/s', 100]) expect(vmProblems({ disks: [{ volume: 'a', byteLimit }] })[0]).toMatch(/^vms\[0\]\.disks\[0\]\.byteLimit: found .*; allowed: a rate such as '100 MiB\/s'/)
    for (const requestLimit of [0, 10_000_001, 1.5, '5']) expect(vmProblems({ disks: [{ volume: 'a', requestLimit }] })[0]).toMatch(/^vms\[0\]\.disks\[0\]\.requestLimit: found .*; allowed: a whole number from 1 to 10000000$/)
    expect(vmProblems({ disks: [{ raw: 'a', requestLimit: 5 }] })[0]).toMatch(/^vms\[0\]\.disks\[0\]\.requestLimit: found 5; allowed: nothing/)
    const base = { volume: 'base', readOnly: true }
    expect(vmProblems({ disks: [{ ...base, requestLimit: 5 }, base] })[0]).toMatch(/found another image, size or limit of the volume 'base'/)
  })
  test('an image or a size is of a volume, the same wherever that is named, and the image is no larger', () => {
    expect(vmProblems({ disks: [{ raw: 'a', image: 'kernel' }] })).toEqual(["vms[0].disks[0].image: found 'kernel'; allowed: nothing, since a medium of the host is what it is; a volume is made"])
    expect(vmProblems({ disks: [{ raw: 'a', size: 1 }] })).toEqual(['vms[0].disks[0].size: found 1; allowed: nothing, since a medium of the host is what it is; a volume is made'])
    const base = { volume: 'base', readOnly: true }
    expect(vmProblems({ disks: [{ ...base, size: 1 }, { ...base, size: 1 }] })).toEqual([])
    expect(vmProblems({ disks: [{ ...base, size: 1 }, base] })).toEqual(["vms[0].disks[1]: found another image, size or limit of the volume 'base' than vms[0].disks[0] has; allowed: the same in both"])
    expect(vmProblems({ disks: [{ volume: 'a', image: 'none' }] })).toEqual([`vms[0].disks[0].image: found 'none', but there is no file ${join(folder, 'none')}: paths are relative to the configuration`])
    writeFileSync(join(folder, 'large.img'), Buffer.alloc(5000))
    expect(vmProblems({ disks: [{ volume: 'a', image: 'large.img', size: '4 KiB' }] })).toEqual(["vms[0].disks[0].image: found 'large.img' of 5000 bytes; allowed: no more than the size of the volume, 4096 bytes"])
  })
  test('images', () => {
    mkdirSync(join(folder, 'more'), { recursive: true })
    for (const name of ['a b.img', 'more/kernel', 'empty.img']) writeFileSync(join(folder, name), name === 'empty.img' ? '' : 'x')
    expect(problems({ images: ['kernel', 'kernel', 'initrd'], vms: [] })).toEqual([])
    expect(problems({ images: ['a b.img'], vms: [] })).toEqual(["images[0]: found 'a b.img'; allowed: a file with a name of 1 to 63 printable ASCII characters without blanks"])
    expect(problems({ images: ['more/kernel'], vms: [{ ...vm, disks: [{ volume: 'a', image: 'kernel' }] }] })[0]).toBe(`images[0]: found 'more/kernel'; allowed: a name that no other image has, and ${join(folder, 'kernel')} has it`)
    expect(problems({ images: ['empty.img'], vms: [] })[0]).toContain('is empty')
    expect(problems({ images: Array(65).fill('kernel'), vms: [] })[0]).toMatch(/^images: found .*; allowed: a list of at most 64 paths to files$/)
  })
  test('the pool', () => {
    const pool = (devices: unknown, name: unknown = 'tank') => problems({ pool: { name, devices }, vms: [{ ...vm, disks: [{ raw: 'X' }] }] })
    expect(pool(['A', 'B'])).toEqual([])
    expect(pool(['A', 'X', 'A'])).toEqual(["pool.devices[1]: found 'X', which is a disk of vms[0]; allowed: a disk that no virtual machine has", "pool.devices[2]: found 'A' a second time; allowed: each disk once"])
    expect(pool(['A:2', 'A:1', 'B'])).toEqual([])
    expect(pool(['A:2', 'A', 'X:1', 'A:2'])).toEqual([
      "pool.devices[0]: found 'A:2', and all of its disk as well; allowed: either", "pool.devices[2]: found 'X:1', which is on a disk of vms[0]; allowed: a disk that no virtual machine has",
      "pool.devices[3]: found 'A:2' a second time; allowed: each disk once",
    ])
    for (const wrong of [[], Array(17).fill('A'), 'A']) expect(pool(wrong)[0]).toMatch(/^pool\.devices: found .*; allowed: a list of 1 to 16 serial numbers of disks of the host, or SERIAL:NUMBER for a partition of one$/)
    expect(pool(['A'], 'a b')).toEqual(["pool.name: found 'a b'; allowed: 1 to 63 of the characters a-z, A-Z, 0-9, '.', '_' and '-'"])
    expect(problems({ pool: 'tank', vms: [] })).toEqual(["pool: found 'tank'; allowed: { name, devices }"])
  })
  const allowed = (field: string, allowed: string) => (value: unknown) => {
    const [problem] = vmProblems({ interfaces: [{ network: 'lan', [field]: value }] })
    expect(problem).toMatch(new RegExp(`^vms\\[0\\]\\.interfaces\\[0\\]\\.${field}(\\[\\d\\])?: found [^]*; allowed: ${allowed.replace(/[[\]{}.()]/g, '\\$&')}$`))
  }
  const interfaceProblems = (change: object) => problems({ networks: [{ name: 'lan' }], vms: [{ ...vm, interfaces: [{ network: 'lan', ...change }] }] })
  test.each(['', '02:00:00:00:00', '02-00-00-00-00-01', '02:00:00:00:00:0g', '01:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00', ' 02:00:00:00:00:01', 5, null])(
    'mac %j', allowed('mac', "a hardware address such as '02:00:00:00:00:01', which is nobody's group and not all zeros"))
  test.each(['', '100', '100 Mbit', '100 MB/s', '-1 Mbit/s', '7 kbit/s', '0.001 kbit/s', '1001 Gbit/s', '1e3 kbit/s', '1 mbit/s', 'Infinity Gbit/s', 100, null])(
    'sendLimit and receiveLimit %j', rate => { for (const field of ['sendLimit', 'receiveLimit']) allowed(field, "a rate such as '100 Mbit/s', from 8 kbit/s to 1000 Gbit/s")(rate) })
  test.each<[string, number]>([['8 kbit/s', 1000], ['100 Mbit/s', 12_500_000], ['100Mbit/s', 12_500_000], ['2.5 Gbit/s', 312_500_000], ['1000 Gbit/s', 125_000_000_000]])('sendLimit %j is right', (sendLimit, rate) => {
    expect(parseRate(sendLimit)).toBe(rate)
    expect(interfaceProblems({ sendLimit })).toEqual([])
  })
  test.each([-1, 4095, 1.5, '2', null])('vlan %j', allowed('vlan', 'a whole number from 0 to 4094'))
  test.each([[], [4095], [-1], ['2'], '1-5', 5])('trunk %j', value => {
    const [problem] = vmProblems({ interfaces: [{ network: 'lan', trunk: value }] })
    expect(problem).toMatch(/^vms\[0\]\.interfaces\[0\]\.trunk(\[0\])?: found .*; allowed: (a list of VLANs, each )?a whole number from 0 to 4094(; 0 stands for frames without a tag)?$/)
  })
  test.each([67, 65536, 1500.5, '1500'])('mtu %j', allowed('mtu', 'a whole number from 68 to 65535'))
  test.each(['Private', '', 'uplink', 1])('role %j', allowed('role', "'ordinary', 'private', 'promiscuous', 'mirror'"))
  test.each([0, 513, '1'])('addressLimit %j', allowed('addressLimit', 'a whole number from 1 to 512'))
  test.each(['yes', 1, null])('lockMac, mirrored and link %j', value => { for (const field of ['lockMac', 'mirrored', 'link']) allowed(field, 'true or false')(value) })
  test.each(['10.0.0', '10.0.0.256', '10.0.0.1/24', 'fe80::1%eth0', '1::2::3', '0.0.0.0', '::', '0:0::0', 'host', '', 5])('addresses %j', address => {
    allowed('addresses', 'an IPv4 or IPv6 address, without a zone and not all zeros')([address])
  })
  test('addresses: four of each version', () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '::1', 'fd00::2', '::ffff:10.0.0.1', '1:2:3:4:5:6:7:8']
    expect(interfaceProblems({ addresses })).toEqual([])
    for (const one of ['10.0.0.5', 'fd00::5']) expect(interfaceProblems({ addresses: [...addresses, one] })[0]).toMatch(/^vms\[0\]\.interfaces\[0\]\.addresses: found .*; allowed: a list of at most 4 IPv4 and 4 IPv6 addresses$/)
  })
  test.each([0, 10_000_001, 1.5, '5'])('storm %j', value => {
    for (const kind of ['broadcast', 'multicast', 'unknown']) {
      expect(vmProblems({ interfaces: [{ network: 'lan', storm: { [kind]: value } }] })[0]).toMatch(new RegExp(`^vms\\[0\\]\\.interfaces\\[0\\]\\.storm\\.${kind}: found .*; allowed: a whole number from 1 to 10000000$`))
    }
  })
  test('ports of a console', () => {
    expect(vmProblems({ console: {} })).toEqual([])
    expect(vmProblems({ console: { ports: ['agent', 'a'.repeat(31)] } })).toEqual([])
    for (const ports of [['Agent'], [''], ['a'.repeat(32)], ['console'], ['a\nb'], 'agent', Array.from({ length: 8 }, (_, i) => `p${i}`)]) {
      expect(vmProblems({ console: { ports } })[0]).toMatch(/^vms\[0\]\.console\.ports(\[0\])?: found [^]*; allowed: a list of at most 7 names, each 1 to 31 of the characters a-z, 0-9 and -, and not 'console'$/)
    }
    expect(vmProblems({ console: { ports: ['agent', 'agent'] } })[0]).toBe("vms[0].console.ports[1]: found 'agent' a second time; allowed: a name that no other port of this virtual machine has")
  })

  test('networks and interfaces', () => {
    expect(problems({ networks: [{ name: 'Lan' }], vms: [] })).toEqual(["networks[0].name: found 'Lan'; allowed: 1 to 31 of the characters a-z, 0-9 and -"])
    expect(problems({ networks: ['lan'], vms: [] })).toEqual(["networks[0]: found 'lan'; allowed: { name, uplink }"])
    expect(problems({ networks: [{ name: 'lan', uplink: { device: 'eth0' } }], vms: [] })).toEqual(["networks[0].uplink.device: found 'eth0'; allowed: where a network card of the host is, as host devices shows it, such as '00:1F.6'"])
    expect(problems({ networks: [{ name: 'lan', uplink: { device: '00:1F.8', mtu: 5 } }], vms: [] })).toEqual([
      "networks[0].uplink.device: found '00:1F.8'; allowed: where a network card of the host is, as host devices shows it, such as '00:1F.6'",
      'networks[0].uplink.mtu: there is no such field; allowed: device, vlan, trunk',
    ])
    const networks = Array.from({ length: 65 }, (_, i) => ({ name: `n${i}` }))
    expect(problems({ networks: networks.slice(1), vms: [] })).toEqual([])
    expect(problems({ networks, vms: [] })[0]).toMatch(/^networks: found .*; allowed: a list of at most 64 networks, each \{ name, uplink \}$/)
    expect(vmProblems({ interfaces: ['lan'] })).toEqual(["vms[0].interfaces[0]: found 'lan'; allowed: an object that describes a network interface"])
    expect(vmProblems({ interfaces: [{}] })).toEqual(['vms[0].interfaces[0].network: found nothing; allowed: 1 to 31 of the characters a-z, 0-9 and -'])
    const nine = Array.from({ length: 9 }, () => ({ network: 'lan' }))
    expect(problems({ networks: [{ name: 'lan' }], vms: [{ ...vm, interfaces: nine.slice(1) }] })).toEqual([])
    expect(vmProblems({ interfaces: nine })[0]).toMatch(/^vms\[0\]\.interfaces: found .*; allowed: a list of at most 8 network interfaces$/)
  })
  test('protocol', () => {
    expect(bootProblems({ protocol: 'uefi' })).toEqual(["vms[0].boot.protocol: found 'uefi'; allowed: 'linux', 'multiboot', 'multiboot2', 'pvh', 'firmware'"])
  })
  test.each(['x'.repeat(4096), 'ö'.repeat(2048), 'a\x1b[2J', 'a\nb', 'a\0b', '\ud800', 5])('command line %j', cmdline => {
    expect(bootProblems({ cmdline })[0]).toMatch(/^vms\[0\]\.boot\.cmdline: found .*; allowed: text of at most 4095 bytes without control characters$/)
  })
  test('what was found is shown, not obeyed', () => {
    expect(vmProblems({ name: 'a\n\x1b[2J"\'' })[0]).toMatch(/^vms\[0\]\.name: found 'a\\n\\u001b\[2J"\\''; allowed: /)
  })
  test('no more virtual machines than there is room for', () => {
    const vms = Array.from({ length: 65 }, (_, i) => ({ ...vm, name: `vm${i}` }))
    expect(problems({ vms: vms.slice(1) })).toEqual([])
    expect(problems({ vms })[0]).toMatch(/^vms: found .*; allowed: a list of at most 64 virtual machines$/)
  })
  test.each([null, 5, 'x', [], [{}]])('not even an object: %j', raw => {
    expect(problems(raw)[0]).toMatch(/^found .*; allowed: an object \{ name, coreScheduling, networks, pool, images, vms \}$/)
  })
  test('an empty configuration', () => {
    expect(problems({})).toEqual(['vms: found nothing; allowed: a list of at most 64 virtual machines'])
  })
})

describe('a field that does not exist', () => {
  test('is named, with what was meant', () => {
    expect(vmProblems({ weigth: 3 })).toEqual([
      'vms[0].weigth: there is no such field; did you mean weight?; allowed: name, memory, minMemory, maxMemory, memoryWeight, memoryReporting, vcpus, maxVcpus, autostart, boot, serial, console, rng, virtio, disks, interfaces, onReboot, onCrash, weight, cap, affinity, prefer',
    ])
    expect(bootProblems({ cmdLine: '', kernal: '' })).toEqual([
      'vms[0].boot.cmdLine: there is no such field; did you mean cmdline?; allowed: protocol, kernel, initrd, modules, cmdline',
      'vms[0].boot.kernal: there is no such field; did you mean kernel?; allowed: protocol, kernel, initrd, modules, cmdline',
    ])
    expect(bootProblems({ protocol: 'pvh', modules: [{ path: 'kernel', 'command line': '' }] })).toEqual([
      'vms[0].boot.modules[0]["command line"]: there is no such field; allowed: path, cmdline',
    ])
    expect(problems({ vm: [], vms: [] })).toEqual(['vm: there is no such field; did you mean vms?; allowed: name, coreScheduling, networks, pool, images, vms'])
  })
  test('is compared with what there is', () => {
    expect(closest('onReobot', ['onReboot', 'onCrash'])).toBe('onReboot')
    expect(closest('banana', ['onReboot', 'onCrash'])).toBeUndefined()
  })
})

describe('rules that join fields', () => {
  test('two virtual machines of one name', () => {
    expect(problems({ vms: [vm, { ...vm, name: 'b' }, vm] })).toEqual([
      "vms[2].name: found 'web', which vms[0] is called already; allowed: a name that no other virtual machine has",
    ])
  })
  test('a medium that is two disks, unless all of them are readOnly', () => {
    const disk = { raw: 'a' }, readOnly = { raw: 'a', readOnly: true }, wanted = 'allowed: a medium that no other disk is, unless all of them are readOnly'
    const first = { ...vm, disks: [{ raw: 'b' }, readOnly] }
    expect(problems({ vms: [first, { ...vm, name: 'b', disks: [readOnly, { raw: 'A' }] }] })).toEqual([])
    expect(problems({ vms: [first, { ...vm, name: 'b', disks: [disk] }] })).toEqual([`vms[1].disks[0].raw: found 'a', which is vms[0].disks[1] already; ${wanted}`])
    expect(vmProblems({ disks: [disk, readOnly] })).toEqual([`vms[0].disks[1].raw: found 'a', which is vms[0].disks[0] already; ${wanted}`])
    expect(vmProblems({ disks: [readOnly, readOnly, disk] })).toEqual([`vms[0].disks[2].raw: found 'a', which is vms[0].disks[0] already; ${wanted}`])
    expect(vmProblems({ disks: [disk, disk, disk] })).toHaveLength(2)
  })
  const lan = [{ name: 'lan' }]
  const of = (interfaces: object[], networks: object[] = lan) => problems({ networks, vms: [{ ...vm, interfaces: interfaces.map(it => ({ network: 'lan', ...it })) }] })
  test('two networks of one name, two with one card', () => {
    expect(problems({ networks: [...lan, { name: 'b' }, ...lan], vms: [] })).toEqual(["networks[2].name: found 'lan', which networks[0] is called already; allowed: a name that no other network has"])
    const card = (name: string, device: string) => ({ name, uplink: { device } })
    expect(problems({ networks: [card('a', '00:1f.6'), card('b', '00:1F.6')], vms: [] })).toEqual([
      "networks[1].uplink.device: found '00:1F.6', which networks[0] has already; allowed: a network card that no other network has",
    ])
  })
  test('an interface of a network that is not there', () => {
    expect(of([{ network: 'wan' }], [...lan, { name: 'dmz' }])).toEqual(["vms[0].interfaces[0].network: found 'wan'; allowed: lan, dmz"])
    expect(of([{}], [])).toEqual(["vms[0].interfaces[0].network: found 'lan'; allowed: nothing, since the configuration has no networks"])
  })
  test('two interfaces of one hardware address', () => {
    expect(of([{ mac: '02:00:00:00:00:0a' }, {}, { mac: '02:00:00:00:00:0A' }])).toEqual([
      "vms[0].interfaces[2].mac: found '02:00:00:00:00:0A', which vms[0].interfaces[0] has already; allowed: an address that no other interface has",
    ])
  })
  test('mirrors', () => {
    expect(of([{ role: 'mirror', mirrored: true }])).toEqual(['vms[0].interfaces[0].mirrored: found true; allowed: false, since it is the mirror'])
    expect(of([{ role: 'mirror' }, { role: 'mirror' }])).toEqual(["vms[0].interfaces[1].role: found 'mirror', which vms[0].interfaces[0] is already; allowed: one mirror for a network"])
    expect(of([{ role: 'mirror' }, { role: 'mirror', network: 'dmz' }, { mirrored: true }], [...lan, { name: 'dmz' }])).toEqual([])
  })
  test('a trunk with frames that have no tag, whose own VLAN is another', () => {
    expect(of([{ trunk: [0, 7], vlan: 7 }, { trunk: [0, 7] }], [{ name: 'lan', uplink: { device: '00:03.0', trunk: [0], vlan: 3 } }]).map(line => line.replace(/found .*; /, ''))).toEqual([
      'networks[0].uplink.trunk: allowed: 0 only where `vlan` is 0 too, since frames without a tag are those of `vlan`',
      'vms[0].interfaces[0].trunk: allowed: 0 only where `vlan` is 0 too, since frames without a tag are those of `vlan`',
    ])
  })
  test('addresses without a locked hardware address', () => {
    expect(of([{ addresses: ['10.0.0.1'], lockMac: false }])).toEqual(['vms[0].interfaces[0].lockMac: found false; allowed: true, since addresses are held to'])
  })
  test('more interfaces than a host has ports for', () => {
    const vms = Array.from({ length: 25 }, (_, i) => ({ ...vm, name: `vm-${i}`, interfaces: Array.from({ length: i === 24 ? 1 : 8 }, () => ({ network: 'lan' })) }))
    expect(problems({ networks: lan, vms: vms.slice(1) })).toEqual([])
    expect(problems({ networks: lan, vms })).toEqual(['vms: found 193 interfaces; allowed: at most 192 of all virtual machines together'])
  })
  test('what firmware cannot have', () => {
    writeFileSync(join(folder, 'rom'), Buffer.alloc(128 << 10))
    writeFileSync(join(folder, 'odd'), Buffer.alloc((128 << 10) + 1))
    const firmware = { protocol: 'firmware', kernel: 'rom' }
    expect(problems({ vms: [{ ...vm, memory: '2 MiB', boot: firmware }] })).toEqual([])
    expect(bootProblems({ ...firmware, kernel: 'odd' })).toEqual(["vms[0].boot.kernel: found 'odd' of 131073 bytes; allowed: 64 KiB to 16 MiB, a multiple of 4 KiB"])
    expect(bootProblems({ ...firmware, initrd: 'initrd' })).toEqual(["vms[0].boot.initrd: found 'initrd'; allowed: nothing, since firmware finds its own files"])
    expect(bootProblems({ ...firmware, modules: [{ path: 'kernel' }] })).toEqual(['vms[0].boot.modules: found 1; allowed: none, since firmware finds its own files'])
    expect(bootProblems({ ...firmware, cmdline: 'a=1' })).toEqual(["vms[0].boot.cmdline: found 'a=1'; allowed: nothing, since firmware takes no command line"])
  })
  test('an initrd for Multiboot', () => {
    expect(bootProblems({ protocol: 'multiboot', initrd: 'initrd' })).toEqual([
      "vms[0].boot.initrd: found 'initrd'; allowed: nothing, since a multiboot kernel takes modules: [{ path, cmdline }]",
    ])
  })
  test('modules for Linux', () => {
    expect(bootProblems({ modules: [{ path: 'kernel' }] })).toEqual(['vms[0].boot.modules: found 1; allowed: none, since a linux kernel takes an initrd'])
  })
})

describe('files', () => {
  test('missing', () => {
    expect(problems({ vms: [vm, { ...vm, name: 'b', boot: { ...boot, kernel: 'none', initrd: 'build/guests/none' } }] })).toEqual([
      `vms[1].boot.kernel: found 'none', but there is no file ${folder}/none: paths are relative to the configuration`,
      `vms[1].boot.initrd: found 'build/guests/none', but there is no file ${folder}/build/guests/none: 'make guests' builds the project's own guests`,
    ])
  })
  test('a folder', () => {
    expect(bootProblems({ kernel: 'sub' })).toEqual([`vms[0].boot.kernel: found 'sub', but ${folder}/sub is not a file`])
  })
  test('empty', () => {
    expect(bootProblems({ initrd: 'empty' })).toEqual([`vms[0].boot.initrd: found 'empty', but ${folder}/empty is empty`])
  })
  test('a module that is missing', () => {
    expect(bootProblems({ protocol: 'multiboot', modules: [{ path: 'kernel' }, { path: 'none' }] })[0]).toMatch(/^vms\[0\]\.boot\.modules\[1\]\.path: found 'none', but there is no file /)
  })
  test('larger than the memory, alone or together', () => {
    expect(bootProblems({ kernel: 'large' })).toEqual([
      "vms[0].boot.kernel: found 'large' of 4 MiB; allowed: less than the virtual machine's memory, 4 MiB: give it more memory or smaller files",
    ])
    expect(vmProblems({ memory: 2, boot: { protocol: 'pvh', kernel: 'initrd', modules: [{ path: 'initrd' }] } })).toEqual([
      "vms[0].boot: found files of 2 MiB together; allowed: less than the virtual machine's memory, 2 MiB: give it more memory or smaller files",
    ])
    expect(vmProblems({ memory: 6, boot: { ...boot, initrd: 'large' } })).toEqual([])
  })
  test('absolute paths stay what they are', () => {
    expect(bootProblems({ kernel: join(folder, 'kernel') })).toEqual([])
  })
})

describe('loading', () => {
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  test('TypeScript from any folder, with types, imports and paths of its own', async () => {
    write('names.ts', "export const names: readonly string[] = ['a', 'b']")
    const path = write('x.config.ts', `
      import { existsSync } from 'node:fs'
      import { defineConfig, type Config } from 'typervisor'
      import { names } from './names.ts'
      const vms: Config['vms'] = names.map(name => ({ name, memory: 4, boot: { protocol: 'pvh', kernel: 'kernel' } }))
      if (!existsSync(import.meta.dirname + '/names.ts') || !import.meta.url.endsWith('/x.config.ts')) throw new Error('lost')
      export default defineConfig({ name: 'größe'.slice(0, 2), vms })`)
    const { config, folder: found } = await loadConfig(path)
    expect(found).toBe(folder)
    expect(config.name).toBe('gr')
    expect(config.vms.map(({ name }) => name)).toEqual(['a', 'b'])
  })
  test('JSON', async () => {
    expect((await loadConfig(write('x.json', JSON.stringify({ vms: [vm] })))).config.vms[0].name).toBe('web')
  })
  test.each([
    ['bad.json', '{ "vms": [', /bad\.json is not JSON: /],
    ['throws.ts', "throw new Error('no reason')", /throws\.ts cannot be loaded: no reason/],
    ['syntax.ts', 'export default {', /syntax\.ts cannot be loaded:[^]*syntax\.ts:1:16/],
    ['nothing.ts', 'export const config = {}', /nothing\.ts exports nothing as its default; allowed: export default defineConfig/],
    ['function.ts', 'export default () => ({})', /function\.ts exports a function as its default/],
    ['x.yaml', '', /x\.yaml is neither a \.ts nor a \.json file/],
  ])('%s is refused', async (name, text, message) => {
    await expect(loadConfig(write(name, text))).rejects.toThrow(message)
    await expect(loadConfig(write(name, text))).rejects.toBeInstanceOf(ConfigError)
  })
  test('a file that is not there is refused', async () => {
    await expect(loadConfig(join(folder, 'none.ts'))).rejects.toThrow(/there is no configuration file .*none\.ts/)
  })
})

describe('the published JSON Schema', () => {
  test('is current', () => {
    expect(readFileSync(join(root, 'schema/typervisor.schema.json'), 'utf8'), "'make schema' writes it anew").toBe(jsonSchemaText())
  })
  test('names every field and asks only for what has no default', () => {
    const schema = JSON.parse(jsonSchemaText())
    const fields = schema.properties.vms.items
    expect(Object.keys(fields.properties)).toEqual(['name', 'memory', 'minMemory', 'maxMemory', 'memoryWeight', 'memoryReporting', 'vcpus', 'maxVcpus', 'autostart', 'boot', 'serial', 'console', 'rng', 'virtio', 'disks', 'interfaces', 'onReboot', 'onCrash', 'weight', 'cap', 'affinity', 'prefer'])
    expect(fields.required).toEqual(['name', 'memory', 'boot'])
    expect(fields.properties.boot.required).toEqual(['protocol', 'kernel'])
    expect(schema.required).toEqual(['vms'])
    expect(fields.additionalProperties).toBe(false)
  })
})
