/** `make bench`: what an exit costs in instructions, beside the floor measured in the same way and what KVM takes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { boot, bootAlone, counted } from '../harness/boot.ts'
import { guest, guestFile } from '../harness/config.ts'
import { linuxAlone, linuxUnderHypervisor } from './linux.ts'
import { EXITS, measurements, type Row, tableText } from './table.ts'

const patience = { within: 600 }

async function floor(): Promise<number> {
  const emulator = await bootAlone('bench-floor', guestFile('floor.elf'), '', counted(0))
  try {
    const [, ticks] = await emulator.until('the floor', () => /bench floor ticks=(\d+)\n/.exec(emulator.transcript.text()), patience)
    return Number(ticks)
  } finally {
    await emulator.close()
  }
}

interface Host { exits: Map<string, number>, fixed: number, perVm: number, started?: number }

async function exits(): Promise<Host> {
  const host = await boot({ name: 'bench-exits', config: { vms: [guest('bench', 'bench')] }, extra: ['-smp', '1', ...counted(0)] }, patience)
  try {
    await host.vm('bench').sees(/bench done/, patience)
    const { owners } = await host.json('host memory')
    const { overheadBytes, memoryBytes } = await host.vm('bench').info()
    const fixed = (owners as { name: string, bytes: number }[])
      .filter(({ name }) => !/^(free|vm |machine |firmware|boot|reserved|loader)/i.test(name)).reduce((sum, { bytes }) => sum + bytes, 0)
    const started = /first guest instruction after (\d+)/.exec(await host.command('log'))
    return { exits: measurements(host.vm('bench').lines().join('\n')), fixed, perVm: overheadBytes || memoryBytes, started: started ? Number(started[1]) : undefined }
  } finally {
    await host.close()
  }
}

async function main(): Promise<void> {
  console.log('QEMU TCG, -cpu EPYC without nRIP, -icount shift=0: a tick of the TSC is an instruction.')
  console.log('VMRUN, the exit itself and TLB misses count as nothing here; what is measured is the software\'s path.\n')
  const least = await floor()
  const { exits: measured } = await exits()
  const rows: Row[] = [
    { what: 'floor: VMRUN, exit, registers saved', measured: least },
    ...EXITS.map(({ name, ...row }) => ({ ...row, measured: measured.get(name) })),
  ]
  console.log(tableText(rows))

  const alone = await linuxAlone()
  const under = await linuxUnderHypervisor()
  const linux = `Linux to its first process: ${(under / 1e6).toFixed(1)} M instructions, ${(alone / 1e6).toFixed(1)} M without a hypervisor: `
    + `${(under / alone).toFixed(3)} × (target ≤ 1.03, KVM 1.12 to 1.34)`
  console.log(`\n${linux}`)
  const logs = join(import.meta.dirname, '../../build/logs')
  mkdirSync(logs, { recursive: true })
  writeFileSync(join(logs, 'bench.txt'), `${tableText(rows)}\n\n${linux}\n`)
}

await main()
