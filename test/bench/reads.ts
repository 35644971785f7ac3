/** What a read of 4 KiB costs on its way between a guest and a drive of the host, measured by test/guests/bench in QEMU. */
import { guest } from '../harness/config.ts'
import { drive } from '../harness/drive.ts'
import { platforms } from '../harness/platform.ts'
import { patience, withHost } from './exits.ts'

/** The guest's disks: what a drive is, in QEMU's words, and what of it is the guest's. */
const disks: { name: string, device: string, disk: { raw: string } | { volume: string }, commands?: string[] }[] = [
  { name: 'nvme', device: 'nvme', disk: { raw: 'BENCH' } },
  { name: 'virtioblk', device: 'virtio-blk-pci', disk: { raw: 'BENCH' } },
  { name: 'pool', device: 'nvme', disk: { volume: 'bench' }, commands: ['pool create tank BENCH', 'volume create bench 32MiB'] },
]

/** What one read costs, and with how many interrupts all ended that were under way at once. */
export interface Reads { ticks: number, interrupts: number }

/** By the disk's name and how many reads are under way at once. */
export async function readsOnQemu(): Promise<Map<string, Reads>> {
  const measured = new Map<string, Reads>()
  for (const { name, device, disk, commands = [] } of disks) {
    await withHost(`bench-${name}`, [guest('bench', 'bench', 'measure=reads', { disks: [disk], autostart: false })], async host => {
      for (const command of [...commands, 'vm start bench']) await host.command(command, patience)
      await host.vm('bench').sees(/bench done/, patience)
      for (const [line, depth, ticks, interrupts, failures] of host.vm('bench').lines().join('\n').matchAll(/bench reads-(\d+) ticks=(\d+) interrupts=(\d+) failures=(\d+)/g)) {
        if (failures !== '0') throw new Error(`reads of ${name} fail: ${line}`)
        measured.set(`${name}-${depth}`, { ticks: Number(ticks), interrupts: Number(interrupts) })
      }
    }, platforms['qemu-amd'], drive(device, 'BENCH', name === 'pool' ? 128 : 32))
  }
  return measured
}
