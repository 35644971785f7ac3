/** The declared policy: what each kind of sandbox may be granted, and that nothing unknown is granted at all. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

const root = join(import.meta.dirname, '../..')
const Machine = 0, Driver = 1, Screen = 2, Console = 3, Firmware = 4, Configuration = 5, Refusal = 6, Devices = 7, Device = 8, Storage = 9, Switch = 10

/** Modules by what they import, as boot/hw.h gives their names: NUL-terminated, somewhere in the address space. */
let modules: string[][] = []
const IMAGE = 0xFFFF_FFFF_8000_0000n
const nameAt = (module: number, index: number) => IMAGE + BigInt(module << 16 | index << 8)

let policy: Record<string, any>
beforeAll(async () => {
  policy = (await instantiate('test/kernel/policy.entry.ts', {
    imports: {
      hw: {
        moduleImport: (module: number, index: number) => index < modules[module].length ? nameAt(module, index) : 0n,
        peek: (address: bigint) => {
          const place = Number(BigInt.asUintN(64, address) - IMAGE)
          const name = Buffer.from(`${modules[place >> 16][place >> 8 & 0xFF]}\0${'~'.repeat(300)}`)
          return name.readBigInt64LE(place & 0xFF)
        },
      },
    },
  })).exports
})

/** True when a module with these imports may be instantiated as this kind. */
function isAllowed(kind: number, imports: string[]): boolean {
  modules = [imports]
  return (policy.importedSpaces(0) & ~policy.allowedSpaces(kind)) === 0
}

const importsIn = (folder: string) => readdirSync(join(root, 'capability')).filter(file => file.endsWith('.ts')).flatMap(file =>
  [...readFileSync(join(root, 'capability', file), 'utf8').matchAll(/@external\('(\w+)', '(\w+)'\)/g)].map(([, space, name]) => `${space}.${name}`))
  .filter(name => folder === '*' || name.startsWith(`${folder}.`))

/** Who may have what: docs/architecture.md's picture, in full. */
const table: [string, number[]][] = [
  ['ram', [Machine]], ['file', [Machine]], ['clock', [Machine]], ['interrupt', [Machine]], ['serial', [Machine]], ['power', [Machine]],
  ['config', [Machine]], ['start', [Machine]], ['entropy', [Machine, Storage]], ['port', [Driver, Screen, Firmware, Devices]], ['device', [Devices, Device, Storage]], ['block', [Device]], ['disk', [Machine]], ['vcpu', [Machine]], ['storage', [Storage]], ['net', [Machine, Device]], ['switch', [Switch]], ['stream', [Driver, Screen]], ['screen', [Screen]], ['admin', [Console]],
  ['firmware', [Firmware]], ['modules', [Configuration]], ['refusal', [Refusal]], ['log', [Machine, Driver, Screen, Console, Firmware, Configuration, Refusal, Devices, Device, Storage, Switch]],
]

describe.each(table)('%s', (space, kinds) => {
  test.each([['a machine', Machine], ['a driver', Driver], ['the screen', Screen], ['the console', Console], ['the firmware\'s reader', Firmware], ['the configuration\'s reader', Configuration], ['the reader of refused vCPUs', Refusal], ['who looks for devices', Devices], ['a device\'s driver', Device], ['the pool', Storage], ['the switches', Switch]])('for %s', (_, kind) => {
    expect(importsIn(space).length).toBeGreaterThan(0)
    for (const name of importsIn(space)) expect(isAllowed(kind as number, [name]), name).toBe(kinds.includes(kind as number))
  })
})

test('every space that is declared is in the table', () => {
  expect(new Set(importsIn('*').map(name => name.split('.')[0]))).toEqual(new Set(table.map(([space]) => space)))
})

test('AssemblyScript\'s abort is everybody\'s', () => {
  for (const kind of [Machine, Driver, Screen, Console, Firmware, Configuration, Refusal, Devices, Device, Storage, Switch]) expect(isAllowed(kind, ['env.abort'])).toBe(true)
})

test('one forbidden import among many is enough', () => {
  expect(isAllowed(Machine, ['log.line', 'ram.read8', 'clock.now'])).toBe(true)
  expect(isAllowed(Machine, ['log.line', 'ram.read8', 'admin.power', 'clock.now'])).toBe(false)
})

test.each(['hw.out8', 'ra.read8', 'ram', 'ramm.read8', 'Ram.read8', '', '.', 'wasi_snapshot_preview1.fd_write'])('unknown: %s', name => {
  for (const kind of [Machine, Driver, Screen, Console, Firmware, Configuration, Refusal, Devices, Device, Storage, Switch]) expect(isAllowed(kind, [name]), `${kind}`).toBe(false)
})

test('a kind that is none may have nothing', () => {
  expect(isAllowed(17, ['log.line'])).toBe(false)
})
