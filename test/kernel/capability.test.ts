/** Every import that the nucleus answers, with arguments from a hostile sandbox: it touches that sandbox's memory and its VM's RAM, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const root = join(import.meta.dirname, '../..')
const PAGE = 4096n
const PAGES = 3n
const MIB2 = 2n << 20n
const DIRECT = 0xFFFF_8000_0000_0000n
const FIRST = 0x4000_0000n, SECOND = 0x1_8000_0000n // guest RAM: the guest's [0, 2 MiB) and [4 MiB, 6 MiB)
const PACK = 0x1_2345_6000n
const MACHINE = 1, CONSOLE = 2, FIRMWARE = 3, CONFIGURATION = 4, DRIVER = 5, POOL = 6, SWITCH = 7
const RAM_END = 64n << 20n, LOW_END = 1n << 20n, MAPPED_END = 1n << 32n // of the host; what lies below LOW_END is the firmware's

interface Import { space: string, name: string, export: string, types: string[] }

/** What capability/ declares. */
const declared: Import[] = readdirSync(join(root, 'capability')).filter(file => file.endsWith('.ts')).flatMap(file => {
  const pattern = /@external\('(\w+)', '(\w+)'\) export declare function \w+\(([^)]*)\)/g
  return [...readFileSync(join(root, 'capability', file), 'utf8').matchAll(pattern)].map(([, space, name, parameters]) => ({
    space, name, export: space + name[0].toUpperCase() + name.slice(1),
    types: parameters ? parameters.split(',').map(parameter => parameter.split(':')[1].trim()) : [],
  }))
})

/** The boot module that the VM's files and texts are in. */
const pack = Buffer.alloc(20_000, 0x4B)

let nucleus: Sandbox
let caller = 0

class Outside extends Error {}

/** What a sandbox has where the nucleus takes from, if not all ones. */
let offered: Buffer | undefined
/** Where the nucleus has what it last gave to a sandbox. */
let given = 0
/** What was summed up. */
let summed: [bigint, number][] = []
/** The configuration register that was chosen. */
let register = 0

const inside = (address: bigint, length: bigint, base: bigint, bytes: bigint) => address >= base && length <= bytes && address - base <= bytes - length

/** A virtual address that the caller's import may touch: its own memory but for page 0, and through the direct map what `isPhysical` allows. */
function checkVirtual(address: bigint, length: bigint, writes: boolean): void {
  address = BigInt.asUintN(64, address)
  const linear = BigInt.asUintN(64, nucleus.exports.linearOf(caller))
  if (inside(address, length, linear + PAGE, PAGES * 65536n - PAGE)) return
  if (address >= DIRECT && address < DIRECT + (1n << 40n)) return checkPhysical(address - DIRECT, length, writes)
  throw new Outside(`virtual ${address.toString(16)} + ${length}`)
}

function checkPhysical(hpa: bigint, length: bigint, writes: boolean): void {
  // The pool's service moves what VMs asked it to; its scratch blocks lie at 0 here, where none were taken.
  if (caller === POOL && inside(hpa, length, 0n, 32n * PAGE)) return
  const isMachine = caller === MACHINE || caller === POOL || caller === SWITCH
  if (isMachine && (inside(hpa, length, FIRST, MIB2) || inside(hpa, length, SECOND, MIB2))) return
  if (!writes && inside(hpa, length, PACK, BigInt(pack.length))) return
  if (!writes && caller === FIRMWARE && (inside(hpa, length, 0n, LOW_END) || inside(hpa, length, RAM_END, MAPPED_END - RAM_END))) return
  throw new Outside(`physical ${hpa.toString(16)} + ${length}`)
}

/** While it is being served: the vCPU whose registers a machine has. */
let served = 0

/** A buffer of the nucleus's, for the console a VM's record, or what a driver told of its units and the pool of its changes, not its records or else its window. */
function checkNucleus(address: number, length: bigint): void {
  if (inside(BigInt(address >>> 0), length, 0x7C00_0700n, 0x800n) || inside(BigInt(address >>> 0), length, 0x7C01_9000n, 0xA000n)) return
  if (caller === CONSOLE && inside(BigInt(address >>> 0), length, BigInt(nucleus.exports.vmAddress()), BigInt(nucleus.exports.VmRecordBytes.value))) return
  if (caller === POOL && inside(BigInt(address >>> 0), length, BigInt(nucleus.exports.storageAddress()), BigInt(nucleus.exports.StorageConfigurationBytes.value))) return
  if (caller === SWITCH && inside(BigInt(address >>> 0), length, BigInt(nucleus.exports.ordersAddress()), 320n * 704n)) return
  if (served && inside(BigInt(address >>> 0), length, BigInt(served), 0xF4n)) return
  if (!inside(BigInt(address >>> 0), length, PAGE, BigInt(nucleus.exports.staticEnd()) - PAGE)) throw new Outside(`nucleus ${(address >>> 0).toString(16)} + ${length}`)
}

const unsigned = (value: bigint) => BigInt.asUintN(64, value)

/** An access for a vCPU's instruction. */
function guestMemory(hpa: bigint, length: bigint): number {
  checkPhysical(unsigned(hpa), length, true)
  return 0
}

const hw = {
  copyToVirtual: (target: bigint, source: number, length: bigint) => {
    checkVirtual(target, unsigned(length), true)
    checkNucleus(source, unsigned(length))
    given = source >>> 0
  },
  copyFromVirtual: (target: number, source: bigint, length: bigint) => {
    checkNucleus(target, unsigned(length))
    checkVirtual(source, unsigned(length), false)
    // What a hostile sandbox has there: lengths and text of all ones.
    new Uint8Array(nucleus.memory.buffer, target >>> 0, Number(length)).fill(0xFF)
    if (offered) new Uint8Array(nucleus.memory.buffer, target >>> 0, Number(length)).set(offered.subarray(0, Number(length)))
  },
  copyVirtual: (target: bigint, source: bigint, length: bigint) => { checkVirtual(target, unsigned(length), true); checkVirtual(source, unsigned(length), false) },
  copy: (target: bigint, source: bigint, length: bigint) => { checkPhysical(unsigned(target), unsigned(length), true); checkPhysical(unsigned(source), unsigned(length), false) },
  crc32c: (before: number, hpa: bigint, length: bigint) => {
    checkPhysical(unsigned(hpa), unsigned(length), false)
    summed.push([unsigned(hpa), Number(length)])
    return before
  },
  zero: (target: bigint, length: bigint) => checkPhysical(unsigned(target), unsigned(length), true),
  load8: (hpa: bigint) => inside(unsigned(hpa), 1n, PACK, BigInt(pack.length)) ? pack.readUInt8(Number(unsigned(hpa) - PACK)) : guestMemory(hpa, 1n),
  load16: (hpa: bigint) => guestMemory(hpa, 2n),
  load32: (hpa: bigint) => guestMemory(hpa, 4n),
  // No page of the host's is mapped.
  load64: (hpa: bigint) => BigInt(served ? guestMemory(hpa, 8n) : 0),
  store8: (hpa: bigint) => { guestMemory(hpa, 1n) },
  store16: (hpa: bigint) => { guestMemory(hpa, 2n) },
  store32: (hpa: bigint) => { if (served) guestMemory(hpa, 4n) }, // or the local APIC's timer
  store64: (hpa: bigint) => { guestMemory(hpa, 8n) },
  readTsc: () => 1_000_000n,
  cpuid: () => 0,
  readCr3: () => 0n,
  readCr4: () => 0n,
  // Only configuration mechanism 1's ports, and there only registers of functions; what is written is the command of a driver's own, which is 00:00.0.
  out32: (port: number, value: number) => {
    if (port === 0xCFC && caller === DRIVER && register === 0x8000_0004) return
    register = value >>> 0
    if (port !== 0xCF8 || (value & 0xFF00_0003) !== (0x8000_0000 | 0)) throw new Outside(`port ${port.toString(16)}: ${(value >>> 0).toString(16)}`)
  },
  in32: (port: number) => {
    if (port !== 0xCFC) throw new Outside(`port ${port.toString(16)}`)
    return 0
  },
  moduleCount: () => 0,
  scale: (value: bigint, multiplier: bigint, divisor: bigint) => {
    if (divisor === 0n) return -1n
    const quotient = unsigned(value) * unsigned(multiplier) / unsigned(divisor)
    return quotient >> 64n ? -1n : quotient
  },
  multiplyShift: (value: bigint, multiplier: bigint, shift: number) => (unsigned(value) * unsigned(multiplier)) >> BigInt(shift),
  enter: () => { throw new Outside('an import called a sandbox') },
}

beforeAll(async () => {
  nucleus = await instantiate('test/kernel/capability.entry.ts', { imports: { hw } })
  nucleus.exports.prepare(Number(PAGES), FIRST, SECOND, RAM_END)
  expect(nucleus.exports.configure(PACK, BigInt(pack.length), 9000n, 100n)).toBeTruthy()
})
beforeEach(() => { caller = MACHINE })

const header = readFileSync(join(root, 'boot/capability.h'), 'utf8')
const linked = /SANDBOXES := (.*)/.exec(readFileSync(join(root, 'boot/rules.mk'), 'utf8'))![1].split(' ')

/** True for an import that boot/capability.h answers itself. */
function isInPlace({ space, name }: Import): boolean {
  return new RegExp(`CAPABILITY\\(\\w+, ${space}, (${name}|${name.replace(/(8|16|32|64)$/, '##bits')})[,)]`).test(header)
}

// What is a module's alone is nobody's yet where that is not linked.
const answered = declared.filter(one => !isInPlace(one) && (one.space !== 'screen' || linked.includes('screen')))
const callerOf = ({ space }: Import) => space === 'admin' || space === 'log' ? CONSOLE : space === 'firmware' ? FIRMWARE : space === 'modules' ? CONFIGURATION : space === 'device' || space === 'block' ? DRIVER : space === 'switch' ? SWITCH : space === 'storage' ? POOL : MACHINE

const interesting = [0n, 1n, 8n, 15n, 16n, 0xFFFn, 0x1000n, 0x2000n, 0xFFFFn, 0x1_0000n, 0x2_FFFFn, 0x3_0000n, MIB2 - 1n, MIB2, 2n * MIB2, 3n * MIB2 - 1n, 3n * MIB2,
  0x7FFF_FFFFn, 0x8000_0000n, 0xFFFF_F000n, 0xFFFF_FFFFn]
const word = fc.oneof(fc.constantFrom(...interesting), fc.bigInt(0n, 0xFFFF_FFFFn), fc.bigInt(0n, 64n))
const quad = fc.oneof(word, fc.constantFrom(1n << 32n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n, (1n << 64n) - 8n), fc.bigInt(0n, (1n << 64n) - 1n))

const argumentsOf = (one: Import) => fc.tuple(...one.types.map(type => /64$/.test(type) ? quad : word))
function ask(one: Import, values: bigint[]): any {
  return nucleus.exports[one.export](caller, ...values.map((value, i) => /64$/.test(one.types[i]) ? value : Number(value)))
}

test('every import that is declared is answered, in place or by the nucleus', () => {
  expect(declared.length).toBeGreaterThan(50)
  expect(declared.filter(isInPlace).map(({ space, name }) => `${space}.${name}`)).toEqual(expect.arrayContaining(['ram.read8', 'ram.write64', 'port.read8', 'clock.now']))
  expect(answered.filter(one => typeof nucleus.exports[one.export] !== 'function').map(one => `${one.space}.${one.name}`)).toEqual([])
})

describe.each(answered.map(one => [`${one.space}.${one.name}`, one] as const))('%s', (_, one) => {
  test('with any arguments', () => {
    caller = callerOf(one)
    const before = [nucleus.exports.fingerprint(MACHINE), nucleus.exports.fingerprint(CONSOLE)]
    fc.assert(fc.property(argumentsOf(one), values => { ask(one, values) }), { numRuns: 400 })
    expect([nucleus.exports.fingerprint(MACHINE), nucleus.exports.fingerprint(CONSOLE)]).toEqual(before)
  })
})

test('any imports in any order', () => {
  const step = fc.constantFrom(...answered).chain(one => argumentsOf(one).map(values => ({ one, values })))
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), steps => {
    for (const { one, values } of steps) {
      caller = callerOf(one)
      ask(one, values)
    }
  }), { numRuns: 300 })
})

const vcpuImports = () => answered.filter(one => one.space === 'vcpu')

/** Asks for all that a machine may be given of a vCPU, with anything. */
function askForVcpu(): void {
  fc.assert(fc.property(fc.constantFrom(...vcpuImports()).chain(one => argumentsOf(one).map(values => ({ one, values }))), ({ one, values }) => { ask(one, values) }), { numRuns: 2000 })
}

test('a vCPU that switches tasks is reached as far as its guest is, and no longer than that', () => {
  caller = MACHINE
  const { exports } = nucleus
  const field = (encoding: number) => exports.vcpuField(MACHINE, encoding)
  const control = 0x0040, exit = 0x0440, guest = 0x0840, host = 0x0C40
  served = exports.vcpuAddress()
  new DataView(nucleus.memory.buffer).setBigUint64(served + 0x1000 + host, 7n, true)
  new DataView(nucleus.memory.buffer).setBigUint64(served + 0x1000 + control, 7n, true)
  expect(exports.vcpuRegisters(MACHINE, 4096)).toBeFalsy()
  exports.letServe(true, true)
  expect(exports.vcpuRegisters(MACHINE, 4096)).toBeTruthy()
  expect(given).toBe(served)
  expect(exports.vcpuRegisters(MACHINE, 4095)).toBeFalsy()
  const registers = Buffer.from(nucleus.memory.buffer, served, 0x90)
  expect(exports.vcpuSetRegisters(MACHINE, Number(PAGES) * 65536 - 0x8F)).toBeFalsy()
  expect(exports.vcpuSetRegisters(MACHINE, Number(PAGES) * 65536 - 0x90)).toBeTruthy()
  expect(registers.every(byte => byte === 0xFF)).toBe(true)
  exports.vcpuSegment(MACHINE, 1, 8, 0n, 0xFFFF, 0x9B)
  expect([field(control), field(exit), field(guest), field(host)].map(value => value === 0n)).toEqual([true, true, true, true])
  new DataView(nucleus.memory.buffer).setBigUint64(served + 0x1000 + exit, 7n, true)
  new DataView(nucleus.memory.buffer).setBigUint64(served + 0x1000 + guest, 8n, true)
  expect([field(exit), field(guest)]).toEqual([7n, 8n])
  expect(exports.vcpuInstruction(MACHINE, 4096)).toBeFalsy()
  askForVcpu()
  exports.letServe(false, false)
  const answers = vcpuImports().filter(({ name }) => !['segment', 'enter', 'port'].includes(name)).map(one => Number(ask(one, one.types.map(() => 4096n))))
  expect(answers).toEqual([0, 0, 0, 0, 0, 0, 0])
  served = 0
})

test('the instruction of a vCPU is given with its guest\'s memory, page by page, and not the fields of a task switch', () => {
  caller = MACHINE
  const { exports } = nucleus
  served = exports.vcpuAddress()
  exports.letServe(true, false)
  expect(exports.vcpuInstruction(MACHINE, 4096)).toBeTruthy()
  expect(exports.vcpuRegisters(MACHINE, 4096)).toBeTruthy()
  expect([0x0440, 0x0840].map(encoding => exports.vcpuField(MACHINE, encoding))).toEqual([0n, 0n])
  const Memory = 1, Device = 0
  expect(exports.vcpuRead(MACHINE, MIB2 - 8n, 8, 4096)).toBe(Memory)
  expect(exports.vcpuRead(MACHINE, MIB2 - 8n, 8, 4095)).toBe(Device)
  expect(exports.vcpuWrite(MACHINE, MIB2 - 4n, 4, 0n)).toBe(Memory)
  // The next block of the host's memory is another's.
  for (const [gpa, size] of [[MIB2 - 7n, 8], [MIB2 - 1n, 2], [4091n, 8], [0n, 9], [0n, 0], [MIB2, 1], [-1n, 1]] as const) {
    expect(exports.vcpuRead(MACHINE, gpa, size, 4096), `${gpa}`).toBe(Device)
    expect(exports.vcpuWrite(MACHINE, gpa, size, 0n), `${gpa}`).toBe(Device)
  }
  askForVcpu()
  exports.letServe(false, false)
  expect(exports.vcpuRead(MACHINE, 0n, 8, 4096)).toBe(Device)
  served = 0
})

test('what is its own is given', () => {
  const { exports } = nucleus
  expect(exports.ramZero(MACHINE, 0x1000n, 4096n)).toBeTruthy()
  expect(exports.ramZero(MACHINE, 4n << 20n, MIB2)).toBeTruthy()
  expect(exports.ramZero(MACHINE, MIB2, 1n)).toBeFalsy()
  expect(exports.ramCopyOut(MACHINE, 4096, MIB2 - 16n, 16)).toBeTruthy()
  expect(exports.ramCopyOut(MACHINE, 4095, MIB2 - 16n, 16)).toBeFalsy()
  expect(exports.ramCopyOut(MACHINE, Number(PAGES) * 65536 - 16, 0n, 16)).toBeTruthy()
  expect(exports.ramCopyOut(MACHINE, Number(PAGES) * 65536 - 15, 0n, 16)).toBeFalsy()
  expect(exports.ramCopyIn(MACHINE, 0n, 0xFFFF_FFF0, 32)).toBeFalsy()
  expect(exports.fileSize(MACHINE, 0)).toBe(9000n)
  expect(exports.fileRead(MACHINE, 0, 8990n, 8192, 10)).toBeTruthy()
  expect(exports.fileRead(MACHINE, 0, 8990n, 8192, 11)).toBeFalsy()
  expect(exports.fileToRam(MACHINE, 1, 0n, MIB2 - 100n, 100n)).toBeTruthy()
  expect(exports.fileToRam(MACHINE, 1, 0n, MIB2 - 99n, 100n)).toBeFalsy()
})

test('the firmware\'s memory is read, and nobody else\'s', () => {
  caller = FIRMWARE
  const page = (hpa: bigint, target = 4096) => nucleus.exports.firmwarePage(FIRMWARE, hpa, target)
  for (const hpa of [0x40En, LOW_END - 1n, RAM_END, 0xFED0_0000n, MAPPED_END - 1n]) expect(page(hpa), `${hpa}`).toBeTruthy()
  for (const hpa of [LOW_END, RAM_END - 1n, MAPPED_END, (1n << 64n) - 1n]) expect(page(hpa), `${hpa}`).toBeFalsy()
  expect(page(0n, Number(PAGES) * 65536 - 4096)).toBeTruthy()
  expect(page(0n, Number(PAGES) * 65536 - 4095)).toBeFalsy()
  expect(page(0n, 4095)).toBeFalsy()
})

test('the boot modules are read, and nothing behind them', () => {
  caller = CONFIGURATION
  const read = (module: number, target: number, length: number) => nucleus.exports.modulesRead(CONFIGURATION, module, target, length)
  expect(nucleus.exports.modulesCount(CONFIGURATION)).toBe(1)
  expect([nucleus.exports.modulesSize(CONFIGURATION, 0), nucleus.exports.modulesSize(CONFIGURATION, 1)]).toEqual([BigInt(pack.length), 0n])
  expect(read(0, 4096, pack.length)).toBeTruthy()
  expect(read(0, 4096, pack.length + 1)).toBeFalsy()
  expect(read(1, 4096, 1)).toBeFalsy()
  expect(read(0, 4095, 8)).toBeFalsy()
  expect(read(0, Number(PAGES) * 65536 - 8, 9)).toBeFalsy()
})

test('memory grows to the limit and not beyond', () => {
  expect(nucleus.exports.growMemory(MACHINE, PAGES, 1n)).toBeFalsy()
  expect(nucleus.exports.growMemory(MACHINE, PAGES, 0xFFFF_FFFF_FFFF_FFFFn)).toBeFalsy()
  expect(nucleus.exports.growMemory(MACHINE, 0xFFFF_FFFF_FFFF_FFFFn, 1n)).toBeFalsy()
  expect(nucleus.exports.growMemory(MACHINE, PAGES, 0n)).toBeTruthy()
})

test('typed bytes that cannot be given stay for the next who asks', () => {
  caller = CONSOLE
  const { exports } = nucleus
  while (exports.adminTerminalRead(CONSOLE, 4096, 4096) > 0) {}
  exports.streamPush(CONSOLE, 0x61)
  expect(exports.adminTerminalRead(CONSOLE, 0, 16)).toBe(0)
  expect(exports.adminTerminalRead(CONSOLE, Number(PAGES) * 65536 - 8, 16)).toBe(0)
  expect(exports.adminTerminalRead(CONSOLE, 4096, 16)).toBe(1)
})

describe('a disk\'s requests', () => {
  const Read = 0, Flush = 2, WriteZeroes = 4, Ok = 0, Failed = 1
  const submit = (operation: number, tag: number, sector: bigint, sectors: number) => {
    caller = MACHINE
    const taken = nucleus.exports.diskSubmit(MACHINE, 0, operation, tag, sector, sectors, 4096, 0)
    nucleus.exports.collectRequests()
    return taken
  }
  const next = () => {
    caller = DRIVER
    if (!nucleus.exports.blockNext(DRIVER, 4096)) return undefined
    const view = new DataView(nucleus.memory.buffer, given)
    return { id: view.getUint32(0, true), operation: view.getUint32(8, true), block: Number(view.getBigUint64(16, true)), blocks: view.getUint32(24, true) }
  }
  const answers = () => Array.from({ length: 64 }, () => nucleus.exports.diskCompleted(MACHINE)).filter(answer => answer !== -1n)

  beforeEach(() => {
    nucleus.exports.attach()
    // What earlier tests left.
    nucleus.exports.collectRequests()
    while (next()) continue
    for (let id = 0; id < 64; id++) nucleus.exports.blockComplete(DRIVER, id, Failed)
    while (answers().length) continue
  })

  test('come to the driver, and their answers to the machine', () => {
    expect(submit(Flush, 77, 0n, 0)).toBeTruthy()
    expect(answers()).toEqual([])
    const { id, ...rest } = next()!
    expect(rest).toEqual({ operation: Flush, block: 0, blocks: 0 })
    expect(next()).toBeUndefined()
    nucleus.exports.blockComplete(DRIVER, id + 1, Ok)
    expect(answers()).toEqual([])
    nucleus.exports.blockComplete(DRIVER, id, Ok)
    nucleus.exports.blockComplete(DRIVER, id, Failed)
    expect(answers()).toEqual([77n])
  })

  test('that are larger than the unit takes at once come one piece after the other', () => {
    submit(WriteZeroes, 5, 100n, 20)
    for (const [block, blocks] of [[100, 8], [108, 8], [116, 4]]) {
      const { id, ...rest } = next()!
      expect(rest).toEqual({ operation: WriteZeroes, block, blocks })
      expect(next()).toBeUndefined()
      expect(answers()).toEqual([])
      nucleus.exports.blockComplete(DRIVER, id, Ok)
    }
    expect(answers()).toEqual([5n])
  })

  test('that reach beyond the disk fail and come to nobody', () => {
    submit(WriteZeroes, 1, (1n << 20n) - 8n, 8)
    submit(WriteZeroes, 2, (1n << 20n) - 8n, 9)
    submit(WriteZeroes, 3, (1n << 64n) - 8n, 8)
    expect(next()).toMatchObject({ block: (1 << 20) - 8 })
    expect(next()).toBeUndefined()
    expect(answers()).toEqual([BigInt(Failed) << 32n | 2n, BigInt(Failed) << 32n | 3n])
  })

  test('for a volume go to the pool, which reaches their memory and no other', () => {
    const { exports } = nucleus
    exports.storageOpen(POOL, 1)
    exports.attachVolume()
    offered = Buffer.alloc(32)
    offered.writeBigUInt64LE(0x1000n, 0)
    offered.writeUInt32LE(4096, 8)
    offered.writeBigUInt64LE(MIB2 - 4096n, 16)
    offered.writeUInt32LE(4096, 24)
    caller = MACHINE
    expect(exports.diskSubmit(MACHINE, 0, 1, 9, 64n, 16, 4096, 2)).toBeTruthy()
    offered = undefined
    exports.collectRequests()
    caller = POOL
    expect(exports.storageNext(POOL, 4096)).toBeTruthy()
    const view = new DataView(nucleus.memory.buffer, given)
    const id = view.getUint32(0, true)
    expect([view.getUint32(4, true), view.getUint32(8, true), view.getUint32(12, true), view.getBigUint64(16, true)]).toEqual([5, 1, 16, 64n])
    expect(exports.storageNext(POOL, 4096)).toBeFalsy()
    summed = []
    exports.storageChecksum(POOL, id, 2048, 4096)
    exports.storageChecksum(POOL, id, 4097, 4096) // beyond its end
    exports.storageChecksum(POOL, id + 1, 0, 512)
    expect(summed).toEqual([[FIRST + 0x1800n, 2048], [FIRST + MIB2 - 4096n, 2048]])
    exports.storageComplete(POOL, id + 1, Ok)
    expect(answers()).toEqual([])
    exports.storageComplete(POOL, id, Ok)
    exports.storageComplete(POOL, id, Failed)
    expect(answers()).toEqual([9n])
    expect(exports.storageChecksum(POOL, id, 0, 512)).toBe(exports.storageChecksum(POOL, id + 1, 0, 512))
    expect(summed.length).toBe(2)
  })

  test('end only when no device has their memory any more, whatever the pool says, and are over at once when their VM ends', () => {
    const { exports } = nucleus
    exports.storageOpen(POOL, 1)
    exports.attachVolume()
    const read = () => {
      offered = Buffer.alloc(16)
      offered.writeBigUInt64LE(0x1000n, 0)
      offered.writeUInt32LE(4096, 8)
      caller = MACHINE
      expect(exports.diskSubmit(MACHINE, 0, Read, 4, 0n, 8, 4096, 1)).toBeTruthy()
      offered = undefined
      exports.collectRequests()
      caller = POOL
      expect(exports.storageNext(POOL, 4096)).toBeTruthy()
      return new DataView(nucleus.memory.buffer, given).getUint32(0, true)
    }
    const id = read()
    expect(exports.storageTransfer(POOL, Read, id, 0, 1, 0, 8n, 55)).toBeTruthy()
    exports.storageComplete(POOL, id, Ok)
    expect(answers()).toEqual([])
    nucleus.exports.blockComplete(DRIVER, next()!.id, Ok)
    expect(exports.storageCompleted(POOL)).toBe(55n)
    exports.storageComplete(POOL, id, Ok)
    expect(answers()).toEqual([4n])

    const late = read()
    exports.setRunning(false)
    expect(exports.storageTransfer(POOL, Read, late, 0, 1, 0, 8n, 56)).toBeTruthy()
    expect(next()).toBeUndefined()
    expect(exports.storageCompleted(POOL)).toBe(BigInt(Failed) << 32n | 56n)
    exports.storageComplete(POOL, late, Failed)
    exports.setRunning(true)
  })

  test('that find no space wait until their VM goes on', () => {
    const { exports } = nucleus
    exports.storageOpen(POOL, 1)
    exports.attachVolume()
    exports.goOn() // whatever was ordered before
    submit(Flush, 3, 0n, 0)
    caller = POOL
    expect(exports.storageNext(POOL, 4096)).toBeTruthy()
    exports.storageComplete(POOL, new DataView(nucleus.memory.buffer, given).getUint32(0, true), 3)
    expect(answers()).toEqual([])
    expect(exports.isToPause()).toBeTruthy()
    exports.goOn()
    caller = POOL
    expect(exports.storageNext(POOL, 4096)).toBeTruthy()
    exports.storageComplete(POOL, new DataView(nucleus.memory.buffer, given).getUint32(0, true), Ok)
    expect(answers()).toEqual([3n])
  })

  test('of a VM that ends wait for nothing any more, on a volume or a device', () => {
    const { exports } = nucleus
    exports.storageOpen(POOL, 1)
    exports.attachVolume()
    exports.goOn()
    submit(Flush, 3, 0n, 0)
    caller = POOL
    expect(exports.storageNext(POOL, 4096)).toBeTruthy()
    exports.setRunning(false)
    exports.storageComplete(POOL, new DataView(nucleus.memory.buffer, given).getUint32(0, true), 3) // no space
    exports.setRunning(true)
    exports.goOn()
    expect(exports.storageNext(POOL, 4096)).toBeFalsy()

    exports.attach()
    submit(WriteZeroes, 5, 100n, 20)
    const { id } = next()!
    exports.setRunning(false)
    exports.blockComplete(DRIVER, id, Ok) // the first piece of three
    exports.setRunning(true)
    expect(next()).toBeUndefined()
    exports.forgetRequests()
  })

  test('sixty-four are under way, and then one more when one has ended', () => {
    for (let tag = 0; tag < 64; tag++) expect(submit(Flush, tag, 0n, 0)).toBeTruthy()
    expect(submit(Flush, 64, 0n, 0)).toBeFalsy()
    nucleus.exports.blockComplete(DRIVER, next()!.id, Ok)
    expect(answers()).toEqual([0n])
    expect(submit(Flush, 64, 0n, 0)).toBeTruthy()
  })

  test('with more parts than there is room for fail, and leave the next one\'s page alone', () => {
    nucleus.exports.growRam()
    const block = Number(MIB2)
    const write = (tag: number, segments: [number, number][]) => {
      offered = Buffer.alloc(segments.length * 16)
      segments.forEach(([gpa, length], index) => {
        offered!.writeBigUInt64LE(BigInt(gpa), index * 16)
        offered!.writeUInt32LE(length, index * 16 + 8)
      })
      caller = MACHINE
      nucleus.exports.diskSubmit(MACHINE, 0, 1, tag, 0n, segments.reduce((sum, [, length]) => sum + length / 512, 0), 4096, segments.length)
      offered = undefined
      nucleus.exports.collectRequests()
    }
    submit(Flush, 1, 0n, 0)
    // The beginning of this one's page, read as a part, ends where the second block begins.
    write(0x8000_0000, [[0, 512]])
    nucleus.exports.blockComplete(DRIVER, next()!.id, Ok)
    expect(answers()).toEqual([1n])
    const triple: [number, number] = [4 * block - 512, block + 1024]
    write(3, [...Array.from({ length: 84 }, () => triple), [3 * block + 1024, 512], [3 * block + 2048, 512], [2 * block, 512]])
    nucleus.exports.blockComplete(DRIVER, next()!.id, Ok)
    expect(next()).toBeUndefined()
    expect(answers().sort()).toEqual([BigInt(Failed) << 32n | 3n, 0x8000_0000n].sort())
  })

  test('to a unit of which nonsense was announced fail, and it has no serial number', () => {
    caller = DRIVER
    nucleus.exports.blockAnnounce(DRIVER, 0, 4096)
    caller = MACHINE
    expect(nucleus.exports.diskSerial(MACHINE, 0, 4096, 1000)).toBe(0)
    submit(WriteZeroes, 6, 0n, 8)
    expect(answers()).toEqual([BigInt(Failed) << 32n | 6n])
  })

  test('of a machine that has ended come to nobody', () => {
    caller = MACHINE
    nucleus.exports.diskSubmit(MACHINE, 0, Flush, 9, 0n, 0, 4096, 0)
    nucleus.exports.setMachine(0)
    nucleus.exports.collectRequests()
    nucleus.exports.setMachine(MACHINE)
    expect(next()).toBeUndefined()
  })
})
