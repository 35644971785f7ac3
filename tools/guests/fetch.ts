/** Brings what the Linux guests are made of into a folder: Debian's cloud kernel, some of its modules, and busybox. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fetchPackages, newestKernel, PackageError } from './packages.ts'

/** Debian's name for whatever its newest kernel for virtual machines is. */
const KERNEL = 'linux-image-cloud-amd64'

/**
 * Modules that the guests load, in this order, since Debian's cloud kernel has them outside its image: the power button is an ACPI button, whose presses come
 * as input events; virtio's are what a virtual device needs, each those before it.
 */
export const MODULES = ['button', 'evdev', 'virtio_ring', 'virtio', 'virtio_pci_legacy_dev', 'virtio_pci_modern_dev', 'virtio_pci', 'virtio-rng', 'virtio_blk', 'failover', 'net_failover', 'virtio_net', 'virtio_balloon', 'virtio_console']

function findModule(folder: string, name: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(path => new RegExp(`(^|/)${name}\\.ko(\\.xz)?$`).test(path))
  if (!found) throw new PackageError(`the kernel package has no module ${name}`)
  return join(folder, found)
}

function main(folder: string): void {
  mkdirSync(join(folder, 'modules'), { recursive: true })
  const unpacked = join(folder, 'unpacked')
  rmSync(unpacked, { recursive: true, force: true })

  const kernel = newestKernel(KERNEL)
  console.log(`  fetches ${kernel} and busybox-static`)
  const packages = fetchPackages([kernel, 'busybox-static'], unpacked)
  const image = readdirSync(join(unpacked, 'boot')).find(name => name.startsWith('vmlinuz-'))
  if (!image) throw new PackageError(`the package ${kernel} has no boot/vmlinuz-*`)
  copyFileSync(join(unpacked, 'boot', image), join(folder, 'vmlinuz'))
  for (const name of MODULES) {
    const module = findModule(unpacked, name)
    // Newer Debian releases compress their modules; busybox's insmod wants them plain.
    const content = module.endsWith('.xz') ? execFileSync('xz', ['-dc', module], { maxBuffer: 1 << 26 }) : readFileSync(module)
    writeFileSync(join(folder, 'modules', `${name}.ko`), content)
  }

  const busybox = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).find(path => /(^|\/)bin\/busybox$/.test(path))
  if (!busybox) throw new PackageError('the package busybox-static has no busybox')
  copyFileSync(join(unpacked, busybox), join(folder, 'busybox'))

  rmSync(unpacked, { recursive: true })
  writeFileSync(join(folder, 'versions.json'), JSON.stringify(packages, null, 2) + '\n')
  for (const { name, version } of packages) console.log(`  has     ${name} ${version}`)
}

if (process.argv[1] === import.meta.filename) {
  try {
    main(process.argv[2])
  } catch (error) {
    if (!(error instanceof PackageError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
