/** The guests' first root, unpacked by GNU cpio. */
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cpioArchive, type Entry } from '../../tools/guests/cpio.ts'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'typervisor-cpio-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })

const entries: Entry[] = [
  { kind: 'directory', path: 'bin', mode: 0o755 },
  { kind: 'file', path: 'bin/one', mode: 0o755, content: Buffer.from('#!') },
  { kind: 'file', path: 'bin/empty', mode: 0o644, content: Buffer.alloc(0) },
  { kind: 'file', path: 'bin/größe', mode: 0o600, content: Buffer.alloc(4097, 'x') },
  { kind: 'link', path: 'bin/link', target: '/bin/one' },
]

test('GNU cpio unpacks what was put in', () => {
  execFileSync('cpio', ['--extract', '--make-directories', '--quiet', '--no-absolute-filenames'], { cwd: folder, input: cpioArchive(entries) })
  expect(lstatSync(join(folder, 'bin')).mode & 0o7777).toBe(0o755)
  expect(readFileSync(join(folder, 'bin/one'), 'utf8')).toBe('#!')
  expect(lstatSync(join(folder, 'bin/one')).mode & 0o7777).toBe(0o755)
  expect(readFileSync(join(folder, 'bin/empty')).length).toBe(0)
  expect(readFileSync(join(folder, 'bin/größe'), 'utf8')).toBe('x'.repeat(4097))
  expect(lstatSync(join(folder, 'bin/größe')).mode & 0o7777).toBe(0o600)
  expect(readlinkSync(join(folder, 'bin/link'))).toMatch(/bin\/one$/)
})

test('GNU cpio sees root as the owner, device numbers and no date', () => {
  const archive = cpioArchive([{ kind: 'character', path: 'dev/console', mode: 0o600, major: 5, minor: 1 }])
  const list = execFileSync('cpio', ['--list', '--verbose', '--numeric-uid-gid', '--quiet'], { input: archive, encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } })
  expect(list.replace(/\s+/g, ' ').trim()).toBe('crw------- 1 0 0 5, 1 Jan 1 1970 dev/console')
})

test('the same entries give the same bytes', () => {
  expect(cpioArchive(entries).equals(cpioArchive(entries))).toBe(true)
})
