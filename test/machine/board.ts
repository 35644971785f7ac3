/** A board on the bench: the machine's devices with a clock that the test moves and wires that it watches. */
import { instantiate } from '../sandbox.js'

const never = 0xffff_ffff_ffff_ffffn

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
  plugs: [vcpu: number, present: boolean][]
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
  serialInput(text: string | number[]): void
  powerButton(): void
  processors(): void
  /** A processor asserts FERR#. */
  ferr(): void
  tick(): void
  unbacked(): bigint
  /** Lets time pass, calling the board at each deadline it asked for, as the nucleus does. */
  pass(nanoseconds: number | bigint): void
  /** Lets time pass while the VM does not run; the board is called once, at the end. */
  sleep(nanoseconds: number | bigint): void
  /** Powers the board on again, at a given wall clock time and with a given amount of RAM. */
  reset(power?: { epoch?: bigint; ramSize?: bigint; vcpus?: bigint }): void
}

/** Compiles the board and powers it on. */
export async function bench(): Promise<Bench> {
  let memory: WebAssembly.Memory
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
      ram: { size: () => b.ramSize },
      config: { number: (key: number) => ({ 2: b.vcpus, 6: 4n }[key] ?? 0n) }, // ConfigNumber.VcpuCount and MaxVcpus
    },
  })
  memory = instance
  const b: Bench = {
    now: 0n,
    armed: never,
    arms: 0,
    ticks: 0,
    epoch: 0n,
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
    plugs: [],
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
    powerButton: () => exports.powerButton(),
    processors: () => exports.processors(),
    ferr: () => exports.ferr(),
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
      const fresh = { now: 0n, armed: never, arms: 0, ticks: 0, epoch: 0n, ramSize: 512n << 20n, intr: false, intrChanges: 0, offs: 0, vcpus: 1n }
      Object.assign(b, fresh, power)
      for (const list of [b.messages, b.output, b.input, b.lines, b.resets, b.plugs]) list.length = 0
      exports.reset()
    },
  }
  b.reset()
  return b
}
