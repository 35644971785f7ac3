/** A host with nothing to run sleeps between interrupts: nothing but the console's own requests keeps a long answer going. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

const Lines = 700

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test('a long answer comes whole without another key', async () => {
  host = await boot({ name: 'idle', config: { vms: [guest('spin', 'writer', `period=1 lines=${Lines}`, { serial: { mirror: false } })] } })
  const { cpuTimeNanoseconds } = await host.vm('writer').is('stopped')
  expect(cpuTimeNanoseconds).toBeGreaterThan(Lines * 1e6 / 2) // of the run that is over: it wanted all of it, for a millisecond a line
  // Several times what a terminal's ring in the nucleus holds (16 KiB), for a serial port and a screen, which is painted now and then only.
  const answer = (await host.command(`vm log writer -n ${Lines}`, { within: 60 })).split('\n')
  expect(answer.length).toBe(Lines)
  expect(answer.join('\n').length).toBeGreaterThan(32768)
  expect(answer.every(line => /^spin spin count=\d+ tsc=\d+ rate=\d+ state=\d+$/.test(line))).toBe(true)
})
