/** Boots an image or a kernel in an emulator. */
import { copyFileSync } from 'node:fs'
import type { Config } from '../../tools/config/index.ts'
import { Bochs } from './bochs.ts'
import { image, nucleusOf, type Nucleus } from './config.ts'
import type { Deadline, Emulator } from './emulator.ts'
import { Host } from './host.ts'
import { platform, type Platform } from './platform.ts'
import { counted, Qemu } from './qemu.ts'

const OVMF = '/usr/share/OVMF'
/** Bochs' TSC where a processor of today's speed is asked for: faster, and its firmware's waits would take minutes. */
const FAST_HERTZ = 400_000_000

/** How a host is to be booted. */
export interface BootOptions {
  /** Names the log. */
  name: string
  /** An image, or the configuration to make one of. */
  iso?: string
  config?: Config
  /** Not the shipped nucleus but this one. */
  nucleus?: Nucleus
  /** MiB of RAM. */
  memory?: number
  /** The host's. */
  processors?: number
  /** Of each core, in QEMU: the processors are so many times fewer cores. */
  threads?: number
  firmware?: 'bios' | 'uefi'
  /** The image's nucleus and pack are loaded by QEMU, which speaks Multiboot 1, with no GRUB. */
  direct?: boolean
  /** The machine, where it is not the one that all tests run on. */
  on?: Platform
  /** The emulator's name of the CPU, where it is not the platform's. */
  cpu?: string
  /** Bochs' BIOS, where it is not its own. */
  bios?: string
  /** Time is instructions: a nanosecond each, times two to the power of this. Bochs has a pace of its own, which only 0 makes faster and 5 or more slower. In QEMU not beside a Linux: it is then interrupted with IF = 0 again and again (SUPPORT.md). */
  counted?: number
  /** More of QEMU's parameters. */
  extra?: string[]
}

/** Boots a host; it may not have come to its prompt yet. */
export async function start({ name, iso, config, nucleus, memory = 512, processors = 1, threads = 1, firmware = 'bios', direct = false, on = platform, cpu = on.cpu, bios, counted: shift, extra = [] }: BootOptions): Promise<Host> {
  const file = iso ?? await image(config ?? { vms: [] }, nucleus)
  if (on.emulator === 'bochs') {
    if (firmware !== 'bios' || direct || threads !== 1 || extra.length) throw new Error(`Bochs has no ${firmware}, no threads and no parameters ${extra.join(' ')}`)
    return new Host(await Bochs.start(`${on.name}-${name}`, { ...on, cpu, tscHertz: shift === 0 ? FAST_HERTZ : Math.min(on.tscHertz, 1e9 / 2 ** (shift ?? 0)), iso: file, memory, processors, bios }))
  }
  return new Host(await Qemu.start(name, [
    '-machine', 'q35', '-accel', 'tcg', '-cpu', cpu, '-m', String(memory), '-smp', `${processors},cores=${processors / threads},threads=${threads}`, '-no-reboot',
    ...(direct ? ['-kernel', nucleusOf(nucleus), '-initrd', `${file.replace(/iso$/, 'pack')} typervisor.pack`] : ['-cdrom', file, '-boot', 'd']),
    ...(firmware === 'uefi' ? uefi(file) : []), ...(shift === undefined ? [] : counted(shift)), ...extra,
  ]))
}

/** Boots a host and waits for its prompt. */
export async function boot(options: BootOptions, deadline: Deadline = {}): Promise<Host> {
  const host = await start(options)
  try {
    await host.prompts(deadline)
  } catch (error) {
    await host.close()
    throw error
  }
  return host
}

function uefi(file: string): string[] {
  const variables = `${file}.uefi-variables`
  copyFileSync(`${OVMF}/OVMF_VARS.fd`, variables)
  return [
    '-drive', `if=pflash,format=raw,readonly=on,file=${OVMF}/OVMF_CODE.fd`,
    '-drive', `if=pflash,format=raw,file=${variables}`,
  ]
}

/** Boots one of the project's own kernels with no hypervisor, in QEMU. */
export async function bootAlone(name: string, kernel: string, commandLine = '', extra: string[] = []): Promise<Emulator> {
  return Qemu.start(name, [
    '-machine', 'q35', '-accel', 'tcg', '-cpu', 'EPYC', '-m', '64', '-no-reboot', '-kernel', kernel, '-append', commandLine, ...extra,
  ])
}
