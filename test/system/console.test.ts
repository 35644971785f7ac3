/** The console as a person meets it: its answers, its editing, and several guests that talk at once. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host

beforeAll(async () => {
  host = await boot({ name: 'console', config: { name: 'desk', vms: [guest('hello', 'web'), guest('spin', 'chatter', 'name=chatter period=300'), guest('spin', 'babble', 'name=babble period=300'),
    { ...guest('spin', 'elsewhere'), affinity: [31] }] } })
  await host.vm('web').sees(/type help/)
})

afterAll(() => host?.close())

test('help names every command', async () => {
  const help = await host.command('help')
  for (const name of ['vm list', 'vm info', 'vm start', 'vm stop', 'vm kill', 'vm reset', 'vm pause', 'vm resume', 'vm console', 'vm log', 'vm set',
    'vm top', 'host info', 'host memory', 'host cpu', 'host devices', 'host set', 'host top', 'sandbox list', 'sandbox restart', 'log', 'reboot', 'shutdown']) expect(help).toContain(name)
})

test('a mistake is answered with what was meant or what is allowed', async () => {
  expect(await host.command('vm lsit')).toContain('vm list')
  expect(await host.command('vm info wbe')).toContain('web')
  expect(await host.command('vm set web weight 0')).toMatch(/1/)
  expect(await host.command('vm set web weight many')).toMatch(/10000/)
  expect(await host.command('vm info')).toContain('web')
})

test('Tab completes, the arrow goes back, the line is edited', async () => {
  await host.prompts()
  host.type('vm in\tweb\n')
  await host.sees(/^typervisor> vm info web$/m)
  await host.prompts()
  host.type('\x1b[A') // up
  await host.emulator.until('the line before', () => host.emulator.transcript.current === 'typervisor> vm info web')
  host.type('\x01\x0b') // to the start, erase to the end
  await host.prompts()
})

test('lines are whole and the prompt stays whole while guests talk', async () => {
  await host.vm('chatter').sees(/count=\d+/)
  await host.vm('babble').sees(/count=\d+/)
  await host.prompts()
  host.type('host in') // half a command, for a while
  await host.vm('chatter').sees(/count=\d+/)
  await host.vm('babble').sees(/count=\d+/)
  await host.emulator.until('what was typed', () => host.emulator.transcript.current === 'typervisor> host in')
  host.type('fo\n')
  await host.sees(/^processor/m)
  const odd = host.emulator.transcript.lines.filter(line => line.includes('spin ') && !/^\[(chatter|babble)\] spin \S+ count=\d+ tsc=\d+ rate=\d+ state=\d+$/.test(line))
  expect(odd).toEqual([])
})

test('mirroring is switched off and on', async () => {
  await host.command('vm set chatter mirror off')
  await host.command('vm set babble mirror off')
  const before = host.vm('chatter').lines().length
  await host.doesNotSee(/never said/, 2)
  expect(host.vm('chatter').lines().length).toBe(before)
  await host.command('vm set chatter mirror on')
  await host.vm('chatter').sees(/count=\d+/)
  await host.command('vm set chatter mirror off')
})

test('top shows what the guests do, and where the processor\'s time goes', async () => {
  await host.prompts()
  host.type('vm top\n')
  await host.sees(/^NAME +STATE +CPU +STEAL +MACHINE +EXITS\/S +MOSTLY$/m)
  await host.sees(/^(?:chatter|babble) +running +\d+\.\d %/m)
  await host.sees(/^q ends$/m)
  await host.sees(/^NAME +STATE[^]*^q ends$/m) // another frame
  host.type('q')
  await host.prompts()
  const { intervalNanoseconds, cpus, vms } = await host.json('host top')
  for (const { guestsNanoseconds, sandboxesNanoseconds, nucleusNanoseconds, waitingNanoseconds, idleNanoseconds } of cpus) {
    const sum = guestsNanoseconds + sandboxesNanoseconds + nucleusNanoseconds + waitingNanoseconds + idleNanoseconds
    expect(sum / intervalNanoseconds).toBeCloseTo(1, 1)
  }
  const of = (name: string) => vms.find((vm: any) => vm.name === name)
  // Two that never rest share a processor: what one has the other lacks.
  for (const name of ['chatter', 'babble']) {
    expect(of(name).cpuTimeNanoseconds).toBeGreaterThan(0.3 * intervalNanoseconds)
    expect(of(name).stealNanoseconds + of(name).cpuTimeNanoseconds).toBeGreaterThan(0.8 * intervalNanoseconds)
  }
  const [web] = (await host.json('vm top web')).vms
  expect(web.vcpus).toHaveLength(1)
  expect(web.vcpus[0].state).toMatch(/^(halted|running|waiting)$/)
})

test('settings take effect at once, or are refused in words', async () => {
  expect(await host.command('vm set chatter cap 20')).toBe('cap of chatter: none -> 20 %')
  const busy = async (name: string) => {
    const { intervalNanoseconds, vms } = await host.json('vm top')
    return vms.find((vm: any) => vm.name === name).cpuTimeNanoseconds / intervalNanoseconds
  }
  const capped = await busy('chatter')
  expect(capped).toBeGreaterThan(0.15)
  expect(capped).toBeLessThan(0.25)
  await host.command('vm set chatter cap none')
  expect(await busy('chatter')).toBeGreaterThan(0.3)
  expect(await host.command('vm set web affinity 31')).toContain("affinity can be all, or processors as in 0,2-3 (this host has 0); not '31'.")
  expect(await host.command('vm set web vcpus 2')).toContain('vm stop web')
  expect(await host.command('vm start elsewhere')).toContain('elsewhere is to run on processor 31, and this host has 0.')
  // It was configured for a processor that this host does not have.
  expect(await host.vm('elsewhere').info()).toMatchObject({ state: 'stopped', affinity: [31], reason: 'its affinity names a processor that this host does not have' })
})

test('attaching replays what was missed, detaching leaves the guest running', async () => {
  expect(await host.command('vm log web')).toContain('hello from a TypeScript guest')
  await host.vm('web').attach()
  await host.sees(/hello from a TypeScript guest/)
  host.type('echo one two\n')
  await host.sees(/^one two$/m)
  await host.vm('web').detach()
  expect((await host.vm('web').info()).state).toBe('running')
})

test('random bytes and a very long line do it no harm', async () => {
  const before = (await host.json('sandbox list')).find((sandbox: any) => sandbox.name === 'console')
  let seed = 1
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF) >> 16
  const bytes = Array.from({ length: 3000 }, () => String.fromCharCode(random() & 0x7F)).join('').replaceAll(/[\r\n\x1d]/g, '')
  host.type(bytes)
  host.type('x'.repeat(20000))
  host.type('\x03\x03')
  host.type('\n')
  await host.prompts()
  expect(await host.command('help')).toContain('vm list')
  const after = (await host.json('sandbox list')).find((sandbox: any) => sandbox.name === 'console')
  expect(after.generation).toBe(before.generation)
  expect(after.memoryBytes).toBe(before.memoryBytes)
})
