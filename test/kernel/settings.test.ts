/** What an administrator may set of a VM and of the host, and that the scheduler goes by it at once. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

let nucleus: Record<string, any>
const Ok = 0, NoSuchObject = 1, OutOfRange = 3
const Stopped = 0, Running = 1, Paused = 2, Crashed = 3
const Setting = { Weight: 0, Cap: 4, Affinity: 5, Preferred: 6, VcpuCount: 7, MemoryWanted: 8 }
/** Offsets in a VmRecord, the last two of 64 bits. */
const Key = { VcpuCount: 0x20, MaxVcpus: 0x1C, Weight: 0x08, Cap: 0x24, Affinity: 0x38, Preferred: 0x40 }
/** What the console was given last. */
let given: DataView

beforeAll(async () => {
  const hw = { readTsc: () => 1000n, multiplyShift: (ticks: bigint) => ticks, scale: (value: bigint) => value, armTimer: () => {}, store32: () => {}, load32: () => 0, load64: () => 0n,
    copyToVirtual: (_: bigint, source: number, length: bigint) => { given = new DataView(nucleus.memory.buffer, source >>> 0, Number(length)) },
    cpuid: (leaf: number, _: number, register: number) => leaf === 0 ? 0x0B : leaf === 0x0B ? [1, 2, 1 << 8, 0][register] : 0, // two threads a core
  }
  const { exports, memory } = await instantiate('test/kernel/settings.entry.ts', { imports: { hw } })
  nucleus = { ...exports, memory }
})
beforeEach(() => nucleus.prepare(Running))

const set = (setting: number, value: bigint, vm = 0): number => nucleus.adminVmSet(2, vm, setting, value)
function number(key: number): bigint {
  expect(nucleus.adminVmRecord(2, 0, 4096)).toBeTruthy()
  return key >= 0x30 ? given.getBigUint64(key, true) : BigInt(given.getUint32(key, true))
}
const inEffect = () => [0, 1, 2, 3].map(key => BigInt.asUintN(64, nucleus.inEffect(key)))
const all = (1n << 64n) - 1n

test('a setting of a VM that runs is in effect', () => {
  expect(inEffect()).toEqual([100n, 0n, all, 0n])
  expect([set(Setting.Weight, 300n), set(Setting.Cap, 50n), set(Setting.Affinity, 2n), set(Setting.Preferred, 1n)]).toEqual([Ok, Ok, Ok, Ok])
  expect(inEffect()).toEqual([300n, 50n, 2n, 1n])
  expect([number(Key.Weight), number(Key.Cap), number(Key.Affinity), number(Key.Preferred)]).toEqual([300n, 50n, 2n, 1n])
  expect([set(Setting.Cap, 0n), set(Setting.Affinity, 0n), set(Setting.Preferred, 0n)]).toEqual([Ok, Ok, Ok])
  expect(inEffect()).toEqual([300n, 0n, all, 0n])
})

test('one of a VM that does not run is kept for its start', () => {
  nucleus.prepare(Stopped)
  expect(set(Setting.Cap, 3200n)).toBe(Ok)
  expect(number(Key.Cap)).toBe(3200n)
  expect(inEffect()).toEqual([0n, 0n, 0n, 0n])
})

test('core scheduling is in effect at once, and goes again', () => {
  const CoreScheduling = 0, Key = { CoreScheduling: 7, ForcedIdle: 5, Core: 6 }
  const cores = () => [nucleus.coreInEffect(0), nucleus.coreInEffect(1)]
  expect([nucleus.adminCpuNumber(2, 0, Key.Core), nucleus.adminCpuNumber(2, 1, Key.Core)]).toEqual([3n, 3n])
  expect([nucleus.adminHostNumber(2, Key.CoreScheduling), cores()]).toEqual([0n, [1, 2]])
  expect(nucleus.adminHostSet(2, CoreScheduling, 1n)).toBe(Ok)
  expect([nucleus.adminHostNumber(2, Key.CoreScheduling), cores()]).toEqual([1n, [3, 3]])
  expect([nucleus.adminHostSet(2, CoreScheduling, 2n), nucleus.adminHostSet(2, CoreScheduling, 1n << 32n), nucleus.adminHostSet(2, 1, 0n)]).toEqual([OutOfRange, OutOfRange, OutOfRange])
  expect([nucleus.adminHostNumber(2, Key.CoreScheduling), cores()]).toEqual([1n, [3, 3]])
  expect(nucleus.adminHostSet(2, CoreScheduling, 0n)).toBe(Ok)
  expect([nucleus.adminHostNumber(2, Key.CoreScheduling), cores()]).toEqual([0n, [1, 2]])
  expect(nucleus.adminCpuNumber(2, 0, Key.ForcedIdle)).toBe(0n)
})

describe('what is out of range changes nothing', () => {
  test.each([
    ['weight 0', Setting.Weight, 0n], ['weight 10001', Setting.Weight, 10001n], ['cap 3201', Setting.Cap, 3201n], ['a cap of more than 32 bits', Setting.Cap, (1n << 32n) + 1n],
    ['a processor that the host has not', Setting.Affinity, 4n], ['any', Setting.Affinity, all], ['one to prefer', Setting.Preferred, 7n],
    ['no such setting', 9, 1n], ['no memory', Setting.MemoryWanted, 0n], ['memory not of 2 MiB', Setting.MemoryWanted, 1n << 20n], ['more memory than it may have', Setting.MemoryWanted, 66n << 20n],
  ])('%s', (_, setting, value) => {
    expect(set(setting, value)).toBe(OutOfRange)
    expect([number(Key.Weight), number(Key.Cap), number(Key.Affinity), number(Key.Preferred)]).toEqual([100n, 0n, 0n, 0n])
    expect(inEffect()).toEqual([100n, 0n, all, 0n])
  })

  test('no such VM', () => {
    expect(set(Setting.Cap, 50n, 1)).toBe(NoSuchObject)
    expect(nucleus.adminVmRecord(2, 1, 4096)).toBeFalsy()
  })
})

test.each([Stopped, Running, Paused])('what it is to keep of its memory, in state %i', state => {
  nucleus.prepare(state)
  for (const bytes of [64n << 20n, 2n << 20n]) {
    expect(set(Setting.MemoryWanted, bytes)).toBe(Ok)
    expect(number(0x78)).toBe(BigInt.asIntN(64, bytes))
  }
})

describe('the number of vCPUs', () => {
  test.each([Stopped, Crashed, Running, Paused])('of a VM in state %i, within its room', state => {
    nucleus.prepare(state)
    for (const count of [4n, 1n, 2n]) {
      expect(set(Setting.VcpuCount, count)).toBe(Ok)
      expect(number(Key.VcpuCount)).toBe(count)
    }
  })
  test.each([Stopped, Crashed])('makes room for itself in state %i', state => {
    nucleus.prepare(state)
    expect(set(Setting.VcpuCount, 32n)).toBe(Ok)
    expect([number(Key.VcpuCount), number(Key.MaxVcpus)]).toEqual([32n, 32n])
    nucleus.configureMaxVcpus(6)
    expect(set(Setting.VcpuCount, 2n)).toBe(Ok)
    expect([number(Key.VcpuCount), number(Key.MaxVcpus)]).toEqual([2n, 6n])
  })
  test.each([Running, Paused])('has its room in state %i', state => {
    nucleus.prepare(state)
    expect(set(Setting.VcpuCount, 5n)).toBe(OutOfRange)
    expect([number(Key.VcpuCount), number(Key.MaxVcpus)]).toEqual([1n, 4n])
  })
  test.each([[Stopped, 0n], [Stopped, 33n], [Stopped, (1n << 32n) + 1n], [Running, 0n], [Running, (1n << 32n) + 1n]])('in state %i is not %i', (state, value) => {
    nucleus.prepare(state)
    expect(set(Setting.VcpuCount, value)).toBe(OutOfRange)
    expect(number(Key.VcpuCount)).toBe(1n)
  })
})
