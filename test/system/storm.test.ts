/** A guest that asks for more interrupts than can be served has its share of the processor and no more. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platform } from '../harness/platform.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

// The clock counts instructions, one a nanosecond: what serving a storm takes from everybody cannot hide behind the emulator's own delays.
test.each(['period', 'wrap', 'pit'])('a storm of timers (%s) leaves its neighbour and the console alone', async timer => {
  host = await boot({
    name: `storm-${timer}`,
    config: { vms: [guest('storm', 'storm', `timer=${timer} ${platform.storm ?? ''}`), guest('spin', 'worker', 'name=worker period=100')] },
    counted: 0,
  })
  await host.vm('storm').sees(/storm rages/, { within: 300 })
  await host.vm('worker').sees(/spin worker count/, { within: 300 })
  const before = await host.vm('worker').info()
  await host.vm('worker').sees(/spin worker count.*\n.*spin worker count/, { within: 300 })
  const after = await host.vm('worker').info()
  const share = (after.cpuTimeNanoseconds - before.cpuTimeNanoseconds) / (after.uptimeNanoseconds - before.uptimeNanoseconds)
  expect(share).toBeGreaterThan(0.4) // of two equals it would have half, less what the nucleus and the console take
})
