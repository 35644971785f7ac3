/** The script that installs what is missing, in a world where apt-get and npm only write down that they were called. */
import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = join(import.meta.dirname, '../../tools/setup.sh')
const FOUND = ['sh', 'dirname', 'uname', 'nasm', 'gcc', 'make', 'ld', 'gdb', 'grub-mkimage', 'xorriso', 'mformat', 'qemu-system-x86_64', 'bochs', 'iasl', 'cpio', 'xz']

let folder: string
let calls: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'typervisor-setup-'))
  calls = join(folder, 'calls')
  writeFileSync(calls, '')
  mkdirSync(join(folder, 'bin'))
  for (const name of FOUND) symlinkSync(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(folder, 'bin', name))
  symlinkSync(process.execPath, join(folder, 'bin/node'))
  stub('id', 'echo 0')
  stub('apt-get', '')
  stub('npm', '')
})
afterEach(() => { rmSync(folder, { recursive: true }) })

function stub(name: string, then: string): void {
  const place = join(folder, 'bin', name)
  rmSync(place, { force: true })
  writeFileSync(place, '#!/bin/sh\n')
  if (name !== 'id') appendFileSync(place, `echo "${name} $*" >> ${calls}\n`)
  appendFileSync(place, `${then}\n`)
  chmodSync(place, 0o755)
}

function setup() {
  const { status, stdout, stderr } = spawnSync(join(folder, 'bin/sh'), [script], { encoding: 'utf8', env: { PATH: join(folder, 'bin') } })
  return { status, stdout, stderr, calls: readFileSync(calls, 'utf8').trim().split('\n') }
}

function lose(name: string): void { rmSync(join(folder, 'bin', name)) }

test('installs nothing and says nothing when nothing is missing', () => {
  expect(existsSync('/usr/lib/grub/i386-pc/boot.img')).toBe(true)
  expect(setup()).toEqual({ status: 0, stdout: '', stderr: '', calls: ['npm ls --all'] })
})

test('installs just the packages that are missing, and says which', () => {
  lose('nasm')
  lose('mformat')
  const { status, stdout, calls } = setup()
  expect(status).toBe(0)
  expect(stdout).toBe('Not found: nasm mtools\nInstalling them: apt-get install --no-install-recommends nasm mtools\n')
  expect(calls.slice(0, 2)).toEqual(['apt-get update -qq', 'apt-get install -y -qq --no-install-recommends nasm mtools'])
})

test('without root it takes sudo, and without sudo it says what to do', () => {
  lose('nasm')
  stub('id', 'echo 1000')
  expect(setup()).toMatchObject({ status: 1, stderr: 'Call this as root: apt-get update && apt-get install --no-install-recommends nasm\n' })
  stub('sudo', '')
  expect(setup().calls.slice(0, 2)).toEqual(['sudo apt-get update -qq', 'sudo apt-get install -y -qq --no-install-recommends nasm'])
})

test('elsewhere it says what to install by hand', () => {
  lose('xorriso')
  lose('apt-get')
  const { status, stdout, stderr } = setup()
  expect(status).toBe(1)
  expect(stdout).toBe('Not found: xorriso\n')
  expect(stderr).toMatch(/install these by hand/)
})

test('a failed installation ends it', () => {
  lose('nasm')
  stub('apt-get', 'exit 100')
  const { status, calls } = setup()
  expect(status).toBe(100)
  expect(calls).toEqual(['apt-get update -qq'])
})

test('npm packages are installed when they are not those of the lock file', () => {
  stub('npm', '[ "$1" = ci ]')
  const { status, stdout, calls } = setup()
  expect(status).toBe(0)
  expect(stdout).toBe('Installing the npm packages of package-lock.json: npm ci\n')
  expect(calls).toEqual(['npm ls --all', 'npm ci --no-progress'])
})

test('an old Node.js is refused', () => {
  lose('node')
  stub('node', '[ "$1" = --version ] && echo v18.19.0; exit 1')
  expect(setup()).toMatchObject({ status: 1, stderr: 'Node.js 20.19 or newer is needed, and this is v18.19.0: https://nodejs.org/en/download has it.\n' })
})
