/** Builds the first root of the Linux guests: busybox, a shell without login on ttyS0, and an ear for the power button. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpioArchive, type Entry } from './cpio.ts'
import { busyboxLinks, ownFiles, tree } from './entries.ts'
import { MODULES } from './fetch.ts'

const EMPTY_FOLDERS = ['dev', 'proc', 'sys', 'tmp', 'run', 'root', 'mnt']

/** Everything in the first root, made of what `fetch.ts` brought into `folder`, and of programs that `programs.ts` brought. */
export function initramfsEntries(folder: string, programs?: string): Entry[] {
  const busybox = join(folder, 'busybox')
  return tree([
    ...busyboxLinks(busybox),
    { kind: 'file', path: 'bin/busybox', mode: 0o755, content: readFileSync(busybox) },
    ...MODULES.map<Entry>(name => ({ kind: 'file', path: `lib/modules/${name}.ko`, mode: 0o644, content: readFileSync(join(folder, 'modules', `${name}.ko`)) })),
    { kind: 'file', path: 'lib/modules/order', mode: 0o644, content: Buffer.from(MODULES.map(name => `${name}\n`).join('')) },
    ...programs ? ownFiles(programs).map(file => ({ ...file, mode: 0o755 })) : [],
    ...ownFiles(join(import.meta.dirname, 'files')),
    // The kernel opens /dev/console for the first process before anything is mounted.
    { kind: 'character', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
  ], EMPTY_FOLDERS)
}

if (process.argv[1] === import.meta.filename) {
  const [, , folder, target, programs] = process.argv
  const archive = cpioArchive(initramfsEntries(folder, programs))
  writeFileSync(target, archive)
  console.log(`  writes  ${target}, ${(archive.length / 2 ** 20).toFixed(1)} MiB`)
}
