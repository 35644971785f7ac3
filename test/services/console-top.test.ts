/** host top and vm top: what they show of what grew, and that they keep to the screen. */
import { beforeEach, describe, expect, it } from 'vitest'
import { boot, state, Vm, World } from './world'

let host: World
beforeEach(async () => { host = await boot() })

const millisecond = 1_000_000n

/** Lets `time` pass, in which VMs and processors were busy in percent of a CPU. */
function pass(time: number, busy: { cpu?: number[][], vms?: { time?: number, machine?: number, exits?: number[], vcpus?: [time: number, stolen: number][] }[] }): void {
  const part = (percent = 0) => BigInt(time) * millisecond * BigInt(Math.round(percent * 10)) / 1000n
  busy.cpu?.forEach((shares, i) => [100, ...shares].forEach((share, j) => { host.cpus[i][j] += part(share) }))
  busy.vms?.forEach(({ time, machine, exits, vcpus }, i) => {
    const vm = host.vms[i]
    vm.cpuTime += part(time)
    vm.machineTime += part(machine)
    // CPUID, HLT, ports and nested page faults, by capability/exit.ts's numbers.
    exits?.forEach((count, which) => { vm.reasons[[2, 6, 5, 1][which]] += BigInt(count) })
    vcpus?.forEach(([time, stolen], j) => {
      vm.cpus[j][1] += part(time)
      vm.cpus[j][2] += part(stolen)
    })
  })
  host.advance(time)
}

const shown = () => host.screen.lines().slice(host.screen.top)
const filled = () => { const lines = shown(); while (lines.at(-1) === '') lines.pop(); return lines }

describe('host top', () => {
  it('shows what the processor and the VMs did in the last second', () => {
    host.type('host top\r')
    pass(200, {})
    pass(1000, {
      cpu: [[61.2, 8.1, 29, 0.3]],
      vms: [{ time: 10.1, machine: 2, exits: [100, 0, 20, 0], vcpus: [[10.1, 0.2]] }, { time: 51.1, exits: [2000, 3], vcpus: [[51.1, 7.3]] }],
    })
    expect(filled()).toEqual([
      'lab: up 3 min 10 s, 2 of 2 VMs running, 51 MiB of 512 MiB free; q ends',
      '',
      'CPU  GUESTS  SANDBOXES  NUCLEUS  WAITING    IDLE',
      '  0  61.2 %      8.1 %    1.4 %    0.3 %  29.0 %',
      '',
      'NAME  STATE       CPU  STEAL  MACHINE  EXITS/S  VCPUS',
      'db    running  51.1 %  7.3 %    0.0 %     2003      1',
      'web   running  10.1 %  0.2 %    2.0 %      120      1',
    ])
  })

  it('shows the first frame soon, then one a second, each in the place of the last', () => {
    host.type('host top\r')
    expect(filled()).toEqual([])
    pass(199, {})
    expect(filled()).toEqual([])
    pass(1, { cpu: [[100, 0, 0, 0]] })
    expect(shown()[3]).toBe('  0  100.0 %      0.0 %    0.0 %    0.0 %  0.0 %')
    pass(999, { cpu: [[50, 0, 50, 0]] })
    expect(shown()[0]).toContain('up 3 min 9 s')
    pass(1, {})
    expect(shown()[3]).toBe('  0  50.0 %      0.0 %    0.0 %    0.0 %  50.0 %')
    const { top } = host.screen
    for (let i = 0; i < 50; i++) pass(1000, {})
    expect(host.screen.top).toBe(top)
    expect(filled()).toHaveLength(8)
  })

  it('shows how long processors were forced to idle while core scheduling is on', async () => {
    host = await boot((world) => {
      world.cpus = [[0n, 0n, 0n, 0n, 0n, 0n], [0n, 0n, 0n, 0n, 0n, 0n]]
      world.cores = [0b11n, 0b11n]
      world.coreScheduling = 1n
    })
    host.type('host top\r')
    pass(200, {})
    pass(1000, { cpu: [[100, 0, 0, 0, 0], [0, 0, 100, 0, 75]] })
    expect(filled().slice(2, 6)).toEqual([
      'CPU   GUESTS  SANDBOXES  NUCLEUS  WAITING     IDLE  FORCED',
      'all   50.0 %      0.0 %    0.0 %    0.0 %   50.0 %  37.5 %',
      '  0  100.0 %      0.0 %    0.0 %    0.0 %    0.0 %   0.0 %',
      '  1    0.0 %      0.0 %    0.0 %    0.0 %  100.0 %  75.0 %',
    ])
  })

  it('adds several processors up', async () => {
    host = await boot((world) => { world.cpus = [[0n, 0n, 0n, 0n, 0n], [0n, 0n, 0n, 0n, 0n]] })
    host.type('host top\r')
    pass(200, {})
    pass(1000, { cpu: [[100, 0, 0, 0], [0, 0, 50, 10]] })
    expect(filled().slice(2, 7)).toEqual([
      'CPU   GUESTS  SANDBOXES  NUCLEUS  WAITING    IDLE',
      'all   50.0 %      0.0 %   20.0 %    5.0 %  25.0 %',
      '  0  100.0 %      0.0 %    0.0 %    0.0 %   0.0 %',
      '  1    0.0 %      0.0 %   40.0 %   10.0 %  50.0 %',
      '',
    ])
  })

  it('counts a VM that was started anew from its start', () => {
    host.type('host top\r')
    pass(200, {})
    host.vms[0].uptime = 500n * millisecond
    host.vms[0].cpuTime = 300n * millisecond
    host.vms[0].reasons = host.vms[0].reasons.map((_, reason) => reason === 2 ? 7n : 0n)
    pass(1000, {})
    expect(filled()[6]).toBe('web   running  30.0 %  0.0 %    0.0 %        7      1')
  })
})

describe('a counter that another processor is at work on', () => {
  it('may look less than it was, and then has not grown', () => {
    host.vms[0].cpus[0][2] = 5n
    host.type('host top\r')
    pass(200, {})
    host.vms[0].cpuTime -= 1n
    host.vms[0].cpus[0][2] -= 1n
    host.cpus[0][2] -= 1n
    pass(1000, {})
    expect(filled()[3]).toBe('  0   0.0 %      0.0 %    0.0 %    0.0 %  0.0 %')
    expect(filled()[6]).toBe('web   running  0.0 %  0.0 %    0.0 %        0      1')
  })
})

describe('the screen', () => {
  const many = (count: number) => boot((world) => {
    world.vms = Array.from({ length: count }, (_, i) => new Vm(`vm-${i}`))
    world.cpus = Array.from({ length: 32 }, () => [0n, 0n, 0n, 0n, 0n])
  })

  it.each([[24, 80], [10, 40], [5, 80], [2, 20], [60, 200]])('of %i rows of %i columns is neither scrolled nor wrapped by 64 VMs on 32 processors', async (height, width) => {
    host = await many(64)
    Object.assign(host.screen, { height, width, answers: true })
    for (const line of ['host top', 'vm top', 'vm top vm-3']) {
      host.type(line + '\r')
      for (let i = 0; i < 3; i++) {
        pass(1000, { vms: Array.from({ length: 64 }, (_, vm) => ({ time: vm, exits: [vm, vm, 3, 4] })) })
        expect(host.screen.top).toBe(0)
        expect(filled().length).toBeGreaterThan(0)
        for (const row of shown()) expect(row.length).toBeLessThan(width)
      }
      host.type('q')
    }
  })

  it('says how much does not fit', async () => {
    host = await many(64)
    Object.assign(host.screen, { answers: true })
    host.type('host top\r')
    pass(1000, {})
    const lines = filled()
    expect(lines).toHaveLength(24)
    expect(lines[11]).toBe('... 25 more') // of 34 lines about processors, 9 are shown
    expect(lines[23]).toBe('... 55 more')
  })

  it('is taken to have 24 rows of 80 columns when it does not say', async () => {
    host = await many(64)
    host.screen.height = 1000
    host.type('host top\r')
    pass(1000, {})
    expect(filled()).toHaveLength(24)
  })

  it('counts as large as the smallest that answers, and is asked again for each frame', async () => {
    host = await many(64)
    Object.assign(host.screen, { height: 50 })
    host.type('host top\r\x1b[50;80R\x1b[25;80R')
    pass(1000, {})
    expect(filled()).toHaveLength(25)
    host.type('\x1b[30;80R\x1b[40;132R')
    pass(1000, {})
    expect(filled()).toHaveLength(30)
    host.type('\x1b[1;2R') // Shift-F3
    pass(1000, {})
    expect(filled()).toHaveLength(30)
  })

  it('is drawn no faster than it shows', () => {
    host.type('host top\r')
    host.room = 100
    pass(10_000, {})
    const drawn = host.screen.raw.length
    expect(host.room).toBe(0)
    host.drain(10_000)
    expect(host.screen.raw.length - drawn).toBeLessThan(1000)
    pass(1000, {})
    expect(filled().at(-1)).toContain('db')
  })
})

describe('the end', () => {
  it.each(['q', 'Q', '\x03'])('comes with %j and leaves the screen as it was', (key) => {
    host.run('vm list')
    const { row } = host.screen
    const before = host.screen.text()
    host.type('host top\r')
    expect(host.screen.isAlternate).toBe(true)
    pass(3000, {})
    host.type(key)
    expect(host.screen.isAlternate).toBe(false)
    expect(host.screen.text()).toBe(before + ' host top\ntypervisor>')
    expect(host.screen.row).toBe(row + 1)
    expect(host.screen.cursorRow()).toBe('typervisor> |')
    host.advance(10_000)
    expect(host.screen.cursorRow()).toBe('typervisor> |')
  })

  it('leaves what is typed behind it to the prompt', () => {
    host.type('vm top\rxyzqvm stop web\r')
    expect(host.orders).toEqual(['stop web'])
  })

  it('ignores an answer that comes too late', () => {
    host.type('vm top\rq\x1b[24;80R')
    expect(host.screen.cursorRow()).toBe('typervisor> |')
    expect(host.screen.bells).toBe(0)
  })

  it('brings what was kept back meanwhile', () => {
    host.vm('web').mirror = 1n
    host.type('vm top\r')
    host.vm('web').output.write('a line\n')
    host.vm('db').state = state.stopped
    pass(2000, {})
    expect(host.screen.text()).not.toContain('a line')
    host.type('q')
    expect(host.screen.text()).toContain('*** db stopped\n[web] a line\ntypervisor>')
  })
})

describe('vm top', () => {
  it('names what most exits were for', () => {
    host.type('vm top\r')
    pass(200, {})
    pass(1000, { vms: [{ time: 99.9, machine: 3, exits: [100, 50, 800, 50] }] })
    expect(filled()).toEqual([
      'NAME  STATE       CPU  STEAL  MACHINE  EXITS/S  MOSTLY',
      'web   running  99.9 %  0.0 %    3.0 %     1000  port 80 %, cpuid 10 %',
      'db    running   0.0 %  0.0 %    0.0 %        0',
      '',
      'q ends',
    ])
  })

  it('shows the vCPUs and the exits of one', async () => {
    host = await boot((world) => {
      Object.assign(world.vm('web'), { vcpus: 5n, cpus: [[0n, 0n, 0n], [0n, 0n, 0n], [0n, 0n, 0n], [1n, 0n, 0n]] })
    })
    host.type('vm top web\r')
    pass(200, {})
    pass(1000, { vms: [{ time: 160, machine: 1, exits: [5, 0, 15], vcpus: [[100, 0], [60, 40], [0, 100], [0, 0]] }] })
    expect(filled()).toEqual([
      'web: running, weight 100, CPU 160.0 %, steal 140.0 %, machine 1.0 %, 20 exits/s',
      '',
      'VCPU  STATE            CPU    STEAL',
      '   0  running      100.0 %    0.0 %',
      '   1  running       60.0 %   40.0 %',
      '   2  waiting        0.0 %  100.0 %',
      '   3  halted         0.0 %    0.0 %',
      '   4  not started    0.0 %    0.0 %',
      '',
      'EXITS/S   SHARE  REASON',
      '     15  75.0 %  port',
      '      5  25.0 %  cpuid',
    ])
  })

  it('shows those vCPUs that are there', async () => {
    host = await boot((world) => {
      Object.assign(world.vm('web'), { vcpus: 3n, maxVcpus: 5n, cpus: [[0n, 0n, 0n], [3n, 0n, 0n]] })
    })
    host.type('vm top web\r')
    pass(200, {})
    pass(1000, { vms: [{ time: 100, vcpus: [[100, 0]] }] })
    expect(filled().slice(2, 6)).toEqual(['VCPU  STATE            CPU  STEAL', '   0  running      100.0 %  0.0 %', '   2  not started    0.0 %  0.0 %', ''])
    host.type('q')
    pass(200, {})
    const before = host.screen.raw.length
    host.type('vm top web --json\r')
    pass(1000, { vms: [{ time: 100, vcpus: [[100, 0]] }] })
    expect(JSON.parse(/^\{.*\}/m.exec(host.screen.raw.slice(before))![0]).vms[0].vcpus.map((vcpu: { state: string }) => vcpu.state)).toEqual(['running', 'absent', 'not started'])
  })

  it('shows a VM that is paused or stopped', () => {
    host.type('vm top web\r')
    host.vm('web').state = state.paused
    pass(1000, {})
    expect(filled()[3]).toBe('   0  paused  0.0 %  0.0 %')
    host.vm('web').state = state.stopped
    pass(1000, {})
    expect(filled()).toEqual(['web: stopped, weight 100, CPU 0.0 %, steal 0.0 %, machine 0.0 %, 0 exits/s; q e', '', 'VCPU  STATE  CPU  STEAL', '', 'EXITS/S  SHARE  REASON'])
  })

  it('knows its VMs', () => {
    expect(host.run('vm top wbe')).toBe("There is no VM 'wbe'. Did you mean: web?")
  })
})

describe('--json', () => {
  it('is one sample of a second', () => {
    host.type('host top --json\r')
    expect(host.screen.isAlternate).toBe(false)
    const before = host.screen.raw.length
    pass(999, { cpu: [[50, 10, 30, 0]], vms: [{ time: 50, machine: 20, exits: [7], vcpus: [[50, 10]] }] })
    expect(host.screen.raw.length).toBe(before)
    pass(1, {})
    expect(JSON.parse(host.screen.raw.slice(before).split('\r\n')[0])).toEqual({
      intervalNanoseconds: 1e9,
      cpus: [{ cpu: 0, guestsNanoseconds: 499.5e6, sandboxesNanoseconds: 99.9e6, nucleusNanoseconds: 99.9e6, waitingNanoseconds: 0, idleNanoseconds: 299.7e6, forcedIdleNanoseconds: 0 }],
      vms: [
        { name: 'web', state: 'running', cpuTimeNanoseconds: 499.5e6, stealNanoseconds: 99.9e6, machineNanoseconds: 199.8e6, exits: 7 },
        { name: 'db', state: 'running', cpuTimeNanoseconds: 0, stealNanoseconds: 0, machineNanoseconds: 0, exits: 0 },
      ],
    })
    expect(host.screen.cursorRow()).toBe('typervisor> |')
  })

  it('has the exits of VMs by reason, and the vCPUs of one', () => {
    expect(host.json('vm top --json', 1000).vms.map((vm: any) => vm.exitsByReason)).toEqual([{}, {}])
    host.type('vm top web --json\r')
    const before = host.screen.raw.length
    pass(1000, { vms: [{ exits: [1, 0, 3], vcpus: [[25, 5]] }] })
    const { vms } = JSON.parse(host.screen.raw.slice(before).split('\r\n')[0])
    expect(vms).toHaveLength(1)
    expect(vms[0]).toMatchObject({ name: 'web', exits: 4, exitsByReason: { cpuid: 1, port: 3 }, vcpus: [{ state: 'running', cpuTimeNanoseconds: 250e6, stealNanoseconds: 50e6 }] })
  })

  it('is cancelled by Ctrl-C, and lets what is typed wait', () => {
    host.type('host top --json\r')
    host.type('vm stop web\r')
    expect(host.orders).toEqual([])
    host.type('\x03')
    expect(host.screen.text()).toContain('^C')
    host.type('vm top --json\rvm stop db\r')
    expect(host.orders).toEqual([])
    host.advance(1000)
    expect(host.orders).toEqual(['stop db'])
  })
})
