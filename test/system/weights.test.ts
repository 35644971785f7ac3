/** Two guests that want all of the processor get it by their weights. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

/** Each guest's own count of work between two of its lines. */
function work(lines: string[]): { count: number, tsc: number }[] {
  return lines.flatMap(line => {
    const found = /spin \S+ count=(\d+) tsc=(\d+)/.exec(line)
    return found ? [{ count: Number(found[1]), tsc: Number(found[2]) }] : []
  })
}

test('weights 1 and 3 get 25 % and 75 % within 2 points over ten seconds', async () => {
  host = await boot({
    name: 'weights',
    config: { vms: [guest('spin', 'light', 'name=light', { weight: 100 }), guest('spin', 'heavy', 'name=heavy', { weight: 300 })] },
    counted: 6,
  })
  await host.vm('light').sees(/spin light count/)
  await host.vm('heavy').sees(/spin heavy count/)
  const before = await host.json('host cpu')
  const mark = { light: work(host.vm('light').lines()).length, heavy: work(host.vm('heavy').lines()).length }
  const reached = () => work(host!.vm('light').lines()).length >= mark.light + 10
  await host.emulator.until('ten seconds of work', reached, { within: 400 })
  const after = await host.json('host cpu')

  const used = (name: string) => {
    const time = (answer: any) => answer.vms.find((vm: any) => vm.name === name).cpuTimeNanoseconds as number
    return time(after) - time(before)
  }
  const share = used('heavy') / (used('heavy') + used('light'))
  expect(share).toBeGreaterThan(0.73)
  expect(share).toBeLessThan(0.77)

  // What the guests got done says the same.
  const done = (name: 'light' | 'heavy') => {
    const lines = work(host!.vm(name).lines()).slice(mark[name])
    return lines.at(-1)!.count - lines[0].count
  }
  const workShare = done('heavy') / (done('heavy') + done('light'))
  expect(workShare).toBeGreaterThan(0.70)
  expect(workShare).toBeLessThan(0.80)

  // vm set changes it while they run.
  await host.command('vm set light weight 300')
  const middle = await host.json('host cpu')
  const next = work(host.vm('light').lines()).length
  // Lines that were held up come at once: few of them are less time than they say.
  await host.emulator.until('twenty lines more', () => work(host!.vm('light').lines()).length >= next + 20, { within: 400 })
  const end = await host.json('host cpu')
  const time = (answer: any, name: string) => answer.vms.find((vm: any) => vm.name === name).cpuTimeNanoseconds as number
  const equal = (time(end, 'heavy') - time(middle, 'heavy')) / (time(end, 'heavy') - time(middle, 'heavy') + time(end, 'light') - time(middle, 'light'))
  expect(equal).toBeGreaterThan(0.46)
  expect(equal).toBeLessThan(0.54)
}, 1_200_000)
