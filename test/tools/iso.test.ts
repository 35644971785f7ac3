/** The command `make iso` calls, from outside: what it makes, says and refuses. The nucleus here is any file: nothing boots. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'typervisor-iso-'))
  writeFileSync(join(folder, 'nucleus.elf'), 'nucleus')
  writeFileSync(join(folder, 'kernel'), 'kernel')
  writeFileSync(join(folder, 'a.config.ts'), `import { defineConfig } from 'typervisor'
    export default defineConfig({ vms: [{ name: 'a', memory: 2, boot: { protocol: 'pvh', kernel: 'kernel' } }] })`)
})
afterAll(() => { rmSync(folder, { recursive: true }) })

function iso(config: string, out: string) {
  return spawnSync(join(root, 'node_modules/.bin/tsx'), [
    join(root, 'tools/iso.ts'), '--config', join(folder, config), '--out', join(folder, out), '--nucleus', join(folder, 'nucleus.elf'),
  ], { encoding: 'utf8', cwd: folder })
}

test('makes the same image from the same files, byte for byte, whenever and wherever', async () => {
  const first = iso('a.config.ts', 'one.iso')
  expect(first.stderr).toBe('')
  expect(first.status).toBe(0)
  expect(first.stdout.split('\n').map(line => line.trim().split(/\s+/)[0])).toEqual(['checks', 'packs', 'makes', 'makes', 'makes', 'done', ''])
  // Over a second later, with files of another date, under another name: ISO 9660 and FAT keep whole and even seconds.
  await new Promise(resolve => setTimeout(resolve, 2100))
  utimesSync(join(folder, 'nucleus.elf'), 1e9, 1e9)
  expect(iso('a.config.ts', 'another-name.iso').status).toBe(0)
  expect(readFileSync(join(folder, 'one.iso')).equals(readFileSync(join(folder, 'another-name.iso')))).toBe(true)
  expect(readdirSync(folder).sort()).toEqual(['a.config.ts', 'another-name.iso', 'another-name.pack', 'kernel', 'nucleus.elf', 'one.iso', 'one.pack'])
})

test('the image boots by BIOS and by UEFI and holds the nucleus and the pack', () => {
  const image = join(folder, 'one.iso')
  const xorriso = (...parameters: string[]) => execFileSync('xorriso', ['-indev', image, ...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const boot = xorriso('-report_el_torito', 'plain', '-report_system_area', 'plain')
  expect(boot).toMatch(/El Torito boot img : +1 +BIOS +y +none/)
  expect(boot).toMatch(/El Torito boot img : +2 +UEFI +y +none/)
  expect(boot).toMatch(/System area summary: MBR .*grub2-mbr.* GPT/)
  xorriso('-osirrox', 'on', '-extract', '/boot', join(folder, 'extracted'))
  expect(readFileSync(join(folder, 'extracted/typervisor.elf'), 'utf8')).toBe('nucleus')
  expect(readFileSync(join(folder, 'extracted/typervisor.pack')).equals(readFileSync(join(folder, 'one.pack')))).toBe(true)
  const loader = execFileSync('mdir', ['-b', '-i', join(folder, 'extracted/grub/uefi.img'), '::/EFI/BOOT'], { encoding: 'utf8' })
  expect(loader.trim()).toBe('::/EFI/BOOT/BOOTX64.EFI')
  rmSync(join(folder, 'extracted'), { recursive: true })
})

test('refuses a configuration before it builds anything', () => {
  writeFileSync(join(folder, 'bad.json'), '{ "vms": [{ "name": "a", "memory": 2, "boot": { "protocol": "pvh", "kernel": "none" } }] }')
  const { status, stdout, stderr } = iso('bad.json', 'bad.iso')
  expect(status).toBe(1)
  expect(stdout.trim().split('\n').length).toBe(1)
  expect(stderr).toMatch(/^.*bad\.json is not in order:\n {2}vms\[0\]\.boot\.kernel: found 'none', but there is no file .*\n$/)
  expect(readdirSync(folder).filter(name => name.startsWith('bad.'))).toEqual(['bad.json'])
})
