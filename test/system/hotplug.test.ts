/** vCPUs that come and go while a guest runs, by ACPI. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { answer, complaints, none, sum, work } from '../harness/workload.ts'

let host: Host

beforeAll(async () => {
  // On one processor: all tests are of one guest, and QEMU ends one on several now and then (platform.ts).
  host = await boot({ name: 'hotplug', memory: 1024, config: { vms: [linux('web', { maxVcpus: 4 }), guest('hello', 'deaf', '', { vcpus: 2, autostart: false })] } })
})

afterAll(() => host?.close())

/** Types a line at Linux' shell, and waits for what it should say. */
const run = (line: string, pattern: RegExp): Promise<unknown> => host.vm('web').carriesOut(line, pattern, { within: 200 })

/** Waits in the guest until a condition of its shell holds, a minute at most. */
const until = (condition: string): string => `for i in $(seq 300); do ${condition} && break; sleep 0.2; done`

const cpus = '/sys/devices/system/cpu'
/** As the guest has them: `says` is words that the echo of the typed line does not have. */
const counts = (says: string): string => `echo "$(echo ${says}) present $(cat ${cpus}/present) possible $(cat ${cpus}/possible) nproc $(nproc)"`

/** Waits for what `vm info` says of the number of vCPUs. */
async function has(plugged: number, within = 120): Promise<void> {
  const end = Date.now() + within * 1000
  for (let { vcpusPlugged } = await host.vm('web').info(); vcpusPlugged !== plugged; ({ vcpusPlugged } = await host.vm('web').info())) {
    if (Date.now() > end) throw host.emulator.failure(`web has ${vcpusPlugged} vCPUs, not ${plugged}`)
  }
}

/** Has the guest use the vCPUs 1 and 2 as soon as they have come, and show that each of three runs programs. */
async function useThree(): Promise<void> {
  await run(`${until(`[ -e ${cpus}/cpu1/online -a -e ${cpus}/cpu2/online ]`)}; echo 1 > ${cpus}/cpu1/online; echo 1 > ${cpus}/cpu2/online; ${counts('grown')}`,
    /grown present 0-2 possible 0-3 nproc 3$/m)
  // Field 39 of a process's stat: where it ran last.
  await run('echo "ran on $(for c in 0 1 2; do taskset $(printf %x $((1 << c))) cut -d " " -f 39 /proc/self/stat; done | tr "\\n" " ")"', /ran on 0 1 2/)
}

test('Linux starts with one, and knows that three may come', async () => {
  await host.vm('web').sees(/web:~#/, { within: 400 })
  await run(counts('begun'), /begun present 0 possible 0-3 nproc 1$/m)
})

test('two come, and work', async () => {
  expect(await host.command('vm set web vcpus 3')).toBe('vcpus of web: 1 -> 3\nIts guest is told of 2 more; vm info web shows how many it has started.')
  await has(3)
  await useThree()
  await run(`${work(6)}; ${sum}`, answer(6))
})

test('two go while they work, and the work is done', async () => {
  await run(`${work(9)}; echo "$(echo set) to work"`, /set to work/)
  expect(await host.command('vm set web vcpus 1')).toBe('vcpus of web: 3 -> 1\nIts guest is asked to give up 2; vm info web shows when it has.')
  await has(1)
  await run(`${until(`[ ! -e ${cpus}/cpu1 -a ! -e ${cpus}/cpu2 ]`)}; ${counts('shrunk')}`, /shrunk present 0 possible 0-3 nproc 1$/m)
  await run(sum, answer(9))
})

test('they come back, and a reset has them all', async () => {
  await host.command('vm set web vcpus 3')
  await useThree()
  await run(complaints, none)
  expect(await host.command('log -n 100')).not.toMatch(/keeps vCPU|does not take vCPU/)
  expect(await host.command('vm set web vcpus 5')).toMatch(/^web is running with room for 4 vCPUs\./)
  await host.command('vm reset web')
  await host.vm('web').sees(/Linux version/, { within: 400 })
  await host.vm('web').sees(/web:~#/, { within: 400 })
  await run(counts('anew'), /anew present 0-2 possible 0-3 nproc 3$/m)
})

test('a guest that does not listen keeps its own until it is reset', async () => {
  await host.command('vm start deaf')
  await host.vm('deaf').is('running')
  await host.command('vm set deaf vcpus 1')
  expect(await host.vm('deaf').info()).toMatchObject({ vcpus: 1, vcpusPlugged: 2, maxVcpus: 2 })
  expect(await host.command('vm list')).toMatch(/^deaf .* 2 -> 1 /m)
  await host.command('vm reset deaf')
  await host.vm('deaf').is('running')
  expect(await host.vm('deaf').info()).toMatchObject({ vcpus: 1, vcpusPlugged: 1, maxVcpus: 2 })
})
