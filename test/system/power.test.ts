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

test.each(['keyboard', 'cf9', 'acpi', 'fast'])('a reboot by %s restarts, stops or pauses as the policy says', async way => {
  const before = await host.vm('looping').info()
  await host.vm('looping').carriesOut(`reboot ${way}`, /looping restarted[^]*type help/)
  const after = await host.vm('looping').info()
  expect(after.restarts).toBe(before.restarts + 1)
  expect(after.state).toBe('running')

  await host.vm('ending').carriesOut(`reboot ${way}`, /ending stopped/)
  const ended = await host.vm('ending').is('stopped')
  expect(ended.reason).not.toBe('')
  await host.command('vm start ending')
  await host.vm('ending').sees(/type help/)

  await host.vm('waiting').carriesOut(`reboot ${way}`, /waiting paused/)
  await host.vm('waiting').is('paused')
  await host.command('vm reset waiting')
  await host.vm('waiting').sees(/type help/)
})

test('a reboot loop of twenty turns gives everything back', async () => {
  const before = await host.json('host memory')
  for (let turn = 0; turn < 20; turn++) await host.vm('looping').carriesOut('reboot cf9', /looping restarted[^]*type help/)
  expect((await host.json('host memory')).owners).toEqual(before.owners)
})

test.each([{ way: 'reboot triple', reason: /triple fault/ }, { way: 'crash', reason: /triple fault|exception/ }])('$way is a crash, which stops, restarts or pauses as the policy says', async ({ way, reason }) => {
  await host.vm('ending').carriesOut(way, /ending crashed/)
  const crashed = await host.vm('ending').is('crashed')
  expect(crashed.reason).toMatch(reason)
  await host.command('vm start ending')
  await host.vm('ending').sees(/type help/)

  const before = await host.vm('looping').info()
  await host.vm('looping').carriesOut(way, /looping restarted[^]*type help/)
  expect((await host.vm('looping').info()).restarts).toBe(before.restarts + 1)

  await host.vm('waiting').carriesOut(way, /waiting paused/)
  const paused = await host.vm('waiting').is('paused')
  expect(paused.reason).toMatch(reason)
  await host.command('vm kill waiting')
  await host.vm('waiting').is('stopped')
  await host.command('vm start waiting')
  await host.vm('waiting').sees(/type help/)
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
  await host.vm('penguin').sees(/penguin:~#/, { within: 400 })
  await host.vm('penguin').carriesOut('reboot', /penguin restarted[^]*penguin:~#/, { within: 400 })
  expect((await host.vm('penguin').info()).restarts).toBe(1)
  await host.vm('penguin').carriesOut('poweroff', /penguin stopped/, { within: 240 })
  await host.vm('penguin').is('stopped')
  await host.command('vm start penguin')
  await host.vm('penguin').sees(/penguin:~#/, { within: 400 })
  await host.command('vm stop penguin')
  await host.vm('penguin').is('stopped', { within: 240 })
})

test('a Linux panic that reboots is a reboot', async () => {
  await host.command('vm start penguin')
  await host.vm('penguin').sees(/penguin:~#/, { within: 400 })
  const panic = 'echo 1 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger'
  const { restarts } = await host.vm('penguin').info()
  // That it restarted is announced at once, and what it wrote before may still be on its way down the line.
  await host.vm('penguin').carriesOut(panic, /Kernel panic[^]*penguin:~#/, { within: 400 })
  expect((await host.vm('penguin').info()).restarts).toBe(restarts + 1)
})
