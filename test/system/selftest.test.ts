/** The conformance list, inside a virtual machine: all of it must hold, alone and beside others. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { only, platform } from '../harness/platform.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

/** What is wrong and not the emulator's fault. */
function failures(lines: string[]): string[] {
  return lines.filter(line => line.startsWith('FAIL') && !platform.faults?.test(line))
}

const patience = { within: 900 }

// Not mirrored: what the console works meanwhile is time that the guest's clocks would show. Bochs' SVM does not live through all groups (platform.ts).
only(['qemu-amd', 'bochs-intel'], () => test('alone', async () => {
  host = await boot({ name: 'selftest', config: { vms: [guest('selftest', 'list', platform.selftest ?? '', { serial: { mirror: false } })] }, counted: 3 })
  await host.sees(/list stopped/, patience)
  const lines = (await host.command('vm log list -n 3000')).split('\n')
  expect(failures(lines)).toEqual([])
  const [, passed, failed] = /selftest: (\d+) ok, (\d+) failed/.exec(lines.join('\n'))!
  expect(Number(passed)).toBeGreaterThan(1000)
  // None that the log has lost.
  expect(Number(failed)).toBe(lines.filter(line => line.startsWith('FAIL')).length)
  // The hypervisor offers these whatever the processor has.
  expect(lines.filter(line => /^skip (x2APIC|TSC-deadline)/.test(line))).toEqual([])
}, 1_200_000))

// Each of two guests finds its own, whatever the other does to what they share; only one at a time arms breakpoints (platform.ts).
const pairs = [['state', 'excursion'], ['offered', 'offered'], ['debug', 'faults'], ['forms', 'paging'], ['stepping', 'tasks'], ['masking', 'state']] as const

test.each(pairs)('%s and %s, beside a guest that takes the processor away', async (group, another) => {
  const list = (name: string, only: string) => guest('selftest', name, `only=${only} aux=${name} ${platform.selftest ?? ''}`)
  host = await boot({ name: `selftest-${group}-${another}`, config: { vms: [list('list', group), list('other', another), guest('spin', 'busy')] }, counted: 3 })
  for (const name of ['list', 'other']) {
    await host.vm(name).sees(/selftest: \d+ ok/, patience)
    expect(failures(host.vm(name).lines())).toEqual([])
  }
}, 1_200_000)

// Table 10-1 of the SDM's vol. 3, by a processor that finds itself so.
test('a second processor, and what INIT leaves of it', async () => {
  host = await boot({ name: 'selftest-startup', config: { vms: [guest('selftest', 'list', `only=startup ${platform.selftest ?? ''}`, { vcpus: 2 })] } })
  await host.vm('list').sees(/selftest: \d+ ok/, patience)
  const lines = host.vm('list').lines()
  expect(failures(lines)).toEqual([])
  expect(lines.filter(line => line.startsWith('ok')).length).toBeGreaterThan(150)
}, 1_200_000)
