/** Makes a root volume of Debian's packages: bash, coreutils, e2fsprogs and fio with their libraries, and busybox for the rest, such as init and mount. */
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry } from './cpio.ts'
import { busyboxLinks, ownFiles, tree } from './entries.ts'
import { writeExt4 } from './ext4.ts'
import { fetchPackages, PackageError, withLibraries } from './packages.ts'

const PACKAGES = ['base-files', 'bash', 'busybox-static', 'coreutils', 'e2fsprogs', 'fio']
/** What Debian has in /usr, whatever its packages say, with links to there. */
const MERGED = ['bin', 'lib', 'lib64', 'sbin']
/** What nobody reads here; Debian's own small images are without it, too. */
const LEFT_OUT = /^usr\/share\/(doc|doc-base|info|lintian|locale|man)\//
const EMPTY_FOLDERS = ['dev', 'proc', 'sys', 'tmp', 'run', 'root', 'mnt']

function fetch(root: string): void {
  rmSync(root, { recursive: true, force: true })
  const names = withLibraries(PACKAGES)
  console.log(`  fetches ${PACKAGES.join(', ')} and what they need, ${names.length} packages`)
  const packages = fetchPackages(names, root)
  for (const { name, version } of packages) console.log(`  has     ${name} ${version}`)
}

/** The files and links in a folder. */
function unpacked(root: string): Entry[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8', withFileTypes: true }).flatMap<Entry>(found => {
    const place = join(found.parentPath, found.name)
    const path = place.slice(root.length + 1)
    if (LEFT_OUT.test(path)) return []
    if (found.isSymbolicLink()) return { kind: 'link', path, target: readlinkSync(place) }
    return found.isFile() ? { kind: 'file', path, mode: statSync(place).mode & 0o7777, content: readFileSync(place) } : []
  })
}

/** Everything on the volume, made of the packages in `root`. */
function debianEntries(root: string): Entry[] {
  const packed = unpacked(root)
  const busybox = packed.find(({ path }) => /^(usr\/)?bin\/busybox$/.test(path))!
  const merged = [...busyboxLinks(join(root, busybox.path)), ...packed].map(entry => MERGED.includes(entry.path.split('/')[0]) ? { ...entry, path: `usr/${entry.path}` } : entry)
  const links = MERGED.map<Entry>(path => ({ kind: 'link', path, target: `usr/${path}` }))
  const common = ownFiles(join(import.meta.dirname, 'files')).filter(({ path }) => path.startsWith('etc/'))
  return tree([...links, ...merged, ...common, ...ownFiles(join(import.meta.dirname, 'debian'))], EMPTY_FOLDERS)
}

if (process.argv[1] === import.meta.filename) {
  const [, , target] = process.argv
  const root = `${target}.unpacked`
  try {
    fetch(root)
    writeExt4(target, debianEntries(root))
    console.log(`  writes  ${target}, ${statSync(target).size >> 20} MiB`)
  } catch (error) {
    if (!(error instanceof PackageError)) throw error
    console.error(error.message)
    process.exitCode = 1
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
