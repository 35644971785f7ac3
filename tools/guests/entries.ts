/** What the roots of the Linux guests have in common: files of our own, busybox by each of its names, and the folders of all of it. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Entry } from './cpio.ts'

/** The files of a folder of this project. A script is to be run, whatever permissions the checkout kept. */
export function ownFiles(folder: string): Entry[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter(path => path.isFile()).map(path => {
    const place = join(path.parentPath, path.name)
    const content = readFileSync(place)
    return { kind: 'file', path: place.slice(folder.length + 1), mode: content.subarray(0, 2).toString() === '#!' ? 0o755 : 0o644, content }
  })
}

/** Links to /bin/busybox by all names that this busybox knows. */
export function busyboxLinks(busybox: string): Entry[] {
  const paths = execFileSync(busybox, ['--list-full'], { encoding: 'utf8' }).split('\n').filter(path => path && path !== 'linuxrc')
  return paths.map(path => ({ kind: 'link', path, target: '/bin/busybox' }))
}

/** All entries with their folders and with those that are empty so far, in alphabetical order. Of several of one path the last counts. */
export function tree(entries: readonly Entry[], emptyFolders: readonly string[]): Entry[] {
  const all = new Map<string, Entry>()
  const folder = (path: string): Entry => ({ kind: 'directory', path, mode: path === 'tmp' ? 0o1777 : 0o755 })
  for (const path of emptyFolders) all.set(path, folder(path))
  for (const { path } of entries) for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) all.set(parent, folder(parent))
  for (const entry of entries) all.set(entry.path, entry)
  return [...all.values()].sort((one, other) => one.path < other.path ? -1 : 1)
}
