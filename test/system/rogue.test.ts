/** Sandboxes that do what they must not: each hurts only itself, says why in TypeScript's terms, and the rest goes on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host, VmInfo } from '../harness/host.ts'

interface Sandbox { name: string, state: string, restarts: number, generation: number, memoryBytes: number, trap: string }

/** What a machine does by the name of its VM, and what the report says of it: the reason, then where. */
const crimes: [string, RegExp][] = [
  ['null', /null reference: access at 0h in .*crimes\.ts:\d+ commit/],
  ['far-load', /access outside its memory, at 17FFFFFFEh in .*crimes\.ts:\d+ commit/],
  ['far-store', /access outside its memory, at 17FFFFFFEh in .*crimes\.ts:\d+ commit/],
  ['division', /division by zero in .*crimes\.ts:\d+ commit/],
  ['overflow', /integer overflow in .*crimes\.ts:\d+ commit/],
  ['abort', /abort: the board is on fire at test\/rogue\/crimes\.ts:\d+/],
  ['unreachable', /unreachable code reached in .*crimes\.ts:\d+ commit/],
  ['loop', /the watchdog stopped a call that did not return in [0-9A-F]{16} \S+:\d+ \w+/],
  ['loop-asking', /the watchdog stopped a call that did not return in .*machine\.ts:\d+ turn/],
  ['recursion', /call stack exhausted in .*crimes\.ts:\d+ dive/],
  ['recursion-growing', /call stack exhausted in /],
  ['recursion-copying', /call stack exhausted in /],
  ['recursion-asking', /call stack exhausted in .*machine\.ts:\d+ diveAsking/],
  ['growth', /access outside its memory, at 400000h in .*crimes\.ts:\d+ commit/],
  ['wrong-function', /indirect call of a wrong function in .*crimes\.ts:\d+ commit/],
  ['no-function', /indirect call of a wrong function in .*crimes\.ts:\d+ commit/],
  ['copy', /access out of bounds in .*crimes\.ts:\d+ commit/],
]

let host: Host

const rogue = (name: string, onCrash: 'stop' | 'restart' = 'stop') => guest('hello', name, '', { autostart: false, onCrash, serial: { mirror: false } })

beforeAll(async () => {
  host = await boot({
    name: 'rogue', nucleus: 'rogue', counted: 5, // so that a second of watchdogs and of back-off is a fraction of one
    config: { vms: [guest('spin', 'busy', 'name=busy'), guest('hello', 'web'), rogue('pointers'), ...crimes.map(([name]) => rogue(name))] },
  })
  await host.vm('web').sees(/type help/)
})

afterAll(() => host?.close())

/** Seconds. */
async function uptime(): Promise<number> { return (await host.json('host info')).uptimeNanoseconds / 1e9 }

async function sandbox(name: string): Promise<Sandbox> {
  const found = (await host.json<Sandbox[]>('sandbox list')).find(sandbox => sandbox.name === name)
  if (!found) throw host.emulator.failure(`there is no sandbox ${name}`)
  return found
}

/** The neighbour computes on, and nobody restarted it. By this clock it may have had no turn between two commands. */
async function runsOn(busy: VmInfo): Promise<void> {
  const end = Date.now() + 20_000
  for (let later = busy; later.cpuTimeNanoseconds <= busy.cpuTimeNanoseconds; later = await host.vm('busy').info()) {
    expect(later.restarts).toBe(0)
    if (Date.now() > end) throw host.emulator.failure('busy has had no turn')
  }
}

/** Who has how much memory; the console's own changes with what it is asked. */
const owners = async () => (await host.json<{ owners: { name: string }[] }>('host memory')).owners.filter(({ name }) => !/console|free/.test(name))

describe('a machine', () => {
  test.each(crimes)('%s', async (name, report) => {
    const busy = await host.vm('busy').info()
    await host.command(`vm start ${name}`)
    const { reason } = await host.vm(name).is('crashed')
    expect(reason).toMatch(/^its machine failed: /)
    expect(reason).toMatch(report)
    await runsOn(busy)
  })

  test('asking for what is not its own is refused, and it lives on', async () => {
    const busy = await host.vm('busy').info()
    await host.command('vm start pointers')
    await host.vm('pointers').is('running')
    // The machine asks at its guest's first port write, which may come after the start was announced.
    let answer: RegExpExecArray | null = null
    for (let tries = 0; !answer && tries < 100; tries++) answer = /machine pointers: refused (\d+) of (\d+)/.exec(await host.command('log'))
    const [, refused, asked] = answer!
    expect(Number(asked)).toBeGreaterThan(40)
    expect(refused).toBe(asked)
    await host.command('vm kill pointers')
    await runsOn(busy)
  })

  test('that fails at every start is started again with a growing wait, and given up at last', async () => {
    const memory = await owners()
    await host.command('vm set null onCrash restart')
    await host.command('vm start null')
    const starts: number[] = []
    for (let restarts = 0; restarts < 6; { restarts } = await host.vm('null').info()) if (restarts > starts.length) starts.push(await uptime())
    expect(starts[4] - starts[3]).toBeGreaterThan(3)
    while (await uptime() < starts[4] + 30) continue
    const { state, restarts } = await host.vm('null').info()
    expect([state, restarts]).toEqual(['crashed', 6])
    expect(await owners()).toEqual(memory)
  })
})

describe('the driver of the serial port', () => {
  test.each([
    ['\x1c', /null reference: access at 0h in .*crimes\.ts:\d+ commit/],
    ['\x1e', /the watchdog stopped a call that did not return in [0-9A-F]{16} \S+:\d+ \w+/],
  ])('%j', async (key, report) => {
    const busy = await host.vm('busy').info()
    const before = await sandbox('driver uart')
    await host.prompts()
    host.type(key)
    // On a line whose driver is dead nothing says when it is alive again, but that it answers.
    const { lines } = host.emulator.transcript
    const shown = lines.length
    let pressed = 0
    await host.emulator.until('an answer', () => {
      if (Date.now() - pressed > 300) {
        pressed = Date.now()
        host.type('\n')
      }
      return lines.length > shown
    })
    const after = await sandbox('driver uart')
    expect(after.state).toBe('running')
    expect(after.restarts).toBe(before.restarts + 1)
    expect(after.generation).toBe(before.generation + 1)
    expect(after.memoryBytes).toBe(before.memoryBytes)
    expect(after.trap).toMatch(report)
    await runsOn(busy)
  })
})

describe('the console', () => {
  test.each([
    [1, 'a null reference', /null reference: access at 0h in .*crimes\.ts:\d+ commit/],
    [8, 'an endless loop', /the watchdog stopped a call that did not return in [0-9A-F]{16} \S+:\d+ \w+/],
    [6, 'an abort', /abort: the board is on fire at test\/rogue\/crimes\.ts:\d+/],
    [12, 'growing without end', /access outside its memory, at 400000h in .*crimes\.ts:\d+ commit/],
  ])('%i: %s', async (crime, _, report) => {
    const busy = await host.vm('busy').info()
    const before = await sandbox('console')
    await host.prompts()
    const { emulator } = host
    const greetings = () => emulator.transcript.lines.filter(line => line.startsWith('help lists the commands')).length
    const greeted = greetings()
    host.type(`vm set busy weight ${9000 + crime}\n\n`)
    await emulator.until('a new console', () => greetings() > greeted)
    const after = await sandbox('console')
    expect(after.restarts).toBe(before.restarts + 1)
    expect(after.generation).toBe(before.generation + 1)
    expect(after.trap).toMatch(report)
    await runsOn(busy)
  })

  test('asking for what is not its own is refused, and it lives on', async () => {
    const before = await sandbox('console')
    await host.command('vm set busy weight 9100')
    await host.command('vm list')
    const [, refused, asked] = /console: refused (\d+) of (\d+)/.exec(await host.command('log'))!
    expect(Number(asked)).toBeGreaterThan(60)
    expect(refused).toBe(asked)
    expect((await sandbox('console')).generation).toBe(before.generation)
  })
})
