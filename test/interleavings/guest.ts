/** What the processors' hardware does: interrupts, TLBs, and guests whose next exit is written down. AMD-V, in as far as the nucleus sees it. */
import type { Host } from './host.ts'
import type { Processor } from './processor.ts'

/** What a guest does: it halts until it has been interrupted with a vector, or writes its x2APIC's interrupt command. */
export type Step = { until: number } | { command: number }

/** A guest that does some things and then computes for ever, as long as nothing interrupts it. */
export class Guest {
  /** Vectors that it was interrupted with. */
  readonly received: number[] = []
  #at = 0

  constructor(readonly steps: Step[]) {}

  /** What it does next, which makes it leave; nothing when it computes. */
  get next(): Step | undefined {
    for (let step = this.steps[this.#at]; step && 'until' in step && this.received.includes(step.until); step = this.steps[this.#at]) this.#at++
    return this.steps[this.#at]
  }

  /** A command was written. */
  advance(): void { this.#at++ }
}

/** The guests of this run, by their vCPU's number. */
export let guests: Guest[] = []
/** Which guest each processor is in, by numbers. */
export const inside = new Map<number, number>()
export function setGuests(all: Guest[]): void {
  guests = all
  inside.clear()
}

/** Offsets in a VMCB. APM vol. 2, appendix B. */
const VirtualIrq = 0x61
const ExitCode = 0x70
const ExitInfo1 = 0x78
const EventInjection = 0xA8
const NextRip = 0xC8
const Rflags = 0x400 + 0x170
const Rip = 0x400 + 0x178
const Rax = 0x400 + 0x1F8
/** Exit codes. Appendix C. */
const Interrupt = 0x60
const VirtualInterrupt = 0x64
const Halt = 0x78
const Msr = 0x7C

const InterruptCommand = 0x830

export function hardware(host: Host, processor: Processor) {
  const { view } = processor
  let first = 0 // the first vCPU's VMCB
  const set = (at: number, value: bigint) => host.write(processor, at, value)
  const get = (at: number) => view.getBigUint64(at, true)
  return {
    cpuid: (leaf: number, _: number, register: number) => {
      switch (leaf >>> 0) {
        case 0x8000_0000: return register === 0 ? 0x8000_0020 | 0 : 0
        case 0x8000_0001: return register === 2 ? 1 << 2 : 0 // SVM
        case 0x8000_001E: return register === 1 ? 3 << 8 : 0 // four threads a core
        case 0x8000_000A: return register === 1 ? 16 : register === 3 ? 1 << 0 | 1 << 3 : 0 // nested paging, next RIP
      }
      return 0
    },
    readMsr: (index: number) => index === 0x1B ? 0xFEE0_0C00n : 0n,
    writeMsr: (index: number, value: bigint) => {
      if (index !== InterruptCommand) return
      // It may arrive at once, and before stores that went ahead of it: this is no fence.
      if (!processor.rewinding) host.send(processor, Number(BigInt.asUintN(64, value) >> 32n))
      if (host.active) host.point(processor)
    },
    scale: () => 0n, multiplyShift: () => 0n,
    readCr3: () => 0n, writeCr3: () => {},
    fxsave: () => {}, fxrstor: () => {}, zero: () => {}, store16: () => {}, store32: () => {}, load32: () => 0, load64: () => 0n,
    readDr0: () => 0n, readDr1: () => 0n, readDr2: () => 0n, readDr3: () => 0n, writeDr0: () => {}, writeDr1: () => {}, writeDr2: () => {}, writeDr3: () => {},
    svmRun: (vmcb: bigint, registers: number) => {
      const at = Number(vmcb)
      first ||= processor.exports.controlBlock(0) // not on its way back, where nothing else can be called
      const number = at === first ? 0 : 1
      const guest = guests[number]
      if (!processor.rewinding) {
        host.drain(processor)
        inside.set(processor.number, number)
        const event = get(at + EventInjection)
        if ((event >> 31n & 1n) !== 0n) guest.received.push(Number(event & 0xFFn))
      }
      const next = guest.next
      const isWanted = (view.getUint8(at + VirtualIrq) & 1) !== 0 // an interrupt window
      if (!host.point(processor, !next && !isWanted ? 'interrupt' : 'nothing')) return
      inside.delete(processor.number)
      set(at + Rflags, 0x202n) // it takes interrupts from its first instruction on
      if (processor.interrupt) return set(at + ExitCode, BigInt(Interrupt))
      if (isWanted) return set(at + ExitCode, BigInt(VirtualInterrupt))
      if (!next) throw new Error('a guest that computes was left without a reason')
      set(at + NextRip, get(at + Rip) + 2n)
      if ('until' in next) return set(at + ExitCode, BigInt(Halt))
      guest.advance()
      set(at + ExitCode, BigInt(Msr))
      set(at + ExitInfo1, 1n)
      set(at + Rax, BigInt(next.command))
      set(registers + 8, BigInt(InterruptCommand))
      set(registers + 16, BigInt(Math.floor(next.command / 2 ** 32)))
    },
  }
}
