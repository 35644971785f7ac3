/** A PCI function of the bench and, on top of it, a driver's way to a virtio device: VIRTIO 1.2, 4.1 and 3.1. */
import type { Bench } from './board.js'

const ECAM = 0xe000_0000

/** Configuration space of bus 0, device `slot`, function 0. */
export class PciDevice {
  constructor(readonly board: Bench, readonly slot: number) {}

  read(offset: number, size = 4): number { return Number(this.board.read(ECAM + this.slot * 0x8000 + offset, size)) }
  write(offset: number, value: number, size = 4): void { this.board.write(ECAM + this.slot * 0x8000 + offset, value, size) }

  /** Offsets of its capabilities, by identity, in the order of the list. */
  capabilities(): { identity: number; at: number }[] {
    const found: { identity: number; at: number }[] = []
    for (let at = this.read(0x34, 1); at !== 0 && found.length < 48; at = this.read(at + 1, 1)) found.push({ identity: this.read(at, 1), at })
    return found
  }

  capability(identity: number): number { return this.capabilities().find(one => one.identity === identity)!.at }

  /** Bytes, or ports, that base address register `bar` asks for, found as software does. */
  sizeOf(bar: number): number {
    const at = 0x10 + 4 * bar
    const before = this.read(at)
    this.write(at, 0xffff_ffff)
    const size = (~(this.read(at) & (before & 1 ? ~3 : ~0xf)) >>> 0) + 1
    this.write(at, before)
    return size === 2 ** 32 ? 0 : size
  }
}

export const Status = { acknowledge: 1, driver: 2, driverOk: 4, featuresOk: 8, needsReset: 64, failed: 128 }
export const Feature = { indirect: 28n, eventIndex: 29n, version1: 32n, packed: 34n, ringReset: 40n }

/** Where a queue's parts lie. */
interface Areas { descriptors: number; driver: number; device: number }

export class VirtioDevice extends PciDevice {
  /** Where the guest put the structures, and the MSI-X table. */
  base = 0
  table = 0

  /** As a kernel does: addresses for both memories, then decoding and bus mastering. */
  map(base: number, table: number): void {
    this.base = base
    this.table = table
    this.write(0x10, base)
    this.write(0x14, table)
    this.write(0x04, 0x0006, 2)
  }

  common(offset: number, size: number): number { return Number(this.board.read(this.base + offset, size)) }
  setCommon(offset: number, value: number, size: number): void { this.board.write(this.base + offset, value, size) }

  get status(): number { return this.common(0x14, 1) }
  set status(value: number) { this.setCommon(0x14, value, 1) }

  get offered(): bigint {
    let features = 0n
    for (const part of [0, 1]) {
      this.setCommon(0, part, 4)
      features |= BigInt(this.common(4, 4)) << BigInt(32 * part)
    }
    return features
  }

  accept(features: bigint): void {
    for (const part of [0, 1]) {
      this.setCommon(8, part, 4)
      this.setCommon(12, Number((features >> BigInt(32 * part)) & 0xffff_ffffn), 4)
    }
  }

  /** Up to DRIVER_OK with one queue; whether the device agreed to the features. */
  start({ features, size, place, vector = 0xffff }: { features: bigint[]; size: number; place: Areas; vector?: number }): boolean {
    if (!this.negotiate(features)) return false
    this.enable(0, size, place, vector)
    this.status = this.status | Status.driverOk
    return true
  }

  /** From a reset up to FEATURES_OK; whether the device agreed. */
  negotiate(features: bigint[]): boolean {
    this.status = 0
    this.status = Status.acknowledge
    this.status = Status.acknowledge | Status.driver
    this.accept(features.reduce((all, bit) => all | 1n << bit, 0n))
    this.status = Status.acknowledge | Status.driver | Status.featuresOk
    return (this.status & Status.featuresOk) !== 0
  }

  /** Enables a queue. */
  enable(queue: number, size: number, place: Areas, vector = 0xffff): void {
    this.setCommon(0x16, queue, 2)
    this.setCommon(0x18, size, 2)
    this.setCommon(0x1a, vector, 2)
    for (const [at, gpa] of [[0x20, place.descriptors], [0x28, place.driver], [0x30, place.device]]) {
      this.setCommon(at, gpa, 4)
      this.setCommon(at + 4, 0, 4)
    }
    this.setCommon(0x1c, 1, 2)
  }

  notify(queue = 0): void { this.board.write(this.base + 0x2000 + 4 * queue, queue, 2) }
  interruptStatus(): number { return Number(this.board.read(this.base + 0x1000, 1)) }
}
