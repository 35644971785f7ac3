/** Boots an image or a kernel in QEMU. */
import { copyFileSync } from 'node:fs'
import type { Config } from '../../tools/config/index.ts'
import { image } from './config.ts'
import { type Deadline, Emulator } from './emulator.ts'
import { Host } from './host.ts'

const OVMF = '/usr/share/OVMF'

/** The same instructions in every run, and a clock that counts them: a nanosecond each, times two to the power of `shift`. */
export function counted(shift: number): string[] {
  return ['-icount', `shift=${shift},sleep=off`, '-seed', '1', '-rtc', 'base=2026-01-01,clock=vm']
}

/** How a host is to be booted. */
export interface BootOptions {
  /** Names the log. */
  name: string
  /** An image, or the configuration to make one of. */
  iso?: string
  config?: Config
  /** With the modules of test/rogue/ in the place of the real ones. */
  rogue?: boolean
  /** MiB of RAM. */
  memory?: number
  firmware?: 'bios' | 'uefi'
  cpu?: string
  /** More of QEMU's parameters. */
  extra?: string[]
}

/** Boots a host; it may not have come to its prompt yet. */
export async function start({ name, iso, config, rogue, memory = 512, firmware = 'bios', cpu = 'EPYC', extra = [] }: BootOptions): Promise<Host> {
  const file = iso ?? await image(config ?? { vms: [] }, rogue)
  return new Host(await Emulator.start(name, [
    '-machine', 'q35', '-accel', 'tcg', '-cpu', cpu, '-m', String(memory), '-cdrom', file, '-boot', 'd', '-no-reboot',
    ...(firmware === 'uefi' ? uefi(file) : []), ...extra,
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

/** Boots one of the project's own kernels with no hypervisor. */
export async function bootAlone(name: string, kernel: string, commandLine = '', extra: string[] = []): Promise<Emulator> {
  return Emulator.start(name, [
    '-machine', 'q35', '-accel', 'tcg', '-cpu', 'EPYC', '-m', '64', '-no-reboot', '-kernel', kernel, '-append', commandLine, ...extra,
  ])
}
