/** The reader of the configuration with boot modules that a test exchanges, and what the nucleus makes of its record. */
import { instantiate, type Sandbox } from '../sandbox.ts'

export interface Reader extends Sandbox {
  /** The boot modules, in place of what was there. */
  place(...modules: Buffer[]): void
  /** Checks the first module as a pack of `size` bytes; the status. */
  check(size?: number): number
  /** Does what the sandbox does at boot, and what the nucleus does with the record, which is at `BASE`. False when there is no configuration. */
  read(): boolean
  /** What was said in the log. */
  lines(): string[]
  /** Of the configuration that the nucleus took: the host's name (-1), the kernel's name (-2), or a text by ConfigText. */
  text(vm: number, key: number): string
  /** The configuration's numbers of a VM, in the order of VmConfiguration. */
  numbers(vm: number): number[]
  /** The disks of a VM: all 64 bytes of a name are read, and those behind it must be zero. */
  disks(vm: number): Disk[]
  /** The network interfaces of a VM. */
  interfaces(vm: number): Interface[]
  /** What the switches' service is to begin with: by its number, each order that is one. */
  orders(): Record<number, Order>
  /** Where the network card of a network is, '' where it has none. */
  uplink(network: number): string
  /** What the pool's service is told. */
  storage(): { pool: string, devices: string[], images: { name: string, bytes: Buffer }[], volumes: { name: string, image: number, bytes: bigint, requestLimit: number, byteLimit: bigint }[] }
  /** A file's bytes, by BootFile. */
  file(vm: number, file: number): Buffer
}

export interface Disk { name: string, readOnly: number }
export interface Interface { port: number, mac: bigint, mtu: number }
export interface Order { operation: number, port: number, name: string, settings: Buffer }

/** Where the nucleus has the first module: above 4 GiB, so that an address cut to 32 bits is found out. */
export const BASE = 0x1_2345_6000n

/** Compiles the reader and the nucleus's part. */
export async function reader(): Promise<Reader> {
  let modules: Buffer[] = []
  let said: string[] = []
  const sandbox: Sandbox = await instantiate('test/services/configuration.entry.ts', {
    imports: {
      modules: {
        count: () => modules.length,
        size: (module: number) => BigInt(modules[module]?.length ?? 0),
        read: (module: number, target: number, length: number) => {
          if ((length >>> 0) > (modules[module]?.length ?? 0)) return 0
          new Uint8Array(sandbox.memory.buffer).set(modules[module].subarray(0, length), target >>> 0)
          return 1
        },
      },
      log: { line: (at: number, length: number) => { said.push(Buffer.from(sandbox.memory.buffer, at >>> 0, length).toString()) } },
    },
  })
  const { exports } = sandbox
  exports.prepare()
  const bytes = (hpa: bigint, length: bigint) => {
    const offset = BigInt.asUintN(64, hpa) - BASE
    if (offset < 0n || offset + length > BigInt(modules[0].length)) throw new Error(`${length} bytes at ${offset} of a module of ${modules[0].length}`)
    return modules[0].subarray(Number(offset), Number(offset + length))
  }
  return {
    ...sandbox,
    place(...placed) {
      modules = placed
      said = []
    },
    check: (size = modules[0].length) => exports.check(BigInt(size)),
    read: () => Boolean(exports.readConfiguration()) && Boolean(exports.take(BASE, BigInt(modules[0].length))),
    lines: () => said,
    text: (vm, key) => bytes(exports.textHpa(vm, key), exports.textLength(vm, key)).toString(),
    numbers: vm => Array.from({ length: 18 }, (_, field) => Number(exports.vmNumber(vm, field))),
    disks: vm => Array.from({ length: Number(exports.vmNumber(vm, 14)) }, (_, disk) => {
      const room = Buffer.from(sandbox.memory.buffer, exports.diskName(vm, disk) >>> 0, 64)
      const length = exports.diskNameLength(vm, disk)
      if (room.subarray(length).some(byte => byte !== 0)) throw new Error(`${room.toString('latin1')} is not zero behind ${length}`)
      return { name: room.toString('latin1', 0, length), readOnly: exports.diskReadOnly(vm, disk) }
    }),
    interfaces: vm => Array.from({ length: exports.interfaceCount(vm) }, (_, index) => ({
      port: exports.firstPort(vm) + index, mac: BigInt.asUintN(64, exports.interfaceMac(vm, index)), mtu: exports.interfaceMaximum(vm, index),
    })),
    orders: () => Object.fromEntries(Array.from({ length: 320 }, (_, index) => {
      const record = Buffer.from(Buffer.from(sandbox.memory.buffer, exports.order(index) >>> 0, 704))
      return [index, { operation: record.readUInt32LE(4), port: record.readUInt32LE(8), name: record.toString('latin1', 16, 48).replace(/\0+$/, ''), settings: record.subarray(48) }] as const
    }).filter(([, { name }]) => name)),
    uplink: network => Buffer.from(sandbox.memory.buffer, exports.uplink(network) >>> 0, 8).toString('latin1').replace(/\0+$/, ''),
    storage: () => {
      const record = Buffer.from(sandbox.memory.buffer, exports.storageAt() >>> 0, 0x50 + 16 * 64 + 64 * 80 + 512 * 88)
      const name = (at: number, room = 64) => record.toString('latin1', at, at + room).replace(/\0+$/, '')
      const count = (at: number, first: number, take: (at: number) => any, size = 80) => Array.from({ length: record.readUInt32LE(at) }, (_, index) => take(first + index * size))
      return {
        pool: name(0x10), devices: count(8, 0x50, name, 64),
        images: count(4, 0x450, at => ({ name: name(at + 16), bytes: bytes(BASE + record.readBigUInt64LE(at), record.readBigUInt64LE(at + 8)) })),
        volumes: count(0, 0x1850, at => ({ name: name(at + 24), image: record.readUInt32LE(at + 8), bytes: record.readBigUInt64LE(at), requestLimit: record.readUInt32LE(at + 12), byteLimit: record.readBigUInt64LE(at + 16) }), 88),
      }
    },
    file: (vm, file) => exports.fileSize(vm, file) === 0n ? Buffer.alloc(0) : bytes(exports.fileHpa(vm, file), exports.fileSize(vm, file)),
  }
}
