/** Builds the first root of the default Linux guests: busybox, a shell without login on ttyS0, and an ear for the power button. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cpioArchive, type Entry } from './cpio.ts'
import { MODULES } from './fetch.ts'

const OWN_FILES = join(import.meta.dirname, 'files')
const EMPTY_FOLDERS = ['dev', 'proc', 'sys', 'tmp', 'run', 'root', 'mnt']

/** Everything in the first root, made of what `fetch.ts` brought into `folder`. */
export function initramfsEntries(folder: string): Entry[] {
  const busybox = join(folder, 'busybox')
  const files: Entry[] = [{ kind: 'file', path: 'bin/busybox', mode: 0o755, content: readFileSync(busybox) }]
  for (const path of readdirSync(OWN_FILES, { recursive: true, encoding: 'utf8', withFileTypes: true })) {
    if (!path.isFile()) continue
    const place = join(path.parentPath, path.name)
    const content = readFileSync(place)
    // A script is to be run, whatever permissions the checkout kept.
    const mode = content.subarray(0, 2).toString() === '#!' ? 0o755 : 0o644
    files.push({ kind: 'file', path: place.slice(OWN_FILES.length + 1), mode, content })
  }
  for (const name of MODULES) {
    files.push({ kind: 'file', path: `lib/modules/${name}.ko`, mode: 0o644, content: readFileSync(join(folder, 'modules', `${name}.ko`)) })
  }
  files.push({ kind: 'file', path: 'lib/modules/order', mode: 0o644, content: Buffer.from(MODULES.map(name => `${name}\n`).join('')) })
  const taken = new Set(files.map(file => file.path))
  for (const path of execFileSync(busybox, ['--list-full'], { encoding: 'utf8' }).split('\n')) {
    if (path && !taken.has(path) && path !== 'linuxrc') files.push({ kind: 'link', path, target: '/bin/busybox' })
  }
  // The kernel opens /dev/console for the first process before anything is mounted.
  files.push({ kind: 'character', path: 'dev/console', mode: 0o600, major: 5, minor: 1 })

  const folders = new Set(EMPTY_FOLDERS)
  for (const { path } of files) for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) folders.add(parent)
  const directories = [...folders].map<Entry>(path => ({ kind: 'directory', path, mode: path === 'tmp' ? 0o1777 : 0o755 }))
  return [...directories, ...files].sort((one, other) => one.path < other.path ? -1 : 1)
}

if (process.argv[1] === import.meta.filename) {
  const [, , folder, target] = process.argv
  const archive = cpioArchive(initramfsEntries(folder))
  writeFileSync(target, archive)
  console.log(`  writes  ${target}, ${(archive.length / 2 ** 20).toFixed(1)} MiB`)
}
