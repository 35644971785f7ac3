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
  const found = findKernel(name)
  if (found) return found
  // A fresh installation has no package lists yet; without root the message has to do.
  if (process.getuid?.() === 0) run('apt-get', ['update', '-qq'])
  const kernel = findKernel(name)
  if (!kernel) throw new PackageError(`apt knows no package ${name}: run 'apt-get update'${elsewhere}`)
  return kernel
}

const elsewhere = `
Without Debian's packages, use a configuration with guests of your own: make iso CONFIG=path`

function findKernel(name: string): string | undefined {
  let description: string
  try {
    description = run('apt-cache', ['show', '--no-all-versions', name])
  } catch (error) {
    if (!commandExists('apt-cache')) throw error
    return undefined
  }
  return /^Depends:.*?\b(linux-image-[^ ,]+)/m.exec(description)?.[1]
}

/** Fetches the package `name` and unpacks it into `folder`, which is emptied first. */
export function fetchPackage(name: string, folder: string): FetchedPackage {
  const unpacked = resolve(folder)
  rmSync(unpacked, { recursive: true, force: true })
  mkdirSync(unpacked, { recursive: true })
  run('apt-get', ['download', '-qq', name], unpacked)
  const file = readdirSync(unpacked).find(entry => entry.endsWith('.deb'))
  if (!file) throw new PackageError(`'apt-get download ${name}' brought nothing`)
  const path = join(unpacked, file)
  const version = run('dpkg-deb', ['--field', path, 'Version']).trim()
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex')
  run('dpkg-deb', ['--extract', path, unpacked])
  rmSync(path)
  return { name, version, sha256 }
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
    return execFileSync(command, parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { code, stderr } = error as { code?: string, stderr?: string }
    if (code === 'ENOENT') throw new PackageError(`${command} is not here, so Debian's packages cannot be fetched.${elsewhere}`)
    throw new PackageError(`'${command} ${parameters.join(' ')}' failed: ${stderr?.trim() ?? error}`)
  }
}
