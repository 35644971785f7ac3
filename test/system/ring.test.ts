/** A guest with as many processors as a VM can have, on a host that has one. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

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
