/** A board on the bench: the machine's devices with a clock that the test moves and wires that it watches. */
import { instantiate } from '../sandbox.js'

const never = 0xffff_ffff_ffff_ffffn
const BLOCK = 2n << 20n
/** RAM below 4 GiB ends at 3 GiB at the latest. */
const LOW_END = 3n << 30n, HIGH = 4n << 30n

/** An interrupt message, taken apart as Intel SDM vol. 3, 11.11 lays it out. */
export interface Message {
  vector: number
  mode: number
  level: boolean
  destination: number
  logical: boolean
}

/** What happened on the wires since the test last looked. */
export interface Bench {
  now: bigint
  armed: bigint
  arms: number
  ticks: number
  epoch: bigint
  ramSize: bigint
  messages: Message[]
  intr: boolean
  intrChanges: number
  output: number[]
  input: number[]
  lines: string[]
  resets: number[]
  offs: number
  /** How many processors the administrator wants; `processors` tells the board. */
  vcpus: bigint
  /** How many it has room for. */
  maxVcpus: bigint
  plugs: [vcpu: number, present: boolean][]
  /** Bits of VirtualDevice, from the next reset on. */
  devices: bigint
  /** Names of its console's ports, from the next reset on. */
  consolePorts: string[]
  /** Guest memory from address 0 on; beyond it is none. */
  ram: Buffer
  /** Bytes of RAM that the administrator wants it to keep; `memoryChanged` tells the board. */
  memoryWanted: bigint
  /** Numbers of blocks of 2 MiB of RAM that the host has taken. */
  taken: Set<number>
  /** Blocks that a device was told to use and that the board asked to be there again. */
  touched: number[]
  /** What the board has asked the host to take or give back and waits for, by numbers of blocks. */
  exchange: { first: number; count: number; comesBack: boolean } | undefined
  /** What was reported of the guest's memory, by MemoryReport. */
  reports: bigint[]
  /** Words of the host's chance that were asked for, and what the next is. */
  chances: number
  chance: () => bigint
  in8(port: number): number
  in16(port: number): number
  in32(port: number): number
  out8(port: number, value: number): void
  out16(port: number, value: number): void
  out32(port: number, value: number): void
  read(gpa: number, size?: number): bigint
  write(gpa: number, value: number | bigint, size?: number): void
  acknowledge(): number
  endOfInterrupt(vector: number): void
  /** What firmware does with PCI functions. */
  assignAddresses(): void
  serialInput(text: string | number[]): void
  powerButton(): void
  processors(): void
  /** All ones where there is no such MSR. */
  readMsr(vcpu: number, index: number): bigint
  /** False where it or the value is refused. */
  writeMsr(vcpu: number, index: number, value: bigint): boolean
  /** A processor asserts FERR#. */
  ferr(): void
  /** Bytes of its memory that the machine has use for by now. */
  usedBytes(): number
  /** The host has done what was asked of it with the memory, or the administrator wants another size. */
  memoryChanged(): void
  /** The host has carried out requests to disks. */
  diskCompleted(): void
  /** Frames have been sent or received, or a link has changed. */
  netProgress(): void
  tick(): void
  unbacked(): bigint
  /** Lets time pass, calling the board at each deadline it asked for, as the nucleus does. */
  pass(nanoseconds: number | bigint): void
  /** Lets time pass while the VM does not run; the board is called once, at the end. */
  sleep(nanoseconds: number | bigint): void
  /** Powers the board on again, at a given wall clock time and with a given amount of RAM. */
  reset(power?: { epoch?: bigint; ramSize?: bigint; vcpus?: bigint; maxVcpus?: bigint; devices?: bigint; memoryWanted?: bigint }): void
}

/** The `ram` capability over a buffer: outside of it reads give all ones and writes are dropped. */
function guestMemory(ram: () => Buffer, own: () => Buffer): Record<string, (...args: any[]) => any> {
  const has = (gpa: bigint, length: number) => BigInt.asUintN(64, gpa) + BigInt(length) <= BigInt(ram().length)
  const at = (gpa: bigint) => Number(BigInt.asUintN(64, gpa))
  return {
    read8: (gpa: bigint) => has(gpa, 1) ? ram().readUInt8(at(gpa)) : 0xff,
    read16: (gpa: bigint) => has(gpa, 2) ? ram().readUInt16LE(at(gpa)) : 0xffff,
    read32: (gpa: bigint) => has(gpa, 4) ? ram().readUInt32LE(at(gpa)) : 0xffff_ffff,
    read64: (gpa: bigint) => has(gpa, 8) ? ram().readBigUInt64LE(at(gpa)) : never,
    write8: (gpa: bigint, value: number) => { if (has(gpa, 1)) ram().writeUInt8(value & 0xff, at(gpa)) },
    write16: (gpa: bigint, value: number) => { if (has(gpa, 2)) ram().writeUInt16LE(value & 0xffff, at(gpa)) },
    write32: (gpa: bigint, value: number) => { if (has(gpa, 4)) ram().writeUInt32LE(value >>> 0, at(gpa)) },
    write64: (gpa: bigint, value: bigint) => { if (has(gpa, 8)) ram().writeBigUInt64LE(BigInt.asUintN(64, value), at(gpa)) },
    copyIn: (gpa: bigint, source: number, length: number) => {
      if (has(gpa, length)) own().copy(ram(), at(gpa), source, source + length)
      return has(gpa, length) ? 1 : 0
    },
    copyOut: (target: number, gpa: bigint, length: number) => {
      if (has(gpa, length)) ram().copy(own(), target, at(gpa), at(gpa) + length)
      return has(gpa, length) ? 1 : 0
    },
  }
}

type Imports = (own: () => Buffer) => Record<string, (...args: any[]) => any>

/** Compiles the board, with what its VM has for disks and network interfaces, and powers it on. */
export async function bench(disk: Imports = () => ({ count: () => 0 }), net: Imports = () => ({ count: () => 0 })): Promise<Bench> {
  let memory: WebAssembly.Memory
  const isRam = (gpa: bigint) => gpa < LOW_END ? gpa < b.ramSize : gpa >= HIGH && gpa - HIGH + LOW_END < b.ramSize
  const ask = (gpa: bigint, bytes: bigint, comesBack: boolean) => {
    if (b.exchange) return 0
    if (gpa % BLOCK || bytes % BLOCK || !bytes || !isRam(gpa) || !isRam(gpa + bytes - 1n)) throw new Error(`no blocks of RAM: ${gpa}, ${bytes}`)
    b.exchange = { first: Number(gpa / BLOCK), count: Number(bytes / BLOCK), comesBack }
    return 1
  }
  const { exports, memory: instance } = await instantiate('test/machine/board.entry.ts', {
    imports: {
      clock: {
        now: () => b.now,
        epoch: () => b.epoch,
        arm: (deadline: bigint) => {
          b.armed = BigInt.asUintN(64, deadline)
          b.arms++
        },
        scale: (value: bigint, multiplier: bigint, divisor: bigint) =>
          (BigInt.asUintN(64, value) * BigInt.asUintN(64, multiplier)) / BigInt.asUintN(64, divisor),
      },
      interrupt: {
        message: (address: bigint, data: number) => {
          const wide = BigInt.asUintN(64, address)
          if (wide >> 20n !== 0xfeen) throw new Error(`not an interrupt address: ${wide.toString(16)}`)
          b.messages.push({
            vector: data & 0xff,
            mode: (data >> 8) & 7,
            level: (data & 0x8000) !== 0,
            destination: Number((wide >> 12n) & 0xffn),
            logical: (wide & 4n) !== 0n,
          })
        },
        intr: (level: number) => {
          b.intr = level !== 0
          b.intrChanges++
        },
      },
      serial: { output: (byte: number) => b.output.push(byte), input: () => b.input.shift() ?? -1 },
      power: {
        off: () => b.offs++, reset: (cause: number) => b.resets.push(cause),
        plug: (vcpu: number, present: number) => b.plugs.push([vcpu, present !== 0]),
      },
      log: { line: (text: number, length: number) => b.lines.push(Buffer.from(memory.buffer, text, length).toString()) },
      ram: {
        backed: (gpa: bigint) => isRam(BigInt.asUintN(64, gpa)) && !b.taken.has(Number(BigInt.asUintN(64, gpa) / BLOCK)),
        release: (gpa: bigint, bytes: bigint) => ask(gpa, bytes, false),
        reclaim: (gpa: bigint, bytes: bigint) => ask(gpa, bytes, true),
        touch: (gpa: bigint) => { b.touched.push(Number(BigInt.asUintN(64, gpa) / BLOCK)) },
        report: (key: number, value: bigint) => { b.reports[key] = BigInt.asUintN(64, value) },
        size: () => b.ramSize, fence: () => {}, ...guestMemory(() => b.ram, () => Buffer.from(memory.buffer)),
      },
      entropy: {
        word: () => {
          b.chances++
          return b.chance()
        },
      },
      config: {
        number: (key: number) => ({ 2: b.vcpus, 6: b.maxVcpus, 7: b.devices, 8: 40n, 9: b.memoryWanted }[key] ?? 0n), // ConfigNumber.VcpuCount, MaxVcpus, Devices, PhysicalWidth and MemoryWanted
        text: (key: number, target: number, capacity: number) => key === 2 ? Buffer.from(memory.buffer).write(b.consolePorts.join('\n'), target, capacity) : 0, // ConfigText.ConsolePorts
      },
      disk: disk(() => Buffer.from(memory.buffer)),
      net: net(() => Buffer.from(memory.buffer)),
    },
  })
  memory = instance
  const b: Bench = {
    now: 0n,
    armed: never,
    arms: 0,
    ticks: 0,
    epoch: 0n,
    consolePorts: [],
    ramSize: 512n << 20n,
    messages: [],
    intr: false,
    intrChanges: 0,
    output: [],
    input: [],
    lines: [],
    resets: [],
    offs: 0,
    vcpus: 1n,
    maxVcpus: 4n,
    plugs: [],
    devices: 0n,
    ram: Buffer.alloc(0),
    memoryWanted: 0n,
    taken: new Set(),
    touched: [],
    exchange: undefined,
    reports: [],
    chances: 0,
    chance: () => 0n,
    in8: port => exports.portRead(port, 1) & 0xff,
    in16: port => exports.portRead(port, 2) & 0xffff,
    in32: port => exports.portRead(port, 4) >>> 0,
    out8: (port, value) => exports.portWrite(port, 1, value),
    out16: (port, value) => exports.portWrite(port, 2, value),
    out32: (port, value) => exports.portWrite(port, 4, value),
    read: (gpa, size = 4) => BigInt.asUintN(64, exports.mmioRead(BigInt(gpa), size)),
    write: (gpa, value, size = 4) => exports.mmioWrite(BigInt(gpa), size, BigInt(value)),
    acknowledge: () => exports.acknowledge(),
    endOfInterrupt: vector => exports.endOfInterrupt(vector),
    serialInput: text => {
      b.input.push(...(typeof text === 'string' ? Buffer.from(text) : text))
      exports.serialInput()
    },
    assignAddresses: () => exports.assignAddresses(),
    powerButton: () => exports.powerButton(),
    processors: () => exports.processors(),
    ferr: () => exports.ferr(),
    usedBytes: () => exports.heapTop() >>> 0,
    memoryChanged: () => exports.memoryChanged(),
    readMsr: (vcpu, index) => BigInt.asUintN(64, exports.msrRead(vcpu, index)),
    writeMsr: (vcpu, index, value) => exports.msrWrite(vcpu, index, value) !== 0,
    diskCompleted: () => exports.diskCompleted(),
    netProgress: () => exports.netProgress(),
    tick: () => {
      b.armed = never
      b.ticks++
      exports.tick()
    },
    unbacked: () => BigInt.asUintN(64, exports.unbackedAccesses()),
    pass: nanoseconds => {
      const end = b.now + BigInt(nanoseconds)
      while (b.armed <= end) {
        if (b.armed > b.now) b.now = b.armed
        b.tick()
      }
      b.now = end
    },
    sleep: nanoseconds => {
      b.now += BigInt(nanoseconds)
      if (b.armed <= b.now) b.tick()
    },
    reset: (power = {}) => {
      const fresh = { now: 0n, armed: never, arms: 0, ticks: 0, epoch: 0n, ramSize: 512n << 20n, intr: false, intrChanges: 0, offs: 0, vcpus: 1n, maxVcpus: 4n, devices: 0n, memoryWanted: 0n, exchange: undefined, touched: [], reports: [], chances: 0 }
      Object.assign(b, fresh, power)
      b.taken.clear()
      for (const list of [b.messages, b.output, b.input, b.lines, b.resets, b.plugs]) list.length = 0
      exports.reset()
    },
  }
  b.reset()
  return b
}
