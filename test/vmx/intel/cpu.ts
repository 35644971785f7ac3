/** A CPU for vmx/intel to find its features on and to switch on. */
import { instantiate, type Sandbox } from '../../sandbox.ts'
import type { Msrs } from './processors.ts'

/** What a CPU does when software does what it must not. */
export class GeneralProtection extends Error {}

export const FEATURE_CONTROL = 0x3A
const VMX = 1 << 5

/** Its registers. VMXON is as the manual has it: SDM vol. 3, 24.7 and 31.3, VMXON. */
export class Cpu {
  cr0 = 0x8001_0011n // as boot/entry.asm leaves it: no NE
  cr4 = 0x20n
  stored = new Map<bigint, number>()
  vmxonRegion: bigint | undefined
  #isOn = false

  constructor(readonly msrs: Msrs, readonly ecx = VMX) {}

  readMsr(index: number): bigint {
    const value = this.msrs[index]
    if (value === undefined) throw new GeneralProtection(`RDMSR ${index.toString(16)}`)
    return BigInt.asIntN(64, value)
  }

  writeMsr(index: number, value: bigint): void {
    if (index !== FEATURE_CONTROL || (this.msrs[index] & 1n) !== 0n) throw new GeneralProtection(`WRMSR ${index.toString(16)}`)
    this.msrs[index] = value
  }

  /** 0, or the flags that say that it failed. */
  vmxOn(hpa: bigint): number {
    const fixed = (value: bigint, first: number) => (value & this.msrs[first]) === this.msrs[first] && (value & ~this.msrs[first + 1]) === 0n
    if ((this.cr4 & 1n << 13n) === 0n) throw new Error('#UD: CR4.VMXE is clear')
    if (!fixed(this.cr0, 0x486) || !fixed(this.cr4, 0x488) || (this.msrs[FEATURE_CONTROL] & 5n) !== 5n) throw new GeneralProtection('VMXON')
    if (this.#isOn) return 2
    if ((hpa & 0xFFFn) !== 0n || this.stored.get(hpa) !== Number(this.msrs[0x480] & 0x7FFF_FFFFn)) return 1
    this.#isOn = true
    this.vmxonRegion = hpa
    return 0
  }

  vmxOff(): void {
    if (!this.#isOn) throw new Error('#UD: VMXOFF outside VMX operation')
    this.#isOn = false
  }

  /** SDM vol. 3, 24.8: VMX operation fixes CR4.VMXE. */
  writeCr4(value: bigint): void {
    if (this.#isOn && (value & 1n << 13n) === 0n) throw new GeneralProtection('CR4.VMXE cleared in VMX operation')
    this.cr4 = value
  }
}

let cpu: Cpu

/** What runs on it is compiled once. */
export async function start(): Promise<Sandbox & { on(processor: Cpu): void, text(pointer: number): string }> {
  const hw = {
    cpuid: (leaf: number, subleaf: number, register: number) => leaf === 1 && register === 2 ? cpu.ecx : 0,
    readMsr: (index: number) => cpu.readMsr(index),
    writeMsr: (index: number, value: bigint) => cpu.writeMsr(index, BigInt.asUintN(64, value)),
    readCr0: () => cpu.cr0,
    readCr4: () => cpu.cr4,
    writeCr0: (value: bigint) => { cpu.cr0 = BigInt.asUintN(64, value) },
    writeCr4: (value: bigint) => cpu.writeCr4(BigInt.asUintN(64, value)),
    store32: (hpa: bigint, value: number) => { cpu.stored.set(hpa, value >>> 0) },
    vmxOn: (hpa: bigint) => cpu.vmxOn(hpa),
    vmxOff: () => cpu.vmxOff(),
  }
  const sandbox = await instantiate('test/vmx/intel/enable.entry.ts', { imports: { hw } })
  return {
    ...sandbox,
    on(processor) { cpu = processor },
    text: pointer => Buffer.from(sandbox.memory.buffer, pointer, new DataView(sandbox.memory.buffer).getUint32(pointer - 4, true)).toString('utf16le'),
  }
}
