/** What a frame costs on its way from one interface of a guest to another, measured by test/guests/bench in QEMU. */
import { guest } from '../harness/config.ts'
import { boot } from '../harness/boot.ts'
import { platforms } from '../harness/platform.ts'
import { patience } from './exits.ts'

/** Instructions for each frame of a stream, and the interrupts that told of all of it. */
export async function framesOnQemu(): Promise<{ ticks: number, interrupts: number }> {
  const interfaces = [{ network: 'lan' }, { network: 'lan' }]
  const config = { networks: [{ name: 'lan' }], vms: [guest('bench', 'bench', 'measure=frames', { interfaces })] }
  const host = await boot({ name: 'bench-frames', config, counted: 0, on: platforms['qemu-amd'] }, patience)
  try {
    const [, ticks, interrupts] = await host.vm('bench').sees(/bench frames-64 ticks=(\d+) interrupts=(\d+)/, patience)
    return { ticks: Number(ticks), interrupts: Number(interrupts) }
  } finally {
    await host.close()
  }
}
