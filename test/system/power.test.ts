/** Every way in which a guest ends, and every policy for it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host

beforeAll(async () => {
  host = await boot({
    name: 'power',
    config: {
      vms: [
        guest('hello', 'looping', '', { onReboot: 'restart', onCrash: 'restart' }),
        guest('hello', 'ending', '', { onReboot: 'stop', onCrash: 'stop' }),
        guest('hello', 'waiting', '', { onReboot: 'pause', onCrash: 'pause' }),
        guest('hello', 'witness'),
        linux('penguin', { autostart: false }),
      ],
    },
  })
  for (const name of ['looping', 'ending', 'waiting', 'witness']) await host.vm(name).sees(/type help/)
})

afterAll(() => host?.close())

async function order(name: string, text: string, ...also: string[]): Promise<void> {
  await host.vm(name).attach()
  for (const line of [text, ...also]) host.type(`${line}\n`)
  await host.sees(new RegExp(text))
  host.type('\x1d')
  await host.prompts()
}

test.each(['keyboard', 'cf9', 'acpi', 'fast', 'triple'])('a reboot by %s restarts, stops or pauses as the policy says', async way => {
  const before = await host.vm('looping').info()
  await order('looping', `reboot ${way}`)
  await host.vm('looping').sees(/hello from a TypeScript guest/)
  const after = await host.vm('looping').info()
  expect(after.restarts).toBe(before.restarts + 1)
  expect(after.state).toBe('running')

  await order('ending', `reboot ${way}`)
  const ended = await host.vm('ending').is(way === 'triple' ? 'crashed' : 'stopped')
  expect(ended.reason).not.toBe('')
  await host.command('vm start ending')
  await host.vm('ending').sees(/type help/)
})

test('a reboot loop of twenty turns gives everything back', async () => {
  const before = await host.json('host memory')
  for (let turn = 0; turn < 20; turn++) {
    await host.vm('looping').sees(/type help/)
    await order('looping', 'reboot cf9')
  }
  await host.vm('looping').sees(/type help/)
  expect((await host.json('host memory')).owners).toEqual(before.owners)
})

test('a crash stops, restarts or pauses as the policy says', async () => {
  await order('ending', 'crash')
  const crashed = await host.vm('ending').is('crashed')
  expect(crashed.reason).not.toBe('')

  const before = await host.vm('looping').info()
  await order('looping', 'crash')
  await host.vm('looping').sees(/type help/)
  expect((await host.vm('looping').info()).restarts).toBe(before.restarts + 1)

  await order('waiting', 'crash')
  const paused = await host.vm('waiting').is('paused')
  expect(paused.reason).not.toBe('')
  await host.command('vm kill waiting')
  await host.vm('waiting').is('stopped')
})

test('none of it touched the others', async () => {
  const witness = await host.vm('witness').info()
  expect(witness.state).toBe('running')
  expect(witness.restarts).toBe(0)
  await host.vm('witness').attach()
  host.type('echo still here\n')
  await host.sees(/^still here$/m)
  await host.vm('witness').detach()
})

test('Linux reboots, powers off and obeys the power button', async () => {
  await host.command('vm start penguin')
  await host.vm('penguin').sees(/penguin: Linux/, { within: 400 })
  await order('penguin', 'reboot')
  await host.vm('penguin').sees(/penguin: Linux/, { within: 400 })
  expect((await host.vm('penguin').info()).restarts).toBe(1)
  await order('penguin', 'poweroff')
  await host.vm('penguin').is('stopped', { within: 240 })
  await host.command('vm start penguin')
  await host.vm('penguin').sees(/penguin: Linux/, { within: 400 })
  await host.command('vm stop penguin')
  await host.vm('penguin').is('stopped', { within: 240 })
})

test('a Linux panic is a crash', async () => {
  await host.command('vm start penguin')
  await host.vm('penguin').sees(/penguin: Linux/, { within: 400 })
  await host.vm('penguin').attach()
  host.type('echo 1 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger\n')
  await host.sees(/Kernel panic/)
  host.type('\x1d')
  await host.vm('penguin').sees(/penguin: Linux/, { within: 400 }) // it reboots itself after a second
})
