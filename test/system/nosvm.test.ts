/** A host whose processor cannot run guests: it boots to its console and says why. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test.each([
  { name: 'no SVM', cpu: 'EPYC,-svm', reason: /AMD-V|SVM/ },
  { name: 'no nested paging', cpu: 'EPYC,-npt', reason: /nested paging/i },
])('$name', async ({ name, cpu, reason }) => {
  host = await boot({ name: `blocked-${name.replaceAll(' ', '-')}`, config: { vms: [guest('hello', 'hello')] }, cpu })
  const { guestsBlocked } = await host.json('host info')
  expect(guestsBlocked).toMatch(reason)
  expect(await host.command('host info')).toContain('GUESTS CANNOT RUN')
  expect((await host.vm('hello').info()).state).not.toBe('running')
  expect(await host.command('vm start hello')).toMatch(reason)
  expect(await host.command('help')).toContain('vm list')
})
