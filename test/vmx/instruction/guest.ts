/** A guest for the emulator's tests: physical memory in a buffer, devices as a log, registers by name. */
import { instantiate, type Sandbox } from '../../sandbox'

const registers = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
  'rip', 'rflags', 'cr0', 'cr2', 'cr3', 'cr4', 'efer', 'esBase', 'csBase', 'ssBase', 'dsBase', 'fsBase', 'gsBase'] as const
export type RegisterName = (typeof registers)[number]
const small = { cpl: 0xE8, codeSize: 0xEC, stackSize: 0xF0 }

export const Status = { Done: 0, Again: 1, Fault: 2, Unsupported: 3 }
export const Access = { Read: 0, Write: 2, User: 4, Fetch: 16, Stack: 256 }
export const Untranslated = 0xFFFF_FFFF_FFFF_FFFFn

const Block = 2 * 1024 * 1024
/** The host block that backs guest block 0; the others follow in the order in which they are granted. */
const FirstHostBlock = 3

export class Guest {
  /** Host physical memory. */
  readonly host: Buffer
  private granted = 0
  /** Accesses to devices, newest last. */
  readonly log: string[] = []
  /** What a device answers. */
  deviceValue: (gpa: bigint, size: number) => bigint = () => 0n
  private view: DataView
  private blocks = 0
  private at = 0

  private constructor(readonly sandbox: Sandbox, host: Buffer, private readonly guestBlocks: number) {
    this.host = host
    this.view = new DataView(sandbox.memory.buffer)
  }

  static async create(hostBlocks = 12, guestBlocks = 0x101): Promise<Guest> {
    const host = Buffer.alloc((FirstHostBlock + hostBlocks) * Block)
    let guest: Guest
    const imports = {
      hw: {
        load8: (a: bigint) => host.readUInt8(Number(a)), load16: (a: bigint) => host.readUInt16LE(Number(a)),
        load32: (a: bigint) => host.readUInt32LE(Number(a)), load64: (a: bigint) => host.readBigUInt64LE(Number(a)),
        store8: (a: bigint, v: number) => { host[Number(a)] = v }, store16: (a: bigint, v: number) => { host.writeUInt16LE(v & 0xFFFF, Number(a)) },
        store32: (a: bigint, v: number) => { host.writeUInt32LE(v >>> 0, Number(a)) }, store64: (a: bigint, v: bigint) => { host.writeBigUInt64LE(BigInt.asUintN(64, v), Number(a)) },
      },
      device: {
        read: (gpa: bigint, size: number) => { const a = BigInt.asUintN(64, gpa); guest.log.push(`read ${a.toString(16)} ${size}`); return BigInt.asIntN(64, guest.deviceValue(a, size)) },
        write: (gpa: bigint, size: number, value: bigint) => { guest.log.push(`write ${BigInt.asUintN(64, gpa).toString(16)} ${size} ${BigInt.asUintN(64, value).toString(16)}`) },
        portRead: (port: number, size: number) => { guest.log.push(`in ${port.toString(16)} ${size}`); return Number(guest.deviceValue(BigInt(port), size)) },
        portWrite: (port: number, size: number, value: number) => { guest.log.push(`out ${port.toString(16)} ${size} ${(value >>> 0).toString(16)}`) },
      },
      vcpu: {
        registers: (target: number) => guest.exports.vcpuRegisters(target), setRegisters: (source: number) => guest.exports.vcpuSetRegisters(source),
        instruction: (target: number) => guest.exports.vcpuInstruction(target), port: () => { /* no breakpoints */ },
        locate: (linear: bigint, size: number, access: number, target: number) => guest.exports.vcpuLocate(linear, size, access, target),
        read: (gpa: bigint, size: number, target: number) => guest.exports.vcpuRead(gpa, size, target),
        write: (gpa: bigint, size: number, value: bigint) => guest.exports.vcpuWrite(gpa, size, value),
      },
    }
    guest = new Guest(await instantiate('test/vmx/instruction/emulate.entry.ts', { imports }), host, guestBlocks)
    guest.blocks = guest.exports.createGuest(guestBlocks)
    guest.at = guest.exports.processor()
    guest.view = new DataView(guest.sandbox.memory.buffer)
    return guest
  }

  get exports(): Sandbox['exports'] { return this.sandbox.exports }

  /** Backs guest physical block `block` with RAM. */
  grant(block: number): void {
    this.view.setUint32(this.blocks + block * 4, (FirstHostBlock + this.granted++) * (Block / 4096), true)
  }

  /** Chooses this guest after another one. */
  selectAgain(): void { this.exports.selectGuest(this.blocks, this.guestBlocks) }

  /** Where guest physical memory lies in `host`. */
  ram(gpa: number | bigint): number {
    const frame = this.view.getUint32(this.blocks + Number(BigInt(gpa) >> 21n) * 4, true)
    if (!frame) throw new Error(`${gpa.toString(16)}h is not RAM`)
    return frame * 4096 + Number(BigInt(gpa) & 0x1F_FFFFn)
  }

  get(name: RegisterName): bigint { return this.view.getBigUint64(this.at + registers.indexOf(name) * 8, true) }
  set(values: Partial<Record<RegisterName, bigint>> & { cpl?: number; codeSize?: number; stackSize?: number }): void {
    for (const [name, value] of Object.entries(values)) {
      if (name in small) this.view.setUint32(this.at + small[name as keyof typeof small], value as number, true)
      else this.view.setBigUint64(this.at + registers.indexOf(name as RegisterName) * 8, BigInt.asUintN(64, value as bigint), true)
    }
  }
  general(): bigint[] { return registers.slice(0, 16).map((name) => this.get(name)) }
  setGeneral(values: bigint[]): void { values.forEach((value, i) => this.set({ [registers[i]]: value })) }

  write64(gpa: number, value: bigint): void { this.host.writeBigUInt64LE(BigInt.asUintN(64, value), this.ram(gpa)) }
  read64(gpa: number): bigint { return this.host.readBigUInt64LE(this.ram(gpa)) }
  write32(gpa: number, value: number): void { this.host.writeUInt32LE(value >>> 0, this.ram(gpa)) }
  read32(gpa: number): number { return this.host.readUInt32LE(this.ram(gpa)) }

  walk(linear: bigint, access = Access.Read): bigint { return BigInt.asUintN(64, this.exports.walk(BigInt.asIntN(64, linear), access)) }
  run(): number { return this.exports.run() }
  fault(): { vector: number; errorCode: number; linear: bigint } {
    return { vector: this.exports.vector(), errorCode: this.exports.errorCode(), linear: BigInt.asUintN(64, this.exports.linear()) }
  }
}

/** Control bits of Intel SDM vol. 3, 2.5, and of page-table entries, 4.5. */
export const Cr0 = { PE: 1n, WP: 1n << 16n, PG: 1n << 31n }
export const Cr4 = { PSE: 1n << 4n, PAE: 1n << 5n, SMEP: 1n << 20n, SMAP: 1n << 21n }
export const Efer = { LME: 1n << 8n, LMA: 1n << 10n, NXE: 1n << 11n }
export const P = 1n, RW = 2n, US = 4n, A = 0x20n, D = 0x40n, PS = 0x80n, NX = 1n << 63n
