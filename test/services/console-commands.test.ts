/** The commands: what they show, what they order, and what they say when something is wrong. */
import { beforeEach, describe, expect, it } from 'vitest'
import { boot, state, World } from './world'

let host: World
beforeEach(async () => { host = await boot() })

/** The one JSON value that a command answers with, as it was sent (the screen would wrap it). */
function json(line: string): any {
  const before = host.screen.raw.length
  host.run(line)
  const sent = host.screen.raw.slice(before).split('\r\n')
  return JSON.parse(sent[1])
}

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
    host = await boot((world) => { world.guestsBlocked = 'SVM is switched off by the firmware.\nSwitch it on in the setup.' })
    expect(host.screen.text()).toContain('!!! GUESTS CANNOT RUN ON THIS HOST\n!!! SVM is switched off by the firmware.\n!!! Switch it on in the setup.')
    expect(host.run('host info')).toContain('!!! SVM is switched off by the firmware.')
    host.orderStatus = 5
    expect(host.run('vm start web')).toContain('!!! Switch it on in the setup.')
  })

  it('lives with no VM, sandbox or device at all', async () => {
    host = await boot((world) => { world.vms = []; world.devices = []; world.sandboxes = [] })
    expect(host.run('vm list')).toBe('No VM is configured.')
    expect(host.run('vm info web')).toBe("There is no VM 'web'. None is configured.")
    expect(host.run('host devices')).toBe('No devices were found.')
    expect(json('vm list --json')).toEqual([])
    expect(json('sandbox list --json')).toEqual([])
    host.run('shutdown')
    expect(host.power).toEqual([0])
  })
})

describe('help', () => {
  const names = ['help', 'vm list', 'vm info', 'vm console', 'vm log', 'vm set', 'vm start', 'vm stop', 'vm kill', 'vm reset', 'vm pause', 'vm resume',
    'host info', 'host memory', 'host cpu', 'host devices', 'sandbox list', 'sandbox restart', 'log', 'reboot', 'shutdown']

  it('has one line of at most 80 columns per command, ending in an example that works', () => {
    const lines = host.run('help').split('\n\n')[0].split('\n')
    for (const name of names) {
      const line = lines.filter((candidate) => candidate.startsWith(name + ' ') || candidate === name)
      expect(line, name).toHaveLength(1)
      const example = line[0].split(/ {2,}/)[2]
      expect(example.startsWith(name), example).toBe(true)
      if (/^(vm console|reboot|shutdown)/.test(name)) continue
      expect(host.run(example)).not.toMatch(/There is no|needs|has no|can be|does not take/)
    }
    expect(lines.every((line) => line.length < 80)).toBe(true)
  })

  it('lists a group', () => {
    const lines = host.run('help host').split('\n')
    expect(lines.map((line) => line.split(/ {2,}| \[/)[0])).toEqual(['COMMAND', 'host info', 'host memory', 'host cpu', 'host devices'])
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
    ['vm', 'vm needs a command:\n  list, info, console, log, set, start, stop, kill, reset, pause, resume'],
    ['vm info', 'vm info needs NAME: web, db.\nUsage: vm info NAME [--json]'],
    ['vm info wbe', "There is no VM 'wbe'. Did you mean: web?"],
    ['vm info mail', "There is no VM 'mail'. There are: web, db."],
    ['vm info web db', "vm info does not take 'db'.\nUsage: vm info NAME [--json]"],
    ['vm list --jsn', "vm list has no option '--jsn'. Did you mean: --json?\nUsage: vm list [--json]"],
    ['vm list --json=1', '--json takes no value.\nUsage: vm list [--json]'],
    ['vm start --json web', "vm start has no option '--json'. It has none.\nUsage: vm start NAME..."],
    ['vm set web', 'vm set needs SETTING: weight, mirror, onReboot, onCrash.\nUsage: vm set NAME SETTING VALUE'],
    ['vm set web weight', 'vm set needs VALUE: a whole number from 1 to 10000.\nUsage: vm set NAME SETTING VALUE'],
    ['vm set web onCrash', 'vm set needs VALUE: restart, stop, pause.\nUsage: vm set NAME SETTING VALUE'],
    ['vm set web wieght 3', "There is no setting 'wieght'. Did you mean: weight?"],
    ['vm set web weight 0', "weight can be a whole number from 1 to 10000; not '0'."],
    ['vm set web weight 10001', "weight can be a whole number from 1 to 10000; not '10001'."],
    ['vm set web weight 18446744073709551617', "weight can be a whole number from 1 to 10000; not '18446744073709551617'."],
    ['vm set web weight -5', "vm set has no option '-5'. It has none.\nUsage: vm set NAME SETTING VALUE"],
    ['vm set web mirror maybe', "mirror can be off, on; not 'maybe'."],
    ['vm set web onCrash explode', "onCrash can be restart, stop, pause; not 'explode'."],
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
    expect(json('vm list --json')).toEqual(['web', 'db'].map((name) => ({
      name, state: 'running', memoryBytes: name === 'web' ? 201326592 : 268435456, vcpus: 1, weight: name === 'web' ? 100 : 300,
      cpuTimeNanoseconds: 12345000000, uptimeNanoseconds: 187000000000, exits: 48213, restarts: 0,
    })))
  })

  it('gives all of one VM as JSON, whatever its texts contain', () => {
    host.vm('web').reason = 'said "no" \\ and\n\t\u0007\u009b31m left'
    host.vm('web').commandLine = 'name=Zoë 漢字 😀'
    host.wake()
    expect(json('vm info web --json')).toEqual({
      name: 'web', state: 'running', memoryBytes: 201326592, vcpus: 1, weight: 100, cpuTimeNanoseconds: 12345000000,
      uptimeNanoseconds: 187000000000, exits: 48213, restarts: 0, reason: 'said "no" \\ and\n\t\u0007\u009b31m left', overheadBytes: 1441792,
      mirror: false, onReboot: 'restart', onCrash: 'stop', autostart: true, bootProtocol: 'linux', kernel: 'vmlinuz-6.1.0-cloud-amd64',
      commandLine: 'name=Zoë 漢字 😀', unbackedAccesses: 117, exitsByReason: { CPUID: 21007, HLT: 0, IO: 19840, 'nested page fault': 7366 },
    })
  })

  it('shows all of one VM', () => {
    host.vm('web').reason = 'triple fault'
    host.wake()
    const text = host.run('vm info web')
    expect(text).toMatch(/^last stopped +triple fault$/m)
    expect(text).toMatch(/^command line +console=ttyS0$/m)
    expect(text).toMatch(/^ +21007 {2}CPUID$/m)
    expect(text).not.toContain('HLT')
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
})

describe('host', () => {
  it('memory accounts for every byte', () => {
    const lines = host.run('host memory').split('\n')
    expect(lines.at(-1)).toBe('total      512 MiB  131072')
    host.owners[0][1] -= 4096n
    const imports = json('host memory --json')
    expect(imports.owners.reduce((sum: number, owner: any) => sum + owner.bytes, 0)).toBe(imports.totalBytes)
  })

  it('memory as JSON', () => {
    expect(json('host memory --json')).toEqual({
      owners: [['nucleus', 6], ['sandboxes', 5], ['VM web', 193], ['VM db', 257], ['free', 51]].map(([name, size]) => ({ name, bytes: (size as number) << 20 })),
      totalBytes: 512 << 20, freeBytes: 51 << 20, frameBytes: 4096, largeFrameBytes: 2 << 20,
    })
  })

  it('info', () => {
    const text = host.run('host info')
    expect(text).toMatch(/^uptime +3 min 9 s$/m)
    expect(text).toMatch(/^time +2025-11-22 12:03:09 UTC$/m)
    expect(text).toMatch(/^TSC +2445\.404 MHz, calibrated against HPET$/m)
    const value = json('host info --json')
    expect(value).toMatchObject({ name: 'lab', version: '0.1.0', cpusInUse: 1, cpusPresent: 8, tscHertz: 2445404000, guestsBlocked: '', vms: 2 })
    expect(value).toMatchObject({ featuresUsed: ['nrip', 'flush-by-asid'], featuresUnused: ['vgif'], featuresAbsent: [] })
  })

  it('info of a CPU with many features and a padded name', async () => {
    const names = [...Array(20).keys()].map((index) => `feature-${index}`)
    const other = await boot((world) => {
      world.texts[2] = '       Intel(R) Core(TM) i7-2600K CPU @ 3.40GHz '
      world.texts[10] = names.join(' ')
    })
    const text = other.run('host info')
    expect(text).toMatch(/^processor +Intel\(R\) Core\(TM\) i7-2600K CPU @ 3\.40GHz \(/m)
    const shown = /^not there +([^]*?)\nmemory/m.exec(text)![1].split('\n').map((line) => line.trim())
    expect(shown.join(' ').split(' ')).toEqual(names)
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(60)
  })

  it('cpu', () => {
    const text = host.run('host cpu')
    expect(text).toMatch(/^web +100 +12\.3 s +6\.5 %$/m) // 12.345 s of 189 s
    expect(text).toMatch(/^idle +2 min 30 s +79\.3 %$/m)
    expect(json('host cpu --json').vms).toEqual([{ name: 'web', weight: 100, cpuTimeNanoseconds: 12345000000 }, { name: 'db', weight: 300, cpuTimeNanoseconds: 12345000000 }])
  })

  it('devices', () => {
    expect(host.run('host devices')).toContain('ISA 3F8h  serial port 16550A            driver uart')
    expect(json('host devices --json')[1]).toEqual({ address: '00:00.0', description: 'host bridge 8086:29c0', driver: '' })
  })
})

describe('sandbox', () => {
  it('list leaves free slots out and shows the last trap', () => {
    const text = host.run('sandbox list')
    expect(text.split('\n')).toHaveLength(5 + 3)
    expect(text.replaceAll('\n', '')).toContain('Last trap of machine web: machine: machine/uart/uart.ts:112: out of bounds memory access')
    expect(json('sandbox list --json').map((sandbox: any) => sandbox.name)).toEqual(['console', 'driver uart', 'machine web', 'machine db'])
  })

  it('restart takes a name of several words, by its slot', () => {
    expect(host.run('sandbox restart machine web')).toBe('Restarting machine web.')
    expect(host.run('sandbox restart "driver uart"')).toBe('Restarting driver uart.')
    expect(host.restarted).toEqual([3, 1])
  })
})

describe('log', () => {
  const numbered = (count: number) => Array.from({ length: count }, (_, i) => `[${i}] line\n`).join('')

  it('shows the last 40 lines, or as many as asked for', () => {
    host.log.write(numbered(100))
    expect(host.run('log').split('\n')).toEqual(Array.from({ length: 40 }, (_, i) => `[${60 + i}] line`))
    expect(host.run('log -n 3').split('\n')).toEqual(['[97] line', '[98] line', '[99] line'])
    expect(host.run('log --lines=1')).toBe('[99] line')
    expect(host.run('log -n 1000').split('\n')).toHaveLength(100)
  })

  it('shows an unfinished last line', () => {
    host.log.write('one\ntwo')
    expect(host.run('log -n 1')).toBe('two')
    expect(host.run('log -n 2')).toBe('one\ntwo')
  })

  it('shows nothing of an empty log', () => {
    expect(host.run('log')).toBe('')
  })

  it('follows until Ctrl-C', () => {
    host.log.write('old\n')
    host.type('log -f\r')
    host.log.write('new\n')
    host.wake()
    expect(host.screen.lines().slice(-4)).toEqual(['Following; Ctrl-C ends.', 'old', 'new', ''])
    host.type('ignored\x03')
    expect(host.screen.lines().at(-2)).toBe('^C')
    expect(host.screen.cursorRow()).toBe('typervisor> |')
  })

  it('keeps what is typed while it shows', () => {
    host.log.write(numbered(2000))
    host.room = 100
    host.type('log -n 2000\r')
    host.type('vm stop web\r')
    expect(host.orders).toEqual([])
    host.drain(Infinity)
    expect(host.screen.text()).toContain('[1999] line\ntypervisor> vm stop web')
    expect(host.orders).toEqual(['stop web'])
  })

  it('shows what a VM wrote, without what it could steer the terminal with', () => {
    host.vm('web').output.write('boot\r\n\x1b[2J\x1b]0;owned\x07\x1b[31mred\x1b[0m\r\nlogin: ')
    expect(host.run('vm log web')).toBe('boot\nred\nlogin:')
  })
})

describe('shutdown and reboot', () => {
  it('presses the power buttons, waits, and switches off', () => {
    host.obeys = false
    host.type('shutdown\r')
    expect(host.orders).toEqual(['stop web', 'stop db'])
    host.advance(10_000)
    host.vm('web').state = state.stopped
    host.wake()
    host.advance(10_000)
    expect(host.power).toEqual([])
    host.vm('db').state = state.stopped
    host.wake()
    expect(host.power).toEqual([0])
    expect(host.screen.text()).toContain('Pressed the power button of web, db. Waiting up to 30 s; Ctrl-C cancels.\n*** web stopped\n*** db stopped\nPowering off.')
  })

  it('waits 30 s and no longer', () => {
    host.obeys = false
    host.type('shutdown\r')
    host.advance(29_999)
    expect(host.power).toEqual([])
    host.advance(2)
    expect(host.power).toEqual([0])
    expect(host.screen.text()).toContain('Still running: web, db. Not waiting any longer.\nPowering off.')
  })

  it('is cancelled by Ctrl-C', () => {
    host.obeys = false
    host.type('reboot\r')
    host.type('\x03')
    host.advance(60_000)
    expect(host.power).toEqual([])
    expect(host.screen.cursorRow()).toBe('typervisor> |')
  })

  it('does not wait with --force', () => {
    host.obeys = false
    host.type('reboot --force\r')
    expect(host.orders).toEqual([])
    expect(host.power).toEqual([1])
  })

  it('refuses while a VM is paused', () => {
    host.vm('db').state = state.paused
    host.wake()
    expect(host.run('shutdown').replaceAll('\n', '')).toBe('Paused VMs cannot shut down: db. Resume them (vm resume db), or use: shutdown --force')
    expect(host.orders).toEqual([])
    host.type('shutdown --force\r')
    expect(host.power).toEqual([0])
  })

  it('says its last words before it switches off', () => {
    host.vms = []
    host.room = 10
    host.type('shutdown\r')
    expect(host.power).toEqual([])
    host.drain(Infinity)
    expect(host.power).toEqual([0])
    expect(host.screen.text()).toContain('Powering off.')
  })

  it('comes back when the host cannot', () => {
    host.powerStatus = 5
    host.run('shutdown --force')
    expect(host.screen.text()).toContain('This host cannot switch itself off')
    expect(host.screen.cursorRow()).toBe('typervisor> |')
  })
})
