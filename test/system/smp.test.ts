/** Guests with several processors: more of them than the host has, so that they take turns. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { platform } from '../harness/platform.ts'
import { answer, complaints, none, sum, work } from '../harness/workload.ts'

const counts = { two: 2, four: 4, eight: 8 } as const
// Two are what another maker's processor has to show; more take Bochs too long.
const names = platform.emulator === 'bochs' ? ['two'] as const : Object.keys(counts) as (keyof typeof counts)[]

let host: Host

beforeAll(async () => {
  host = await boot({ name: 'smp', memory: 1024, config: { vms: names.map(name => linux(name, { vcpus: counts[name], autostart: false })) } })
})

afterAll(() => host?.close())

describe.each(names)('%s', name => {
  const count = counts[name]

  /** Types a line at the guest's shell, and waits for what it should say. */
  async function run(line: string, pattern: RegExp, within = 200): Promise<RegExpExecArray> {
    host.type(`${line}\n`)
    return host.sees(pattern, { within })
  }

  test('comes up with all its processors', async () => {
    await host.command(`vm start ${name}`)
    await host.vm(name).sees(new RegExp(`${name}:~#`), { within: 400 })
    expect(host.vm(name).lines().join('\n')).toContain(`smp: Brought up 1 node, ${count} CPUs`)
    await host.vm(name).attach()
    await run('echo "processors $(grep -c ^processor /proc/cpuinfo), online $(cat /sys/devices/system/cpu/online)"', new RegExp(`processors ${count}, online 0-${count - 1}$`, 'm'))
  })

  test('works in parallel and comes to the right answer', async () => {
    const jobs = count * 2
    await run(`${work(jobs)}; ${sum}`, answer(jobs))
  })

  test('runs a program on the processor that it is told to', async () => {
    // Field 39 of a process's stat: where it ran last.
    await run(`echo "ran on $(for c in $(seq 0 ${count - 1}); do taskset $(printf %x $((1 << c))) cut -d ' ' -f 39 /proc/self/stat; done | tr '\\n' ' ')"`,
      new RegExp(`ran on ${Array.from({ length: count }, (_, index) => index).join(' ')}`))
  })

  test('knows how much of its time others had', async () => {
    // All its processors wanted the host's one at once: what one of them uses, the others wait for.
    const [, user, stolen] = await run(`awk '/^cpu / { print "user", $2, "stolen", $9, "ticks" }' /proc/stat`, /user (\d+) stolen (\d+) ticks$/m)
    expect(Number(stolen)).toBeGreaterThan(Number(user) * (count - 1) / 2)
  })

  test('sends a processor away and takes it back', async () => {
    const last = `/sys/devices/system/cpu/cpu${count - 1}/online`
    await run(`echo 0 > ${last}; echo "online $(cat /sys/devices/system/cpu/online)"`, new RegExp(`online ${count === 2 ? '0' : `0-${count - 2}`}$`, 'm'))
    await run(`echo 1 > ${last}; echo "online $(cat /sys/devices/system/cpu/online)"`, new RegExp(`online 0-${count - 1}$`, 'm'))
  })

  test('has missed nothing meanwhile', async () => {
    await run(complaints, none)
    await host.vm(name).detach()
    expect((await host.vm(name).info()).vcpus).toBe(count)
    await host.command(`vm kill ${name}`)
    await host.vm(name).is('stopped')
  })
})
