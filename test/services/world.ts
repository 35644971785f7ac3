/** A host for the console to administer: what `capability/admin.ts` promises, kept in plain objects. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { instantiate } from '../sandbox'
import type { NetHost } from './net-host'
import type { PoolHost } from './pool-host'
import { Screen } from './screen'

export const state = { stopped: 0, running: 1, paused: 2, crashed: 3 }
export const order = ['start', 'stop', 'kill', 'reset', 'pause', 'resume']
const second = 1_000_000_000n

/** A ring that keeps the newest bytes and counts all. */
export class Ring {
  private kept = Buffer.alloc(0)
  end = 0n
  constructor(readonly capacity = 65536) {}

  get begin(): bigint { return this.end - BigInt(this.kept.length) }

  write(text: string | Uint8Array): void {
    const bytes = Buffer.from(text as string)
    this.end += BigInt(bytes.length)
    this.kept = Buffer.concat([this.kept, bytes])
    if (this.kept.length > this.capacity) this.kept = this.kept.subarray(this.kept.length - this.capacity)
  }

  read(position: bigint, capacity: number): Buffer {
    const from = Number((position < this.begin ? this.begin : position) - this.begin)
    return this.kept.subarray(from, from + capacity)
  }
}

export class Vm {
  state = state.running
  reason = ''
  memory = 192n << 20n
  /** What it is to keep, and within which limits; the same as its memory where a test says nothing. */
  wanted?: bigint
  minimum?: bigint
  maximum?: bigint
  memoryWeight = 0n
  consolePorts: string[] = []
  /** By capability/ram.ts's MemoryReport. */
  reports: bigint[] = []
  vcpus = 1n
  /** That it has room for; those beyond `cpus` and `vcpus` are absent. */
  maxVcpus = 1n
  weight = 100n
  cpuTime = 12n * second + 345_000_000n
  uptime = 3n * 60n * second + 7n * second
  restarts = 0n
  mirror = 0n
  cap = 0n
  affinity = 0n
  prefer = 0n
  onReboot = 0n
  onCrash = 1n
  unbacked = 117n
  overhead = 1441792n
  protocol = 1n
  /** The number of its first network interface's port, and how many it has. */
  firstPort = 0
  interfaces = 0
  autostart = 1n
  kernel = 'vmlinuz-6.1.0-cloud-amd64'
  commandLine = 'console=ttyS0'
  /** Exits by capability/exit.ts's numbers. */
  reasons = [0n, 7366n, 21007n, 0n, 0n, 19840n, ...Array<bigint>(17).fill(0n)]
  machineTime = second
  /** Of each vCPU: its state, CPU time and steal time; those that a test leaves out have not been started. */
  cpus: [state: bigint, time: bigint, stolen: bigint][] = [[0n, 12n * second, 0n]]
  output = new Ring()
  input: number[] = []
  inputRoom = Infinity
  constructor(readonly name: string, fields: Partial<Vm> = {}) { Object.assign(this, fields) }
}

export class World {
  vms = [new Vm('web'), new Vm('db', { weight: 300n, memory: 256n << 20n })]
  log = new Ring()
  now = 3n * 60n * second + 9n * second
  screen = new Screen()
  /** Bytes that the terminal's ring takes before it is drained; Infinity unless a test is about that. */
  room = Infinity
  typed = Buffer.alloc(0)
  deadline = (1n << 64n) - 1n
  orders: string[] = []
  orderStatus = 0
  /** What becomes of orders when the console's call has returned. */
  obeys = true
  power: number[] = []
  powerStatus = 0
  /** Of hardware virtualization: why guests cannot run, whose it is, its identifiers, the words of its features, and CR4. */
  blocked = 0n
  vendor = 0n
  identifiers = 32768n
  features: bigint[] = [1n << 3n | 1n << 6n | 1n << 16n]
  cr4 = 0n
  cpuVendor = 'AuthenticAMD'
  cpuModel = 'AMD EPYC Processor'
  /** What the console wrote into the nucleus's log. */
  logged: string[] = []
  /** Bytes by capability/owner.ts's numbers: free, the nucleus, the console, and each VM's RAM. */
  owners: [number, bigint][] = [[0, 51n << 20n], [1, 6n << 20n], [17, 5n << 20n], [144, 193n << 20n], [145, 257n << 20n]]
  /** Slots by their numbers, of which 0 is the nucleus's and no sandbox's. */
  sandboxes = [
    { name: '', state: 0n, memory: 0n, calls: 0n, restarts: 0n, trap: '' },
    { name: 'console', state: 1n, memory: 458752n, calls: 812n, restarts: 0n, trap: '' },
    { name: 'driver uart', state: 1n, memory: 131072n, calls: 5120n, restarts: 0n, trap: '' },
    { name: '', state: 0n, memory: 0n, calls: 0n, restarts: 0n, trap: '' },
    { name: 'machine web', state: 1n, memory: 327680n, calls: 30011n, restarts: 1n, trap: 'machine: machine/uart/uart.ts:112: out of bounds memory access' },
    { name: 'machine db', state: 1n, memory: 327680n, calls: 28344n, restarts: 0n, trap: '' },
  ]
  restarted: number[] = []
  /** Of each processor: nanoseconds online, in guests, in sandboxes, idle, waiting, and of its idle ones those that it was forced to. */
  cpus: bigint[][] = [[189n * second, 24n * second, 6n * second, 150n * second, 0n]]
  /** The processors of each one's core, as sets; by themselves where nothing is said. */
  cores: bigint[] = []
  coreScheduling = 0n
  /** How many processors the machine has, where that is not as many. */
  present = 0
  /** PCI functions: bus, device and function as in a configuration address, class and subclass, identity; and whether any other function of a device is to be looked for. */
  devices: { address: number, code: number, identity: number, several?: boolean }[] = [
    { address: 0, code: 0x0600, identity: 0x29C0_8086 }, { address: 2 << 11, code: 0x0300, identity: 0x1111_1234 },
  ]
  hasSerialPort = true
  /** The pool's service, where the host has disks for it. */
  pool: PoolHost | undefined
  /** The switches' service, where the host has networks. */
  net: NetHost | undefined
  texts = ['0.1.0', 'GRUB 2.06', 'lab', 'HPET']
  exports!: Record<string, any>
  memory!: WebAssembly.Memory
  private pending: string[] = []

  /** Wakes the console until it asks for no more at this moment; orders are carried out between calls. */
  wake(): void {
    let calls = 0
    do {
      this.deadline = (1n << 64n) - 1n
      this.exports.wake()
      if (++calls > 5000) throw new Error('the console does not come to rest')
    } while (this.carryOut() || this.deadline <= this.now)
  }

  type(text: string | Uint8Array): this {
    this.typed = Buffer.concat([this.typed, Buffer.from(text as string)])
    this.wake()
    return this
  }

  /** Types a line and gives what it is answered with, prompt excluded. */
  run(line: string): string {
    const before = this.screen.row
    this.type(line + '\r')
    const lines = this.screen.lines().slice(before + 1)
    return (lines.at(-1)?.startsWith('typervisor> ') || lines.at(-1) === 'typervisor>' ? lines.slice(0, -1) : lines).join('\n')
  }

  /** The one JSON value that a line is answered with within `milliseconds`, as it was sent: the screen would wrap it. */
  json(line: string, milliseconds = 0): any {
    const before = this.screen.raw.length
    this.type(line + '\r')
    this.advance(milliseconds)
    return JSON.parse(this.screen.raw.slice(before).split('\r\n')[1])
  }

  advance(milliseconds: number): void {
    const end = this.now + BigInt(milliseconds) * 1_000_000n
    while (this.deadline <= end) {
      if (this.deadline > this.now) this.now = this.deadline
      this.wake()
    }
    this.now = end
  }

  /** The terminal shows what it took; there is room again. */
  drain(room: number): void {
    this.room = room
    this.wake()
  }

  vm(name: string): Vm { return this.vms.find((vm) => vm.name === name)! }

  private carryOut(): boolean {
    const orders = this.pending.splice(0)
    for (const text of this.obeys ? orders : []) {
      const [what, name] = text.split(' ')
      const vm = this.vm(name)
      if (what === 'start' || what === 'resume') vm.state = state.running
      if (what === 'kill') { vm.state = state.stopped; vm.reason = 'killed by the administrator' }
      if (what === 'stop') { vm.state = state.stopped; vm.reason = 'powered off by the guest' }
      if (what === 'pause') vm.state = state.paused
      if (what === 'reset') { vm.restarts++; vm.reason = '' }
    }
    const isPoolDone = this.pool?.carryOut() ?? false
    const isSwitchDone = this.net?.carryOut() ?? false
    return isPoolDone || isSwitchDone || orders.length > 0 && this.obeys
  }

  /** CPUID 0 and 8000_0000h, and the brand string of 8000_0002h to 8000_0004h, by register: EAX, EBX, ECX, EDX. APM vol. 3, E.3.1 and E.4.3. */
  private cpuid(leaf: number, register: number): number {
    const letters = (text: string, at: number) => Buffer.from(text.padEnd(48, '\0')).readInt32LE(at)
    if (leaf === 0 && register !== 0) return letters(this.cpuVendor, [0, 8, 4][register - 1])
    if (leaf === 0x8000_0000 && register === 0) return 0x8000_0004 | 0
    if (leaf >= 0x8000_0002 && leaf <= 0x8000_0004) return letters(this.cpuModel, (leaf - 0x8000_0002) * 16 + register * 4)
    throw new Error(`CPUID ${leaf.toString(16)}`)
  }

  imports(): Record<string, Record<string, (...args: any[]) => any>> {
    const bytes = (target: number, capacity: number) => new Uint8Array(this.memory.buffer, target >>> 0, capacity >>> 0)
    const copy = (source: Uint8Array, target: number, capacity: number) => {
      bytes(target, capacity).set(source.subarray(0, capacity))
      return source.length
    }
    const text = (value: string, target: number, capacity: number) => copy(Buffer.from(value), target, capacity)
    const vmRecord = (index: number, target: number): boolean => {
      const vm = this.vms[index]
      if (!vm) return false
      const words = [index, vm.state, vm.weight, vm.onReboot, vm.onCrash, vm.mirror, vm.autostart, vm.maxVcpus > vm.vcpus ? vm.maxVcpus : vm.vcpus,
        vm.vcpus, vm.cap, vm.restarts, vm.protocol]
      const quads = [vm.memory, vm.affinity, vm.prefer, vm.unbacked, vm.cpuTime, vm.uptime, vm.machineTime, vm.overhead, 0n,
        vm.wanted ?? vm.memory, vm.minimum ?? vm.memory, vm.maximum ?? vm.memory, vm.memoryWeight, ...Array.from({ length: 6 }, (_, key) => vm.reports[key] ?? 0n)]
      const view = new DataView(this.memory.buffer, target, 0xC8)
      words.forEach((value, at) => view.setUint32(at * 4, Number(value), true))
      quads.forEach((value, at) => view.setBigUint64(0x30 + at * 8, value, true))
      view.setUint32(0x70, vm.firstPort, true)
      view.setUint32(0x74, vm.interfaces, true)
      return true
    }
    const free = () => this.owners[0][1]
    const total = () => this.owners.reduce((sum, [, size]) => sum + size, 0n)
    return {
      admin: {
        vmCount: () => this.vms.length,
        vmRecord,
        vmExits: (vm: number, reason: number) => this.vms[vm].reasons[reason],
        vmText: (vm: number, key: number, target: number, capacity: number) =>
          text([this.vms[vm].name, this.vms[vm].reason, this.vms[vm].kernel, this.vms[vm].commandLine, this.vms[vm].consolePorts.join('\n')][key], target, capacity),
        vmOrder: (vm: number, which: number) => {
          this.orders.push(`${order[which]} ${this.vms[vm].name}`)
          if (!this.orderStatus) this.pending.push(`${order[which]} ${this.vms[vm].name}`)
          return this.orderStatus
        },
        vmSet: (vm: number, setting: number, value: bigint) => {
          const name = (['weight', 'mirror', 'onReboot', 'onCrash', 'cap', 'affinity', 'prefer', 'vcpus', 'wanted'] as const)[setting]
          this.vms[vm][name] = value
          return 0
        },
        hostNumber: (key: number) => key >= 0x100 ? BigInt.asIntN(64, this.features[key - 0x100] ?? 0n) : [total(), free(), BigInt(this.cpus.length), BigInt(this.present || this.cpus.length), 2_445_404_000n, this.now, BigInt(this.hasSerialPort),
          this.coreScheduling, 62_500_000n, 1_763_812_800n, this.blocked, this.vendor, this.identifiers, this.cr4][key],
        cpuid: (leaf: number, register: number) => this.cpuid(leaf >>> 0, register),
        hostSet: (setting: number, value: bigint) => {
          if (setting !== 0) return 3
          this.coreScheduling = value
          return 0
        },
        cpuNumber: (cpu: number, key: number) => key === 6 ? this.cores[cpu] ?? 1n << BigInt(cpu) : this.cpus[cpu][key] ?? 0n,
        vcpuNumber: (vm: number, vcpu: number, key: number) => (this.vms[vm].cpus[vcpu] ?? [vcpu < this.vms[vm].vcpus ? 2n : 3n, 0n, 0n])[key],
        hostText: (key: number, target: number, capacity: number) => text(this.texts[key], target, capacity),
        memoryBytes: (owner: number) => this.owners.find(([number]) => number === owner)?.[1] ?? this.vms[owner - 144]?.memory ?? 0n, // Owner.Ram
        sandboxCount: () => this.sandboxes.length,
        sandboxNumber: (index: number, key: number) => {
          const sandbox = this.sandboxes[index]
          return [sandbox.state, sandbox.memory, sandbox.calls, sandbox.restarts, sandbox.restarts + 1n, sandbox.calls * 2_100_000n][key]
        },
        sandboxText: (index: number, key: number, target: number, capacity: number) =>
          text(key === 0 ? this.sandboxes[index].name : this.sandboxes[index].trap, target, capacity),
        sandboxRestart: (index: number) => { this.restarted.push(index); return 0 },
        pciRead: (address: number) => {
          const found = this.devices.find(device => device.address === (address & ~0xFF))
          if (!found) return -1
          return [found.identity, 0, found.code << 16, found.several ? 0x80 << 16 : 0][(address & 0xFF) >> 2]
        },
        logBegin: () => this.log.begin,
        logEnd: () => this.log.end,
        logRead: (position: bigint, target: number, capacity: number) => copy(this.log.read(BigInt.asUintN(64, position), capacity), target, capacity),
        serialBegin: (vm: number) => this.vms[vm].output.begin,
        serialEnd: (vm: number) => this.vms[vm].output.end,
        serialRead: (vm: number, position: bigint, target: number, capacity: number) =>
          copy(this.vms[vm].output.read(BigInt.asUintN(64, position), capacity), target, capacity),
        serialWrite: (vm: number, source: number, length: number) => {
          const taken = Math.min(length, this.vms[vm].inputRoom - this.vms[vm].input.length)
          this.vms[vm].input.push(...bytes(source, taken))
          return taken
        },
        terminalRead: (target: number, capacity: number) => {
          this.typed = Buffer.concat([this.typed, Buffer.from(this.screen.answer)])
          this.screen.answer = ''
          const taken = Math.min(capacity, this.typed.length)
          copy(this.typed.subarray(0, taken), target, taken)
          this.typed = this.typed.subarray(taken)
          return taken
        },
        terminalWrite: (source: number, length: number) => {
          const taken = Math.min(length, this.room)
          this.room -= taken
          this.screen.write(bytes(source, taken).slice())
          return taken
        },
        ...this.pool?.imports(bytes) ?? { storageOrder: () => 0, storageAnswer: () => 0, storageDevice: () => 0 },
        ...this.net?.imports(bytes) ?? { switchOrder: () => 0, switchAnswer: () => 0 },
        power: (which: number) => { this.power.push(which); return this.powerStatus },
        wakeAt: (deadline: bigint) => { this.deadline = BigInt.asUintN(64, deadline) },
      },
      log: { line: (at: number, length: number) => { this.logged.push(Buffer.from(bytes(at, length)).toString()) } },
    }
  }
}

let compiled: Promise<WebAssembly.Module> | undefined

async function compile(): Promise<WebAssembly.Module> {
  const entry = 'services/console/index.ts'
  await instantiate(entry, { runtime: 'minimal' })
  return WebAssembly.compile(readFileSync(resolve('build/test', entry.replaceAll('/', '-') + '.wasm')))
}

/** A console of its own, started, with `change` made to its world before. */
export async function boot(change: (world: World) => void = () => {}): Promise<World> {
  const module = await (compiled ??= compile())
  const world = new World()
  change(world)
  if (world.net) {
    world.sandboxes.push({ name: 'switch', state: 1n, memory: 1n << 20n, calls: 5n, restarts: 0n, trap: '' })
    world.vms.forEach((vm, index) => { vm.interfaces = 2 - index; vm.firstPort = 2 * index })
  }
  const imports = world.imports()
  imports.env = { abort: (_message: number, _file: number, line: number, column: number) => { throw new Error(`abort at ${line}:${column}`) } }
  const instance = await WebAssembly.instantiate(module, imports)
  world.exports = instance.exports
  world.memory = instance.exports.memory as WebAssembly.Memory
  const status = world.exports.start()
  if (status !== 0) throw new Error(`start gave ${status}`)
  return world
}
