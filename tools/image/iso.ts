/**
 * Makes an ISO 9660 image with GRUB that boots by BIOS and by UEFI, from a CD and from a disk. Every date, serial number and
 * identifier in it is fixed, so that the same files give the same image.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** 2026-01-01 00:00 UTC, the date of everything in an image: seconds since 1970, and as xorriso writes it. */
const DATE = 1767225600
const DATE_DIGITS = '2026010100000000'
const VOLUME = 'TYPERVISOR'
const GRUB = '/usr/lib/grub'
const MODULES = ['iso9660', 'multiboot2', 'normal', 'configfile', 'search', 'search_fs_file', 'serial', 'terminal', 'echo', 'all_video']
/** Sectors of 512 bytes that the 2.88 MB form of a FAT image has: enough for GRUB, and a size that every firmware reads. */
const FAT_KIBIBYTES = 2880

/** What an image is made of, and where it goes. */
export interface IsoParts { nucleus: string, pack: string, target: string }

/** The image cannot be made; the message says what to do. */
export class IsoError extends Error {}

// Without a serial port GRUB's `serial` fails and the screen stays; with one, what GRUB says is seen on both.
const GRUB_CONFIG = `set timeout=0
if serial --unit=0 --speed=115200; then
  terminal_input console serial
  terminal_output console serial
fi
menuentry Typervisor {
  multiboot2 /boot/typervisor.elf
  module2 /boot/typervisor.pack typervisor.pack
}
`

// What GRUB runs before it has a folder of its own: the volume is found by a file that only it has.
const FIRST_COMMANDS = `search.file /boot/typervisor.pack root
set prefix=($root)/boot/grub
`

/** Makes the image; `step` is told of each part before it is made. */
export function makeIso({ nucleus, pack, target }: IsoParts, step: (text: string) => void): void {
  for (const platform of ['i386-pc', 'x86_64-efi']) {
    if (!existsSync(join(GRUB, platform))) throw new IsoError(`GRUB for ${platform} is not in ${GRUB}: 'make setup' installs it on Debian`)
  }
  // Beside the target, where an image of this size has to have room anyway.
  mkdirSync(dirname(target), { recursive: true })
  const work = mkdtempSync(`${target}-`)
  try {
    const root = join(work, 'root')
    mkdirSync(join(root, 'boot/grub'), { recursive: true })
    copyFileSync(nucleus, join(root, 'boot/typervisor.elf'))
    copyFileSync(pack, join(root, 'boot/typervisor.pack'))
    writeFileSync(join(root, 'boot/grub/grub.cfg'), GRUB_CONFIG)
    writeFileSync(join(work, 'first.cfg'), FIRST_COMMANDS)
    step('GRUB for BIOS')
    biosImage(work, join(root, 'boot/grub/bios.img'))
    step('GRUB for UEFI')
    uefiImage(work, join(root, 'boot/grub/uefi.img'))
    step('ISO 9660 image')
    volume(root, join(work, 'image.iso'))
    // Renamed when it is whole, so that a build that was stopped leaves no half of an image.
    renameSync(join(work, 'image.iso'), target)
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** El Torito boot code followed by GRUB's core, as `grub-mkrescue` makes it. */
function biosImage(work: string, target: string): void {
  const core = join(work, 'core.img')
  grubImage('i386-pc', [...MODULES, 'biosdisk', 'part_msdos', 'part_gpt'], core, work)
  writeFileSync(target, Buffer.concat([readFileSync(join(GRUB, 'i386-pc/cdboot.img')), readFileSync(core)]))
}

/** An EFI system partition with GRUB where firmware looks for it on removable media (UEFI specification, 3.5.1.1). */
function uefiImage(work: string, target: string): void {
  const loader = join(work, 'BOOTX64.EFI')
  grubImage('x86_64-efi', [...MODULES, 'part_gpt', 'fat'], loader, work)
  utimesSync(loader, DATE, DATE)
  run('mformat', ['-C', '-i', target, '-f', String(FAT_KIBIBYTES), '-N', '54595056', '::'])
  run('mmd', ['-i', target, '::/EFI', '::/EFI/BOOT'])
  run('mcopy', ['-m', '-i', target, loader, '::/EFI/BOOT/BOOTX64.EFI'])
}

function grubImage(platform: string, modules: string[], target: string, work: string): void {
  run('grub-mkimage', ['-O', platform, '-d', join(GRUB, platform), '-p', '/boot/grub', '-c', join(work, 'first.cfg'), '-o', target, ...modules])
}

function volume(root: string, target: string): void {
  run('xorriso', [
    '-as', 'mkisofs', '-quiet', '-volid', VOLUME, '-r', '-J',
    '-b', 'boot/grub/bios.img', '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table', '--grub2-boot-info',
    '--grub2-mbr', join(GRUB, 'i386-pc/boot_hybrid.img'), '--protective-msdos-label',
    '--efi-boot', 'boot/grub/uefi.img', '-efi-boot-part', '--efi-boot-image',
    '--set_all_file_dates', DATE_DIGITS, '-o', target, root,
  ])
}

function run(command: string, parameters: string[]): void {
  try {
    // This fixes the volume's identifiers and dates and mtools' directory entries; files have their own (--set_all_file_dates).
    execFileSync(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SOURCE_DATE_EPOCH: String(DATE), TZ: 'UTC' } })
  } catch (error) {
    const { code, stderr } = error as { code?: string, stderr?: Buffer }
    if (code === 'ENOENT') throw new IsoError(`${command} is not installed: 'make setup' installs it on Debian`)
    throw new IsoError(`${command} failed: ${stderr?.toString().trim() ?? error}`)
  }
}
