/** A guest that asks for more interrupts than can be served has its share of the processor and no more. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test.each(['period', 'wrap', 'pit'])('a storm of timers (%s) leaves its neighbour and the console alone', async timer => {
  host = await boot({ name: `storm-${timer}`, config: { vms: [guest('storm', 'storm', `timer=${timer}`), guest('spin', 'worker', 'name=worker')] } })
  await host.vm('storm').sees(/storm rages/)
  for (let line = 0; line < 3; line++) await host.vm('worker').sees(/spin worker count/)
  const times = async () => {
    const { vms } = await host!.json('host cpu')
    return Object.fromEntries(vms.map((vm: any) => [vm.name, vm.cpuTimeNanoseconds])) as Record<string, number>
  }
  const before = await times()
  for (let line = 0; line < 5; line++) await host.vm('worker').sees(/spin worker count/)
  const after = await times()
  const used = (name: string) => after[name] - before[name]
  expect(used('worker') / (used('worker') + used('storm'))).toBeGreaterThan(0.4)
})
