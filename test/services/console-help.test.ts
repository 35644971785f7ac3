/** The console's greeting, its help, and what it says when a line is wrong. */
import { beforeEach, describe, expect, it } from 'vitest'
import { NetHost } from './net-host'
import { PoolHost } from './pool-host'
import { boot, World } from './world'

let host: World
beforeEach(async () => { host = await boot() })

describe('start', () => {
  it('greets with version, processor, memory and VMs, then prompts', () => {
    const text = host.screen.text()
    expect(text).toContain('Typervisor 0.1.0')
    expect(text).toContain('AMD EPYC Processor, AMD-V, nested paging')
    expect(text).toContain('512 MiB, 51 MiB free')
    expect(text).toContain('web (running), db (running)')
    expect(text).not.toContain('GUESTS CANNOT RUN')
    expect(host.screen.cursorRow()).toBe('typervisor> |')
  })

  it('says prominently why guests cannot run', async () => {
    host = await boot((world) => { world.blocked = 2n })
    expect(host.screen.text()).toContain('!!! GUESTS CANNOT RUN ON THIS HOST\n!!! AMD-V is disabled by the firmware')
    expect(host.run('host info')).toContain('!!! AMD-V is disabled by the firmware')
    host.orderStatus = 5
    expect(host.run('vm start web')).toMatch(/^!!! GUESTS CANNOT RUN[^]*!!! AMD-V is disabled[^]*power-cycle the\s+machine/)
    expect(host.logged).toEqual([expect.stringMatching(/^guests cannot run: AMD-V is disabled by the firmware.*power-cycle the machine\.$/)])
  })

  it('lives with no VM, sandbox or device at all', async () => {
    host = await boot((world) => { world.vms = []; world.devices = []; world.hasSerialPort = false; world.sandboxes = [] })
    expect(host.run('vm list')).toBe('No VM is configured.')
    expect(host.run('vm info web')).toBe("There is no VM 'web'. None is configured.")
    expect(host.run('host devices')).toBe('No devices were found.')
    expect(host.json('vm list --json')).toEqual([])
    expect(host.json('sandbox list --json')).toEqual([])
    host.run('shutdown')
    expect(host.power).toEqual([0])
  })
})

describe('help', () => {
  const names = ['help', 'vm list', 'vm info', 'vm console', 'vm log', 'vm set', 'vm top', 'vm start', 'vm stop', 'vm kill', 'vm reset', 'vm pause', 'vm resume',
    'host info', 'host memory', 'host cpu', 'host devices', 'host set', 'host top', 'pool create', 'pool devices', 'pool list', 'pool info', 'pool check', 'pool export', 'pool import',
    'volume create', 'volume list', 'volume info', 'volume resize', 'volume snapshot', 'volume clone', 'volume rollback', 'volume delete', 'volume import', 'volume export', 'volume progress', 'volume images',
    'net list', 'net info', 'net ports', 'net port', 'net addresses', 'net forget', 'net create', 'net delete', 'net connect', 'net disconnect', 'net set', 'sandbox list', 'sandbox restart', 'log', 'reboot', 'shutdown']

  it('has one line of at most 80 columns per command, ending in an example that works', async () => {
    const pool = await PoolHost.make({ S4EVNX0R: 32 }, { 'vm.img': Buffer.alloc(4096) })
    const net = await NetHost.lab()
    host = await boot(world => { world.pool = pool; world.net = net })
    const lines = host.run('help').split('\n\n')[0].split('\n')
    for (const name of names) {
      const line = lines.filter((candidate) => candidate.startsWith(name + ' ') || candidate === name)
      expect(line, name).toHaveLength(1)
      const example = line[0].split(/ {2,}/)[2]
      expect(example.startsWith(name), example).toBe(true)
      if (/^(vm console|vm top|host top|reboot|shutdown|volume export)/.test(name)) continue
      expect(host.run(example)).not.toMatch(/There is no|No pool|needs|has no|can be|does not take/)
    }
    expect(lines.every((line) => line.length < 80)).toBe(true)
  })

  it('lists a group', () => {
    const lines = host.run('help host').split('\n')
    expect(lines.map((line) => line.split(/ {2,}| \[| SETTING/)[0])).toEqual(['COMMAND', 'host info', 'host memory', 'host cpu', 'host devices', 'host set', 'host top'])
  })

  it('explains one command with what is allowed', () => {
    const text = host.run('help vm set')
    expect(text).toContain('vm set NAME SETTING VALUE')
    expect(text).toContain('a whole number from 1 to 10000')
    expect(text).toContain('restart, stop, pause')
  })

  it('suggests', () => {
    expect(host.run('help vm stat')).toBe("There is no command 'vm stat'. Did you mean: help vm start?")
  })
})

describe('wrong lines', () => {
  it.each([
    ['vmm list', "There is no command 'vmm'. Did you mean: vm?"],
    ['shutdwon', "There is no command 'shutdwon'. Did you mean: shutdown?"],
    ['VM list', "There is no command 'VM'. Did you mean: vm?"],
    ['vm strat web', "vm has no command 'strat'. Did you mean: vm start?"],
    ['start web', "There is no command 'start'. Did you mean: vm start?"],
    ['xyzzy', "There is no command 'xyzzy'. help lists the commands."],
    ['vm', 'vm needs a command:\n  list, info, console, log, set, top, start, stop, kill, reset, pause, resume'],
    ['vm info', 'vm info needs NAME: web, db.\nUsage: vm info NAME [--json]'],
    ['vm info wbe', "There is no VM 'wbe'. Did you mean: web?"],
    ['vm info mail', "There is no VM 'mail'. There are: web, db."],
    ['vm info web db', "vm info does not take 'db'.\nUsage: vm info NAME [--json]"],
    ['vm list --jsn', "vm list has no option '--jsn'. Did you mean: --json?\nUsage: vm list [--json]"],
    ['vm list --json=1', '--json takes no value.\nUsage: vm list [--json]'],
    ['vm start --json web', "vm start has no option '--json'. It has none.\nUsage: vm start NAME..."],
    ['vm set web', 'vm set needs SETTING: weight, mirror, onReboot, onCrash, cap, affinity, prefer,\nvcpus, memory.\nUsage: vm set NAME SETTING VALUE'],
    ['vm set web weight', 'vm set needs VALUE: a whole number from 1 to 10000.\nUsage: vm set NAME SETTING VALUE'],
    ['vm set web onCrash', 'vm set needs VALUE: restart, stop, pause.\nUsage: vm set NAME SETTING VALUE'],
    ['vm set web wieght 3', "There is no setting 'wieght'. Did you mean: weight?"],
    ['vm set web weight 0', "weight can be a whole number from 1 to 10000; not '0'."],
    ['vm set web weight 10001', "weight can be a whole number from 1 to 10000; not '10001'."],
    ['vm set web weight 18446744073709551617', "weight can be a whole number from 1 to 10000; not '18446744073709551617'."],
    ['vm set web weight -5', "vm set has no option '-5'. It has none.\nUsage: vm set NAME SETTING VALUE"],
    ['vm set web mirror maybe', "mirror can be off, on; not 'maybe'."],
    ['vm set web onCrash explode', "onCrash can be restart, stop, pause; not 'explode'."],
    ['vm set web cap 0', "cap can be none, or percent of one processor from 1 to 3200; not '0'."],
    ['vm set web cap 3201', "cap can be none, or percent of one processor from 1 to 3200; not '3201'."],
    ['vm set web vcpus 33', "vcpus can be a whole number from 1 to 32; not '33'."],
    ...['1', '0,', '0-', '0-0-0', '1-0', '0-1', 'none'].map(set =>
      [`vm set web affinity ${set}`, `affinity can be all, or processors as in 0,2-3 (this host has 0); not '${set}'.`]),
    ['vm set web prefer 7', "prefer can be none, or processors as in 0,2-3 (this host has 0); not '7'."],
    ['log -n', '-n needs a value: -n N.\nUsage: log [-n N] [-f]'],
    ['log -n many', "-n takes a number of lines from 1 to 1000000, not 'many'."],
    ['log -n 0', "-n takes a number of lines from 1 to 1000000, not '0'."],
    ['log web', "log does not take 'web'.\nUsage: log [-n N] [-f]"],
    ['sandbox restart', 'sandbox restart needs NAME: console, driver uart, machine web, machine db.\nUsage: sandbox restart NAME'],
    ['sandbox restart machine wbe', "There is no sandbox 'machine wbe'. Did you mean: machine web?"],
    ['vm info "web', 'A quotation mark is not closed.'],
  ])('%s', (line, answer) => {
    expect(host.run(line)).toBe(answer)
    expect(host.orders).toEqual([])
  })

  it('cuts a long word short', () => {
    expect(host.run('x'.repeat(3000))).toContain(`There is no command '${'x'.repeat(37)}...'.`)
  })

  it('shows nothing that could steer the terminal', () => {
    expect(host.run('vm info \u202eabc')).toContain("'?abc'")
  })
})
