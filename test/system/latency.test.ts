/** A guest that sleeps is awake in time, beside eight that never do. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

const hogs = Array.from({ length: 8 }, (_, i) => guest('spin', `hog${i}`, `name=hog${i}`))

interface Lateness { median: number, ninetyNinth: number, greatest: number }

/** Microseconds, of each of eight rows of 256 times: three seconds in which the hogs say what they do, and the console shows it. The first rows, while they start, are left out. */
async function lateness(): Promise<Lateness[]> {
  for (const { name } of hogs) await host!.vm(name).sees(/spin hog\d count/, { within: 300 })
  const before = host!.vm('sleeper').lines().length
  const rows = () => host!.vm('sleeper').lines().slice(before + 1).flatMap(line => {
    const [, median, ninetyNinth, greatest] = /median=(\d+) ninetyninth=(\d+) greatest=(\d+) /.exec(line)?.map(Number) ?? []
    return greatest === undefined ? [] : [{ median, ninetyNinth, greatest }]
  })
  return host!.emulator.until('eight rows of the sleeper', () => rows().length >= 8 && rows().slice(0, 8), { within: 300 })
}

// The clock counts instructions, one a nanosecond: what the emulator or the machine under it is late by is no part of it.
test('on one processor, by a clock that counts instructions', async () => {
  host = await boot({ name: 'latency-one', config: { vms: [...hogs, guest('sleeper', 'sleeper')] }, counted: 0 })
  for (const { greatest } of await lateness()) expect(greatest).toBeLessThan(2000)
})

// With two the emulator's clock is the machine's own, which says when each of its processors runs: while it is at work on something else many wakes are tens of
// milliseconds late. So it is the best of the rows that is looked at: were slices waited for, of 4.4 ms each, most wakes of every row would be later than that.
test('on two processors, by the clock of the machine under the emulator', async () => {
  host = await boot({ name: 'latency-two', processors: 2, config: { vms: [...hogs, guest('sleeper', 'sleeper')] } })
  expect(Math.min(...(await lateness()).map(({ median }) => median))).toBeLessThan(2000)
})
