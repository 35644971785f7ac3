/** File systems for guests, read by e2fsprogs' own debugfs. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Entry } from '../../tools/guests/cpio.ts'
import { writeExt4 } from '../../tools/guests/ext4.ts'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'typervisor-ext4-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })

const entries: Entry[] = [
  { kind: 'directory', path: 'a', mode: 0o755 },
  { kind: 'directory', path: 'a/b', mode: 0o1777 },
  { kind: 'file', path: 'a/b/two words', mode: 0o4755, content: Buffer.alloc(5_000_000, 'x') },
  { kind: 'link', path: 'a/link', target: '/a/b/two words' },
  { kind: 'file', path: 'a/one', mode: 0o600, content: Buffer.from('#!') },
  { kind: 'character', path: 'console', mode: 0o600, major: 5, minor: 1 },
]

const debugfs = (image: string, request: string) => execFileSync('/sbin/debugfs', ['-R', request, image], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 })
const modes = (image: string, path: string) => Object.fromEntries(debugfs(image, `ls -p ${path}`).split('\n').filter(Boolean).map(line => {
  const [, , mode, user, group, name] = line.split('/')
  return [name, `${mode} ${user} ${group}`]
}))

test('e2fsprogs finds what was put in, owned by root', () => {
  const image = join(folder, 'whole.img')
  writeExt4(image, entries)
  expect(modes(image, '/')).toMatchObject({ a: '040755 0 0', console: '020600 0 0' })
  expect(modes(image, '/a')).toMatchObject({ b: '041777 0 0', link: '120777 0 0', one: '100600 0 0' })
  expect(modes(image, '/a/b')).toMatchObject({ 'two words': '104755 0 0' })
  expect(debugfs(image, 'cat "/a/b/two words"')).toBe('x'.repeat(5_000_000))
  expect(debugfs(image, 'stat /a/link')).toContain('Fast link dest: "/a/b/two words"')
  expect(debugfs(image, 'stat /console')).toContain('Device major/minor number: 05:01')
})

test('the same entries give the same bytes', async () => {
  const images = ['one.img', 'other.img'].map(name => join(folder, name))
  writeExt4(images[0], entries)
  await new Promise(resolve => setTimeout(resolve, 1100)) // dates are in seconds
  writeExt4(images[1], entries)
  const [one, other] = images.map(image => readFileSync(image))
  expect(one.equals(other)).toBe(true)
})

test('what cannot be made is said', () => {
  expect(() => writeExt4(join(folder, 'wrong.img'), [{ kind: 'link', path: 'nowhere/link', target: 'a' }])).toThrow(/debugfs could not fill .*wrong\.img:\n.*nowhere/s)
})
