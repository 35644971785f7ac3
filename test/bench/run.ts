/** `make bench`: what an exit costs in instructions, beside the floor measured in the same way and what KVM takes; and what everything else costs. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootAlone } from '../harness/boot.ts'
import { guest, guestFile } from '../harness/config.ts'
import { platforms } from '../harness/platform.ts'
import { counted } from '../harness/qemu.ts'
import { balloonOnQemu } from './balloon.ts'
import { exitsOn, patience, withHost } from './exits.ts'
import { framesOnQemu } from './frames.ts'
import { linuxAlone, linuxUnderHypervisor } from './linux.ts'
import { readsOnQemu } from './reads.ts'
import { EXITS, READS, tableText } from './table.ts'
import { vmcsAccesses } from './vmcs.ts'

const build = join(import.meta.dirname, '../../build')
const MEBIBYTE = 2 ** 20
/** What the target for the way to the first guest instruction is given for. */
const PAYLOAD = 20 * MEBIBYTE

interface Owner { name: string, bytes: number }

/** A line that holds a figure against its target. */
function against(what: string, measured: string, reached: boolean, target: string): string {
  return `${what}: ${measured} (target ${target}: ${reached ? 'reached' : 'MISSED'})`
}

async function floor(): Promise<number> {
  const emulator = await bootAlone('bench-floor', guestFile('floor.elf'), '', counted(0))
  try {
    const [, ticks] = await emulator.until('the floor', () => /bench floor ticks=(\d+)\n/.exec(emulator.transcript.text()), patience)
    return Number(ticks)
  } finally {
    await emulator.close()
  }
}

/** Prints as it goes, and keeps all of it. */
const report: string[] = []

function say(text: string): void {
  console.log(text)
  report.push(text)
}

say('AMD-V: QEMU TCG, -cpu EPYC without nRIP, -icount shift=0: a tick of the TSC is an instruction.')
say(`VT-x: Bochs, ${platforms['bochs-intel'].cpu} with sync=none: it ticks once for each instruction, the guest's and the host's.`)
say('VMRUN, VM entry, the exit itself and TLB misses count as nothing here; what is measured is the software\'s path.\n')

const least = await floor()
const amd = await exitsOn(platforms['qemu-amd'])
const intel = await exitsOn(platforms['bochs-intel'])
// What a processor waits has ticks too in Bochs, which its table must not show as instructions.
intel.delete('hlt-wake')
const reads = await readsOnQemu()
const frames = await framesOnQemu()
const balloon = await balloonOnQemu()
say(tableText([
  { what: 'floor: VMRUN, exit, registers saved', measured: least, intel: '-' },
  ...EXITS.map(({ name, ...row }) => ({ ...row, measured: amd.get(name), intel: intel.get(name) ?? (name === 'hlt-wake' ? '-' : undefined) })),
  // Bochs has no such drives.
  ...READS.map(({ name, ...row }) => ({ ...row, measured: reads.get(name)?.ticks, intel: '-' })),
  { what: 'frame of 1,500 bytes between two interfaces, 64 in a stream, each', measured: frames.ticks, intel: '-', target: 2500 },
  { what: 'GiB of memory that a guest gives back', measured: balloon.give, intel: '-' },
  { what: 'GiB that it takes again', measured: balloon.take, intel: '-' },
]))
say(`Interrupts for the reads that are under way at once: ${READS.map(({ name }) => `${name} ${reads.get(name)?.interrupts ?? 'not measured'}`).join(', ')}; for the stream of frames: ${frames.interrupts}`)
say('')
for (const [name, { reads, writes }] of await vmcsAccesses()) {
  say(`VMREAD and VMWRITE, counted in Node over a fake VMCS, ${EXITS.find(exit => exit.name === name)!.what}: ${reads} and ${writes}${name === 'cpuid' ? ` (target ≤ 6 and ≤ 2: ${reads <= 6 && writes <= 2 ? 'reached' : 'MISSED'})` : ''}`)
}
say('')

const payload = join(build, 'guests/payload')
writeFileSync(payload, Buffer.alloc(PAYLOAD, 0x5A))
const modules = [{ path: payload, cmdline: '' }]
await withHost('bench-start', [guest('hello', 'hello', '', { memory: '64 MiB', boot: { protocol: 'multiboot', kernel: guestFile('hello.elf'), modules } })], async host => {
  await host.vm('hello').sees(/type help/, patience)
  const ticks = Number(/first guest instruction after (\d+)/.exec(await host.command('log', patience))?.[1])
  say(against('From the boot loader to the first guest instruction, with 20 MiB for the guest', `${(ticks / 1e6).toFixed(1)} M instructions`, ticks < 150e6, '< 150 M'))
  const { owners } = await host.json<{ owners: Owner[] }>('host memory')
  // What is there for one VM grows with the VMs; what the boot loader and the firmware keep is not the nucleus's.
  const fixed = owners.filter(({ name }) => name === 'nucleus' || /^sandbox (driver|console)/.test(name)).reduce((sum, { bytes }) => sum + bytes, 0)
  say(against('Memory of the nucleus, its drivers and its console', `${(fixed / MEBIBYTE).toFixed(2)} MiB`, fixed <= 8 * MEBIBYTE, '≤ 8 MiB, Xen about 19'))
  const { overheadBytes } = await host.vm('hello').info()
  say(against('Memory of one VM beyond its RAM', `${(overheadBytes / MEBIBYTE).toFixed(2)} MiB`, overheadBytes <= 2 * MEBIBYTE, '≤ 2 MiB, Xen 2'))
})

const alone = await linuxAlone()
const under = await linuxUnderHypervisor()
say(against('Linux to its first process', `${(under / 1e6).toFixed(1)} M instructions, ${(alone / 1e6).toFixed(1)} M with no hypervisor, ${(under / alone).toFixed(3)} ×`,
  under <= 1.03 * alone, '≤ 1.03 ×, KVM 1.12 to 1.34'))

mkdirSync(join(build, 'logs'), { recursive: true })
writeFileSync(join(build, 'logs/bench.txt'), `${report.join('\n')}\n`)
