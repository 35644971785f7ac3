/** Linux to its shell: both firmwares, a small host and one with memory above 4 GiB. */
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { only, platform } from '../harness/platform.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

const hosts = [
  { firmware: 'bios', memory: 512 },
  { firmware: 'bios', memory: 6144 },
  { firmware: 'uefi', memory: 512 },
  { firmware: 'uefi', memory: 6144 },
] as const

// Bochs has a BIOS, and 2 GiB of RAM at most.
test.each(hosts.filter(({ firmware, memory }) => platform.emulator === 'qemu' || firmware === 'bios' && memory < 2048))('by $firmware with $memory MiB', async ({ firmware, memory }) => {
  // One of them takes no shortcut.
  host = await boot({ name: `boot-${firmware}-${memory}`, config: { vms: [firmware === 'bios' && memory === 512 ? linux('web', {}, '', '') : linux('web')] }, firmware, memory }, { within: 240 })
  await host.vm('web').sees(/web: Linux \d+\.\d+/, { within: 400 })
  await host.vm('web').sees(/web:~#/)

  const info = await host.json('host info')
  expect(info.guestsBlocked).toBe('')
  expect(info.memoryBytes).toBeGreaterThan(memory * 2 ** 20 * 0.93) // firmware keeps some for itself
  const { owners, totalBytes } = await host.json('host memory')
  expect(owners.reduce((sum: number, owner: { bytes: number }) => sum + owner.bytes, 0)).toBe(totalBytes)

  await host.vm('web').attach()
  host.type('echo $((6*7)) $(cat /proc/loadavg | wc -w)\n')
  await host.sees(/^42 5$/m)
  await host.vm('web').detach()
})

only(['qemu-amd'], () => test('by QEMU itself, with no boot loader on a disk', async () => {
  host = await boot({ name: 'boot-direct', config: { name: 'bare', vms: [guest('hello', 'web', 'one two')] }, direct: true })
  await host.vm('web').sees(/command line one two/) // from the pack, which is a module of Multiboot 1
  await host.vm('web').sees(/type help/)
  expect(await host.json('host info')).toMatchObject({ name: 'bare', bootLoader: 'qemu', guestsBlocked: '' })
}))

only(['qemu-amd'], () => test('a guest larger than 3 GiB, whose memory goes on at 4 GiB', async () => {
  host = await boot({ name: 'boot-large-guest', config: { vms: [linux('large', { memory: '4 GiB' })] }, memory: 6144 })
  const [, mebibytes] = await host.vm('large').sees(/large: Linux .*, (\d+) MiB of memory/, { within: 600 })
  expect(Number(mebibytes)).toBeGreaterThan(3800)
}))
