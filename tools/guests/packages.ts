/** Files from Debian's own packages, fetched by apt and unpacked without being installed. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** One fetched package, as it is recorded beside what was made of it. */
export interface FetchedPackage { name: string, version: string, sha256: string }

/** A package cannot be had; the message says what to do. */
export class PackageError extends Error {}

/** The package of the newest kernel that the empty package `name` depends on, e.g. linux-image-6.1.0-56-cloud-amd64. */
export function newestKernel(name: string): string {
  const kernel = /^Depends:.*?\b(linux-image-[^ ,]+)/m.exec(descriptions([name])[0])?.[1]
  if (!kernel) throw new PackageError(`the package ${name} depends on no kernel`)
  return kernel
}

/** The packages `names` and those with the shared libraries that their programs need, in alphabetical order: what is needed only to install them is left out. */
export function withLibraries(names: readonly string[]): string[] {
  const seen = new Set(names)
  const all: string[] = []
  for (let found = descriptions(names); found.length;) {
    all.push(...found.map(text => /^Package: (.*)$/m.exec(text)![1]))
    const more = found.flatMap(dependencies).filter(name => !seen.has(name))
    for (const name of more) seen.add(name)
    found = find([...new Set(more)]).filter(text => /^Section: libs$/m.test(text))
  }
  return all.sort()
}

/** The names of the packages that a package of this description depends on, the first of several that would do (Debian Policy, 7.1 and 7.2). */
function dependencies(description: string): string[] {
  const fields = [...description.matchAll(/^(?:Pre-)?Depends: (.*)$/gm)]
  return fields.flatMap(([, list]) => list.split(',').map(one => /[a-z0-9][a-z0-9+.-]*/.exec(one)![0]))
}

const elsewhere = `
Without Debian's packages, use a configuration with guests of your own: make iso CONFIG=path`

/** What apt says of each of the packages, which all have to be there. */
function descriptions(names: readonly string[]): string[] {
  let found = find(names)
  // A fresh installation has no package lists yet; without root the message has to do.
  if (found.length < names.length && process.getuid?.() === 0) {
    run('apt-get', ['update', '-qq'])
    found = find(names)
  }
  const missing = names.filter(name => !found.some(text => text.startsWith(`Package: ${name}\n`)))
  if (missing.length) throw new PackageError(`apt knows no package ${missing.join(', ')}: run 'apt-get update'${elsewhere}`)
  return found
}

/** What apt says of those of the packages that are there: a name may also be one that several packages provide. */
function find(names: readonly string[]): string[] {
  if (!names.length) return []
  try {
    return run('apt-cache', ['show', '--no-all-versions', ...names]).split(/\n\n+/).filter(text => text.startsWith('Package: '))
  } catch (error) {
    if (!commandExists('apt-cache')) throw error
    return []
  }
}

/** Fetches packages and unpacks them into `folder`, where what is there already stays. */
export function fetchPackages(names: readonly string[], folder: string): FetchedPackage[] {
  const fetched = resolve(`${folder}.fetched`)
  rmSync(fetched, { recursive: true, force: true })
  mkdirSync(fetched, { recursive: true })
  mkdirSync(folder, { recursive: true })
  run('apt-get', ['download', '-qq', ...names], fetched)
  const packages = readdirSync(fetched).sort().map(file => {
    const path = join(fetched, file)
    const [name, version] = ['Package', 'Version'].map(field => run('dpkg-deb', ['--field', path, field]).trim())
    run('dpkg-deb', ['--extract', path, folder])
    return { name, version, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') }
  })
  rmSync(fetched, { recursive: true })
  return packages
}

function commandExists(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function run(command: string, parameters: string[], cwd?: string): string {
  try {
    return execFileSync(command, parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 })
  } catch (error) {
    const { code, stderr } = error as { code?: string, stderr?: string }
    if (code === 'ENOENT') throw new PackageError(`${command} is not here, so Debian's packages cannot be fetched.${elsewhere}`)
    throw new PackageError(`'${command} ${parameters.join(' ')}' failed: ${stderr?.trim() ?? error}`)
  }
}
