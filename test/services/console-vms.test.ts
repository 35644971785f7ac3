/** Commands for VMs: what they show, order and set. */
import { beforeEach, describe, expect, it } from 'vitest'
import { boot, state, World } from './world'

let host: World
beforeEach(async () => { host = await boot() })

describe('vm list and info', () => {
  it('lists the VMs in aligned columns', () => {
    host.vm('db').state = state.stopped
    host.wake()
    expect(host.run('vm list')).toBe([
      'NAME  STATE     MEMORY  VCPUS  WEIGHT  CPU TIME     UPTIME  RESTARTS',
      'web   running  192 MiB      1     100    12.3 s  3 min 7 s         0',
      'db    stopped  256 MiB      1     300    12.3 s          -         0',
    ].join('\n'))
  })

  it('gives the list as JSON', () => {
    expect(host.json('vm list --json')).toEqual(['web', 'db'].map((name) => ({
      name, state: 'running', memoryBytes: name === 'web' ? 201326592 : 268435456, vcpus: 1, vcpusPlugged: 1, weight: name === 'web' ? 100 : 300,
      cpuTimeNanoseconds: 12345000000, uptimeNanoseconds: 187000000000, exits: 48213, restarts: 0,
    })))
  })

  it('gives all of one VM as JSON, whatever its texts contain', () => {
    host.vm('web').reason = 'said "no" \\ and\n\t\u0007\u009b31m left'
    host.vm('web').commandLine = 'name=Zoë 漢字 😀'
    host.wake()
    expect(host.json('vm info web --json')).toEqual({
      name: 'web', state: 'running', memoryBytes: 201326592, vcpus: 1, vcpusPlugged: 1, weight: 100, cpuTimeNanoseconds: 12345000000,
      uptimeNanoseconds: 187000000000, exits: 48213, restarts: 0, reason: 'said "no" \\ and\n\t\u0007\u009b31m left', overheadBytes: 1441792,
      maxVcpus: 1, cap: 0, affinity: [], prefer: [], mirror: false, onReboot: 'restart', onCrash: 'stop', autostart: true, bootProtocol: 'linux', kernel: 'vmlinuz-6.1.0-cloud-amd64',
      commandLine: 'name=Zoë 漢字 😀', unbackedAccesses: 117, exitsByReason: expect.objectContaining({ cpuid: 21007, halt: 0, port: 19840, 'nested-page-fault': 7366 }),
    })
  })

  it('shows all of one VM', () => {
    host.vm('web').reason = 'triple fault'
    host.wake()
    const text = host.run('vm info web')
    expect(text).toMatch(/^last stopped +triple fault$/m)
    expect(text).toMatch(/^command line +console=ttyS0$/m)
    expect(text).toMatch(/^ +21007 {2}cpuid$/m)
    expect(text).not.toContain('halt')
  })

  it('takes quotes', () => {
    expect(host.run(`vm info "web"`)).toContain('running')
  })
})

describe('orders', () => {
  it.each([
    ['vm start web', state.stopped, 'start web', 'Starting web.\n*** web started'],
    ['vm stop web', state.running, 'stop web', 'Pressed the power button of web. If it does not stop: vm kill web\n*** web stopped: powered off by the guest'],
    ['vm kill web', state.running, 'kill web', 'Switching web off.\n*** web stopped: killed by the administrator'],
    ['vm reset web', state.running, 'reset web', 'Resetting web.\n*** web restarted'],
    ['vm pause web', state.running, 'pause web', 'Pausing web.\n*** web paused'],
    ['vm resume web', state.paused, 'resume web', 'Resuming web.\n*** web goes on'],
  ])('%s', async (line, before, order, answer) => {
    host = await boot((world) => { world.vm('web').state = before })
    expect(host.run(line)).toBe(answer)
    expect(host.orders).toEqual([order])
  })

  it('go to several VMs', () => {
    host.run('vm stop web db')
    expect(host.orders).toEqual(['stop web', 'stop db'])
  })

  it('say what is possible when they are not', () => {
    host.orderStatus = 2
    expect(host.run('vm start web')).toBe('web is running. Possible now: vm stop|kill|reset|pause web')
    host.orderStatus = 4
    expect(host.run('vm start db')).toBe('db needs 256 MiB of memory; 51 MiB are free.')
  })

  it('do not start a VM on processors that the host does not have', () => {
    Object.assign(host.vm('web'), { state: state.stopped, affinity: 1n << 31n | 1n })
    host.vm('db').state = state.stopped
    host.wake()
    expect(host.run('vm start web db')).toBe('web is to run on processor 31, and this host has 0. See: vm set web affinity\nStarting db.\n*** db started')
    expect(host.orders).toEqual(['start db'])
    host.run('vm set web affinity all')
    expect(host.run('vm start web')).toBe('Starting web.\n*** web started')
  })

  it('announces a start that failed', async () => {
    host = await boot((world) => { world.vm('web').state = state.stopped; world.obeys = false })
    host.run('vm start web')
    host.vm('web').reason = 'the kernel is not an ELF file'
    host.wake()
    expect(host.screen.lines().at(-2)).toBe('*** web did not start: the kernel is not an ELF file')
  })
})

describe('vm set', () => {
  it.each([['weight 300', 'weight of web: 100 -> 300'], ['mirror on', 'mirror of web: off -> on'], ['onReboot pause', 'onReboot of web: restart -> pause'],
    ['onCrash restart', 'onCrash of web: stop -> restart']])('%s', (rest, answer) => {
    expect(host.run('vm set web ' + rest)).toBe(answer)
  })

  it('changes what it says', () => {
    host.run('vm set web weight 300')
    host.run('vm set web mirror on')
    host.run('vm set web onReboot pause')
    host.run('vm set web onCrash restart')
    const { weight, mirror, onReboot, onCrash } = host.vm('web')
    expect([weight, mirror, onReboot, onCrash]).toEqual([300n, 1n, 2n, 0n])
  })

  describe('of a host with 40 processors', () => {
    beforeEach(async () => { host = await boot((world) => { world.cpus = Array.from({ length: 40 }, () => [0n, 0n, 0n, 0n, 0n]) }) })

    it.each([
      ['cap 50', 'cap of web: none -> 50 %', { cap: 50n }],
      ['cap 3200', 'cap of web: none -> 3200 %', { cap: 3200n }],
      ['affinity 0', 'affinity of web: all -> 0', { affinity: 1n }],
      ['affinity 0,2-3', 'affinity of web: all -> 0,2-3', { affinity: 0b1101n }],
      ['affinity 3,2,0,2-3', 'affinity of web: all -> 0,2-3', { affinity: 0b1101n }],
      ['affinity 0-39', 'affinity of web: all -> 0-39', { affinity: (1n << 40n) - 1n }],
      ['prefer 31,39', 'prefer of web: none -> 31,39', { prefer: 1n << 31n | 1n << 39n }],
    ])('%s', (rest, answer, change) => {
      expect(host.run('vm set web ' + rest)).toBe(answer)
      expect({ ...host.vm('web') }).toMatchObject(change)
      const [name] = rest.split(' ')
      host.run(`vm set web ${name} ${name === 'affinity' ? 'all' : 'none'}`)
      expect(host.vm('web')[name as 'cap']).toBe(0n)
    })

    it('shows them', () => {
      host.run('vm set web affinity 1-2')
      host.run('vm set web prefer 2')
      host.run('vm set web cap 150')
      const text = host.run('vm info web')
      expect(text).toMatch(/^cap +150 %$/m)
      expect(text).toMatch(/^affinity +1-2$/m)
      expect(text).toMatch(/^prefer +2$/m)
      expect(host.json('vm info web --json')).toMatchObject({ cap: 150, affinity: [1, 2], prefer: [2] })
    })

    it('names the processors that there are', () => {
      expect(host.run('vm set web affinity 40').replaceAll('\n', '')).toBe("affinity can be all, or processors as in 0,2-3 (this host has 0-39); not '40'.")
    })
  })

  describe('the number of vCPUs', () => {
    beforeEach(() => { host.screen.width = 1000 })
    const said = (line: string) => host.run(line).replaceAll('\n', ' ')
    const shown = () => [/^web +\S+ +192 MiB +(.*?) +100 /m.exec(host.run('vm list'))?.[1], /^vCPUs +(.*)$/m.exec(host.run('vm info web'))?.[1]]

    it('of a VM that is stopped is for its start', () => {
      host.vm('web').state = state.stopped
      host.wake()
      expect(host.run('vm set web vcpus 4')).toBe('vcpus of web: 1 -> 4')
      expect(host.vm('web').vcpus).toBe(4n)
      expect(shown()).toEqual(['4', '4; at most 4 while it is up'])
    })

    it('of one that runs grows as far as it has room, and its guest is told', () => {
      host.vm('web').maxVcpus = 4n
      expect(shown()).toEqual(['1', '1; at most 4 while it is up'])
      expect(said('vm set web vcpus 3')).toBe('vcpus of web: 1 -> 3 Its guest is told of 2 more; vm info web shows how many it has started.')
      expect(host.vm('web').vcpus).toBe(3n)
      expect(shown()).toEqual(['3', '3, 2 of them not started; at most 4 while it is up'])
    })

    it('shrinks when its guest gives some up', () => {
      Object.assign(host.vm('web'), { vcpus: 3n, maxVcpus: 4n, cpus: [[0n, 0n, 0n], [1n, 0n, 0n], [1n, 0n, 0n]] })
      expect(said('vm set web vcpus 1')).toBe('vcpus of web: 3 -> 1 Its guest is asked to give up 2; vm info web shows when it has.')
      expect(shown()).toEqual(['3 -> 1', '3 -> 1, when its guest gives them up; at most 4 while it is up'])
      expect(host.json('vm info web --json')).toMatchObject({ vcpus: 1, vcpusPlugged: 3, maxVcpus: 4 })
      host.vm('web').cpus.length = 2
      expect(shown()[0]).toBe('2 -> 1')
      expect(said('vm set web vcpus 1')).toBe('vcpus of web: 1 -> 1 Its guest is asked to give up 1; vm info web shows when it has.')
      expect(said('vm set web vcpus 2')).toBe('vcpus of web: 1 -> 2')
    })

    it('of one that is paused changes when it goes on', () => {
      Object.assign(host.vm('web'), { state: state.paused, vcpus: 2n, maxVcpus: 4n, cpus: [[0n, 0n, 0n], [1n, 0n, 0n]] })
      host.wake()
      expect(said('vm set web vcpus 1')).toBe('vcpus of web: 2 -> 1 Its guest is asked when it goes on to give up 1; vm info web shows when it has.')
      expect(said('vm set web vcpus 3')).toBe('vcpus of web: 1 -> 3 Its guest is told of 1 more when it goes on; vm info web shows how many it has started.')
    })

    it('is refused beyond its room, with what to do', () => {
      expect(said('vm set web vcpus 4')).toBe('web is running with room for 1 vCPU. Stop it first: vm stop web With maxVcpus in its configuration it has room for more.')
      host.vm('web').maxVcpus = 2n
      expect(said('vm set web vcpus 3')).toContain('room for 2 vCPUs.')
      expect(host.vm('web').vcpus).toBe(1n)
    })

    it('is refused where firmware has made the tables', () => {
      Object.assign(host.vm('web'), { protocol: 5n, vcpus: 2n, maxVcpus: 2n })
      expect(said('vm set web vcpus 1')).toBe('web is running, and its own firmware made the ACPI tables, by which it is told of none that come or go. Stop it first: vm stop web')
      expect(host.vm('web').vcpus).toBe(2n)
    })
  })
})
