/** What the host executes for memory that a guest gives back by its balloon and takes again, measured by test/guests/bench in QEMU. */
import { guest } from '../harness/config.ts'
import { platforms } from '../harness/platform.ts'
import { patience, withHost } from './exits.ts'

/** Of 64 MiB that are measured. */
const PIECES_OF_GIBIBYTE = 16

/** Instructions for each GiB: all of what is done until it is the host's, and until it is the guest's again. */
export function balloonOnQemu(): Promise<{ give: number, take: number }> {
  return withHost('bench-balloon', [guest('bench', 'bench', 'measure=balloon', { memory: '64 MiB', maxMemory: '128 MiB' })], async host => {
    const [, give, take, kept] = await host.vm('bench').sees(/bench balloon give=(\d+) take=(\d+) kept=(\d+)/, patience)
    if (kept !== '0') throw new Error(`${kept} blocks that were given have stayed the guest's`)
    return { give: Number(give) * PIECES_OF_GIBIBYTE, take: Number(take) * PIECES_OF_GIBIBYTE }
  }, platforms['qemu-amd'])
}
