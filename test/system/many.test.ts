/** Guests with as many processors as a VM can have, on a host that has one. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { answer, complaints, none, sum, work } from '../harness/workload.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test('32 vCPUs start and send each other interrupts', async () => {
  host = await boot({ name: 'ring', config: { vms: [guest('ring', 'ring', 'rounds=8', { vcpus: 32 })] } })
  await host.vm('ring').sees(/^ring processors=32 started=31 passed=256 together=31$/m)
  expect((await host.vm('ring').is('stopped')).reason).toBe('powered off by the guest')
})

test('Linux with 32 works in parallel and comes to the right answer', async () => {
  host = await boot({ name: 'ring-linux', memory: 1024, config: { vms: [linux('many', { vcpus: 32, memory: '512 MiB' })] } })
  await host.vm('many').sees(/many:~#/, { within: 400 })
  expect(host.vm('many').lines().join('\n')).toContain('smp: Brought up 1 node, 32 CPUs')
  await host.vm('many').attach()
  for (const [line, outcome] of [['echo "online $(nproc)"', /online 32$/m], [`${work(64, 1000)}; ${sum}`, answer(64, 1000)], [complaints, none]] as const) {
    host.type(`${line}\n`)
    await host.sees(outcome, { within: 300 })
  }
})
