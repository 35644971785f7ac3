/** Commands for the host and its sandboxes. */
import { beforeEach, describe, expect, it } from 'vitest'
import { boot, World } from './world'

let host: World
beforeEach(async () => { host = await boot() })

describe('host', () => {
  it('memory accounts for every byte', () => {
    const lines = host.run('host memory').split('\n')
    expect(lines.at(-1)).toBe('total            512 MiB  131072')
    host.owners[1][1] -= 4096n
    const imports = host.json('host memory --json')
    expect(imports.owners.reduce((sum: number, owner: any) => sum + owner.bytes, 0)).toBe(imports.totalBytes)
  })

  it('memory as JSON', () => {
    expect(host.json('host memory --json')).toEqual({
      owners: [['free', 51], ['nucleus', 6], ['sandbox console', 5], ['vm web: RAM', 193], ['vm db: RAM', 257]].map(([name, size]) => ({ name, bytes: (size as number) << 20 })),
      vms: [['web', 193, 192], ['db', 257, 256]].map(([name, has, memory]) => {
        const [bytes, wanted] = [has, memory].map(size => (size as number) << 20)
        return { name, bytes, wantedBytes: wanted, minimumBytes: wanted, maximumBytes: wanted, weight: 0, follows: false, guestGivenBytes: 0 }
      }),
      totalBytes: 512 << 20, freeBytes: 51 << 20, frameBytes: 4096, largeFrameBytes: 2 << 20,
    })
  })

  it('info', () => {
    host.present = 8
    const text = host.run('host info')
    expect(text).toMatch(/^uptime +3 min 9 s$/m)
    expect(text).toMatch(/^processors +1 of 8 in use$/m)
    expect(text).toMatch(/^time +2025-11-22 12:03:09 UTC$/m)
    expect(text).toMatch(/^TSC +2445\.404 MHz, calibrated against HPET$/m)
    const value = host.json('host info --json')
    expect(value).toMatchObject({ name: 'lab', version: '0.1.0', cpusInUse: 1, cpusPresent: 8, tscHertz: 2445404000, guestsBlocked: '', vms: 2 })
    expect(value).toMatchObject({ featuresUsed: ['nrip', 'flush-by-asid'], featuresUnused: ['vgif'], featuresAbsent: ['vmcb-clean', 'npt-1g', 'pause-filter', 'decode-assists', 'lbr-virtualization', 'tsc-rate', 'avic', 'virtual-vmload', 'spec-ctrl-virtualization', 'smep', 'smap', 'umip', 'xsave'] })
  })

  it('tells the cores, and whether VMs share them', async () => {
    expect(host.run('host info')).toMatch(/^cores +1, of one thread each\ncore scheduling +not needed: no core has several threads$/m)
    expect(host.run('host set coreScheduling on')).toBe('No core of this host has several threads: VMs share none.')
    expect(host.coreScheduling).toBe(0n)
    expect(host.json('host info --json')).toMatchObject({ cores: [[0]], coreScheduling: false })
    const other = await boot((world) => {
      world.cpus = Array.from({ length: 4 }, () => [0n, 0n, 0n, 0n, 0n])
      world.cores = [0b0101n, 0b1010n, 0b0101n, 0b1010n]
    })
    expect(other.run('host info')).toMatch(/^cores +2, of processors 0,2 and 1,3\ncore scheduling +off$/m)
    expect(other.run('host set coreScheduling on')).toBe('coreScheduling: off -> on')
    expect(other.run('host info')).toMatch(/^core scheduling +on$/m)
    expect(other.json('host info --json')).toMatchObject({ cores: [[0, 2], [1, 3]], coreScheduling: true })
    expect(other.run('host set coreScheduling off')).toBe('coreScheduling: on -> off')
    expect(other.coreScheduling).toBe(0n)
  })

  it('set says what there is', () => {
    expect(host.run('host set corescheduling on')).toBe("There is no setting 'corescheduling'. There are: coreScheduling.")
    host.cpus.push([0n, 0n, 0n, 0n, 0n])
    host.cores = [3n, 3n]
    expect(host.run('host set coreScheduling maybe')).toBe("coreScheduling can be off, on; not 'maybe'.")
  })

  it('info of a CPU with many features and a padded name', async () => {
    const other = await boot((world) => {
      world.cpuModel = '       Intel(R) Core(TM) i7-2600K CPU @ 3.40GHz '
      world.vendor = 1n
      world.features = []
    })
    const text = other.run('host info')
    expect(text).toMatch(/^processor +Intel\(R\) Core\(TM\) i7-2600K CPU @ 3\.40GHz \(/m)
    const shown = /^not there +([^]*?)\nmemory/m.exec(text)![1].split('\n').map((line) => line.trim())
    const names = shown.join(' ').split(' ')
    expect(names).toHaveLength(34)
    expect(names).toEqual(other.json('host info --json').featuresAbsent)
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(60)
  })

  it('cpu', () => {
    const text = host.run('host cpu')
    expect(text).toMatch(/^web +100 +12\.3 s +6\.5 %$/m) // 12.345 s of 189 s
    expect(text).toMatch(/^idle +2 min 30 s +79\.3 %$/m)
    expect(host.json('host cpu --json').vms).toEqual([{ name: 'web', weight: 100, cpuTimeNanoseconds: 12345000000 }, { name: 'db', weight: 300, cpuTimeNanoseconds: 12345000000 }])
  })

  it('devices', () => {
    expect(host.run('host devices')).toContain('ISA 3F8h  16550 serial port, COM1   driver uart')
    expect(host.json('host devices --json')[0]).toEqual({ address: '00:00.0', description: 'host bridge 8086:29C0', driver: '' })
  })

  it('PCI functions by their class, and the last address that there is', async () => {
    const named: [number, string][] = [[0x0101, 'IDE controller'], [0x0106, 'SATA controller'], [0x0108, 'NVMe controller'], [0x0100, 'storage controller'],
      [0x0200, 'Ethernet controller'], [0x0280, 'network controller'], [0x0300, 'VGA controller'], [0x0380, 'display controller'], [0x0403, 'audio device'],
      [0x0601, 'ISA bridge'], [0x0604, 'PCI bridge'], [0x0680, 'bridge'], [0x0C03, 'USB controller'], [0x0C05, 'SMBus controller'], [0xFF00, 'device']]
    const other = await boot((world) => {
      world.hasSerialPort = false
      world.devices = named.flatMap(([code], n) => [{ address: 0xFF_0000 | 0x11 + n << 11, code: 0x0600, identity: 1, several: true }, { address: 0xFF_0000 | 0x11 + n << 11 | 7 << 8, code, identity: 0x000A_0DEF }])
    })
    const place = (n: number) => `FF:${(0x11 + n).toString(16).toUpperCase()}`
    expect(other.json('host devices --json').filter((_: unknown, n: number) => n % 2 === 1)).toEqual(named.map(([, name], n) => ({ address: `${place(n)}.7`, description: `${name} 0DEF:000A`, driver: '' })))
  })
})

describe('sandbox', () => {
  it('list leaves free slots out and shows the last trap', () => {
    const text = host.run('sandbox list')
    expect(text.split('\n')).toHaveLength(5 + 3)
    expect(text.replaceAll('\n', '')).toContain('Last trap of machine web: machine: machine/uart/uart.ts:112: out of bounds memory access')
    expect(host.json('sandbox list --json').map((sandbox: any) => sandbox.name)).toEqual(['console', 'driver uart', 'machine web', 'machine db'])
  })

  it('restart takes a name of several words, by its slot', () => {
    expect(host.run('sandbox restart machine web')).toBe('Restarting machine web.')
    expect(host.run('sandbox restart "driver uart"')).toBe('Restarting driver uart.')
    expect(host.restarted).toEqual([4, 2])
  })
})
