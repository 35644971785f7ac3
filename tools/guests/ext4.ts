/** Writes ext4 file systems with e2fsprogs, for which nothing has to be mounted and nobody to be root. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { TYPES, type Entry } from './cpio.ts'

const BLOCK = 4096
/** No more than half of the least that a file system has of room. */
const JOURNAL_MEBIBYTES = 8
const ROOM_MEBIBYTES = 24
/** The same in all images, so that the same entries give the same bytes. */
const UUID = '8d1c7a52-6f0e-4b39-9c1a-7e5d20f4b6a3'
/** All dates, in seconds since 1970: the first of January 2026. */
const DATE = 1_767_225_600

const env = { ...process.env, E2FSPROGS_FAKE_TIME: `${DATE}` }

/** Writes a file system of the entries, whose folders come before what is in them, owned by root: the same entries give the same bytes. It has little room left and can be made larger (resize2fs). */
export function writeExt4(target: string, entries: readonly Entry[]): void {
  const bytes = entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? Math.ceil(entry.content.length / BLOCK) * BLOCK : BLOCK), 0)
  rmSync(target, { force: true })
  writeFileSync(target, '')
  truncateSync(target, (Math.ceil(bytes * 1.1 / 2 ** 20) + ROOM_MEBIBYTES) * 2 ** 20)
  const extended = `hash_seed=${UUID},root_owner=0:0,lazy_itable_init=0,nodiscard`
  // By their paths, since a user's own often has no folder of programs for administrators.
  execFileSync('/sbin/mke2fs', ['-q', '-F', '-t', 'ext4', '-b', `${BLOCK}`, '-U', UUID, '-m', '0', '-J', `size=${JOURNAL_MEBIBYTES}`, '-E', extended, target], { env, stdio: 'pipe' })
  fill(target, entries)
  execFileSync('/sbin/e2fsck', ['-fn', target], { stdio: 'pipe' })
}

function fill(target: string, entries: readonly Entry[]): void {
  const sources = `${target}.files`
  rmSync(sources, { recursive: true, force: true })
  mkdirSync(sources)
  const commands = entries.flatMap((entry, index) => {
    const source = join(sources, `${index}`)
    if (entry.kind === 'file') writeFileSync(source, entry.content)
    return made(entry, source)
  })
  const { stderr } = spawnSync('/sbin/debugfs', ['-w', '-f', '-', target], { env, input: commands.map(line => `${line}\n`).join(''), encoding: 'utf8', maxBuffer: 1 << 26 })
  rmSync(sources, { recursive: true })
  // It ends well whatever went wrong; all that it says there is its version, in one line, and what it could not do.
  const [, ...complaints] = stderr.trim().split('\n')
  if (complaints.length) throw new Error(`debugfs could not fill ${target}:\n${complaints.slice(0, 10).join('\n')}`)
}

/** The commands by which debugfs makes an entry; a file's content is in `source`. */
function made(entry: Entry, source: string): string[] {
  const path = `/${entry.path}`
  const name = `"${basename(path)}"`
  const folder = `cd "${dirname(path)}"`
  if (entry.kind === 'link') return [folder, `symlink ${name} "${entry.target}"`]
  const mode = `set_inode_field ${name} mode 0${(TYPES[entry.kind] | entry.mode).toString(8)}`
  if (entry.kind === 'directory') return [folder, `mkdir ${name}`, mode]
  if (entry.kind === 'file') return [folder, `write "${source}" ${name}`, mode]
  return [folder, `mknod ${name} c ${entry.major} ${entry.minor}`, mode]
}
