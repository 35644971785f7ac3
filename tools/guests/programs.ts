/** Brings programs of Debian's packages into a folder with every library that they load, as guests with the default first root can run them. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fetchPackages, PackageError, withLibraries } from './packages.ts'

/** Where programs and libraries are in Debian's packages for amd64. */
const PROGRAM_FOLDERS = ['bin', 'usr/bin', 'sbin', 'usr/sbin']
const LIBRARY_FOLDERS = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu', 'lib64', 'usr/lib64']

/** The libraries that an ELF file names as needed, and the loader that it asks for. */
function loads(file: string): string[] {
  const said = execFileSync('readelf', ['--wide', '--dynamic', '--program-headers', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return [...said.matchAll(/\(NEEDED\).*\[(.+)\]|program interpreter: (.+)\]/g)].map(([, library, loader]) => library ?? basename(loader))
}

function find(unpacked: string, folders: string[], name: string): string {
  const found = folders.map(folder => join(unpacked, folder, name)).find(existsSync)
  if (!found) throw new PackageError(`none of the packages has ${name}`)
  return found
}

/** The programs of these names, each of the package of the same name, or, as `package/program`, of another; in root/ of `folder` they lie in bin/, libraries in lib/, and the loader where programs look for it. */
function main(folder: string, programs: string[]): void {
  rmSync(folder, { recursive: true, force: true })
  const unpacked = join(folder, 'unpacked')
  const packages = programs.map(program => program.split('/')[0])
  const names = withLibraries(packages)
  console.log(`  fetches ${packages.join(', ')} and what they need, ${names.length} packages`)
  const fetched = fetchPackages(names, unpacked)
  for (const { name, version } of fetched) console.log(`  has     ${name} ${version}`)
  const done = new Set<string>()
  const bring = (from: string, path: string) => {
    if (done.has(path)) return
    done.add(path)
    const to = join(folder, 'root', path)
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(from, to)
    for (const name of loads(from)) bring(find(unpacked, LIBRARY_FOLDERS, name), `${name.startsWith('ld-linux') ? 'lib64' : 'lib'}/${name}`)
  }
  for (const program of programs.map(program => basename(program))) bring(find(unpacked, PROGRAM_FOLDERS, program), `bin/${program}`)
  rmSync(unpacked, { recursive: true })
  writeFileSync(join(folder, 'versions.json'), JSON.stringify(fetched, null, 2) + '\n')
}

try {
  const [, , folder, ...programs] = process.argv
  main(folder, programs)
} catch (error) {
  if (!(error instanceof PackageError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
