/** Hosts with several processors, each of which runs a nucleus of its own. */
import { afterEach, describe, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { only, platform } from '../harness/platform.ts'
import { answer, complaints, none, sum, work } from '../harness/workload.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test.each(platform.emulator === 'bochs' ? [2] : [2, 4, 8])('%i processors start, and share what there is to do', async count => {
  host = await boot({ name: `processors-${count}`, processors: count, config: { vms: Array.from({ length: count }, (_, i) => guest('spin', `vm${i}`, `name=vm${i}`)) } })
  expect(await host.json('host info')).toMatchObject({ cpusInUse: count, cpusPresent: count })
  for (let i = 0; i < count; i++) await host.vm(`vm${i}`).sees(/spin vm\d count/, { within: 100 })
  host.type('shutdown --force\n')
  await host.ends()
})

// QEMU's TCG has no x2APIC, and no emulator's firmware leaves it on.
only(['bochs-intel'], () => test('two processors in x2APIC mode', async () => {
  host = await boot({ name: 'processors-x2apic', nucleus: 'instrumented', processors: 2, config: { vms: [guest('spin', 'one', 'name=one'), guest('spin', 'two', 'name=two')] } })
  expect(await host.json('host info')).toMatchObject({ cpusInUse: 2, cpusPresent: 2 })
  expect(new Set((await host.command('log')).match(/local APIC \d is in x2APIC mode/g)).size).toBe(2)
  for (const name of ['one', 'two']) await host.vm(name).sees(/spin \w+ count/, { within: 100 })
  const { cpus } = await host.json('host top')
  for (const { guestsNanoseconds } of cpus) expect(guestsNanoseconds).toBeGreaterThan(500_000_000)
  host.type('shutdown --force\n')
  await host.ends()
}))

only(['qemu-amd'], () => describe('two processors', () => {
  test('a VM is started, paused, reset and killed wherever it runs, and all its memory comes back', { timeout: 900_000 }, async () => {
    host = await boot({ name: 'processors-orders', processors: 2, config: { vms: [guest('spin', 'fly', 'name=fly', { autostart: false }), guest('spin', 'one', 'name=one'), guest('spin', 'two', 'name=two')] } })
    await host.command('vm start fly')
    await host.command('vm kill fly')
    await host.vm('fly').is('stopped')
    const before = await host.json('host memory')
    for (let turn = 0; turn < 30; turn++) {
      await host.command('vm start fly')
      await host.vm('fly').is('running')
      for (const [order, state] of [['pause', 'paused'], ['resume', 'running'], ['reset', 'running'], ['kill', 'stopped']] as const) {
        await host.command(`vm ${order} fly`)
        await host.vm('fly').is(state)
      }
    }
    expect((await host.json('host memory')).owners).toEqual(before.owners)
    for (const name of ['one', 'two']) expect(await host.vm(name).info()).toMatchObject({ state: 'running', restarts: 0 })
  })

  test('Linux with four processors works in parallel beside another', async () => {
    host = await boot({ name: 'processors-linux', processors: 2, memory: 1024, config: { vms: [linux('four', { vcpus: 4 }), linux('one')] } })
    for (const name of ['four', 'one']) await host.vm(name).sees(new RegExp(`${name}:~#`), { within: 400 })
    await host.vm('four').attach()
    host.type(`${work(8)}; ${sum}\n`)
    await host.sees(answer(8), { within: 300 })
    host.type(`${complaints}\n`)
    await host.sees(none)
  })
}))
