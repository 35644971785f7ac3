/** Images of any configuration, made as `make iso` makes them and kept as long as nothing that they are made of has changed. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../../tools/config/index.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

type VmConfig = Config['vms'][number]

/** Path of a guest that the project builds. */
export function guestFile(name: string): string { return join(root, 'build/guests', name) }

// Half of a boot is Linux's tests of its ciphers, a tenth the signatures of certificates: neither says anything of the hypervisor.
const SHORTCUTS = 'cryptomgr.notests initcall_blacklist=load_system_certificate_list,init_kprobe_trace'

/** A Linux of the default configuration, whose output is mirrored. */
export function linux(name: string, more: Partial<VmConfig> = {}, commandLine = '', shortcuts = SHORTCUTS): VmConfig {
  return {
    name, memory: '128 MiB', serial: { mirror: true }, ...more,
    boot: { protocol: 'linux', kernel: guestFile('vmlinuz'), initrd: guestFile('initrd.cpio'), cmdline: ['console=ttyS0', `hostname=${name}`, shortcuts || [], commandLine || []].flat().join(' ') },
  }
}

/** A Linux whose root is its first disk. */
export function rooted(name: string, more: Partial<VmConfig>, commandLine = ''): VmConfig {
  return linux(name, { memory: '256 MiB', ...more }, `root=/dev/vda ${commandLine}`)
}

/** The path of Debian's root volume, which is built when it is first asked for. */
export async function debian(): Promise<string> {
  await make('debian')
  return guestFile('debian.img')
}

/** One of the project's own guests, whose output is mirrored. */
export function guest(kernel: string, name: string, commandLine = '', more: Partial<VmConfig> = {}): VmConfig {
  return {
    name, memory: '16 MiB', serial: { mirror: true }, ...more,
    boot: { protocol: 'multiboot', kernel: guestFile(`${kernel}.elf`), cmdline: commandLine, ...more.boot },
  }
}

function files(config: Config): string[] {
  const ofVms = config.vms.flatMap(({ boot, disks }) => [boot.kernel, boot.initrd ?? [], boot.modules?.map(({ path }) => path) ?? [], disks?.map(({ image }) => image ?? []) ?? []].flat(2))
  return [...ofVms, ...config.images ?? []]
}

async function runOrFail(command: string, ...parameters: string[]): Promise<void> {
  // A make that calls us has flags of its own in the environment, which are not meant for a make that we call.
  const env = { ...process.env, MAKEFLAGS: '', MAKELEVEL: '' }
  try {
    await run(command, parameters, { cwd: root, env, maxBuffer: 1 << 26 })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string, stderr: string }
    throw new Error(`${command} ${parameters.join(' ')} failed:\n${stdout}${stderr}`)
  }
}

/** One make in this folder at a time: `make test` builds beside the tests. */
async function make(...targets: string[]): Promise<void> { await runOrFail('flock', 'Makefile', 'make', '--no-print-directory', ...targets) }

/** Builds everything that images are made of. vitest calls it once, before the first test, so that no test's time is spent on it. */
export async function build(): Promise<void> { await make('build/boot/typervisor.elf', 'guests') }

/** A nucleus that differs from the shipped one: with the modules of test/rogue/ in the place of the real ones, with what test/instrumented/ adds, or slow as test/delayed/ has it. */
export type Nucleus = 'rogue' | 'instrumented' | 'delayed'

const builds = new Map<Nucleus, Promise<void>>()

/** Builds it, once per process. */
function buildNucleus(which: Nucleus): Promise<void> {
  const build = builds.get(which) ?? make(`${which}-nucleus`, 'guests')
  builds.set(which, build)
  return build
}

/** The path of a nucleus that can be booted. */
export function nucleusOf(which?: Nucleus): string { return join(root, which ? `build/${which}/typervisor.elf` : 'build/boot/typervisor.elf') }

/** The path of an image of this configuration, with the shipped nucleus or another. */
export async function image(config: Config, which?: Nucleus): Promise<string> {
  if (which) await buildNucleus(which)
  const nucleus = nucleusOf(which)
  const text = JSON.stringify(config, undefined, 2)
  const hash = createHash('sha256').update(text)
  for (const file of [nucleus, ...files(config)]) {
    const { mtimeMs, size } = statSync(file)
    hash.update(`${file} ${mtimeMs} ${size}\n`)
  }
  const folder = join(root, 'build/images')
  mkdirSync(folder, { recursive: true })
  const place = join(folder, hash.digest('hex').slice(0, 16))
  if (!existsSync(`${place}.iso`)) {
    writeFileSync(`${place}.json`, text)
    // What `make iso` runs once everything is built.
    await runOrFail(join(root, 'node_modules/.bin/tsx'), 'tools/iso.ts', '--config', `${place}.json`, '--out', `${place}.iso`, '--nucleus', nucleus)
  }
  return `${place}.iso`
}
