/** A host's physical memory, and what its page tables say. */

const ADDRESS = 0x000F_FFFF_FFFF_F000n
const LARGE = 1n << 7n
export const PAGE = 4096n
export const unsigned = (value: bigint) => BigInt.asUintN(64, value)

export class Physical {
  readonly bytes: Uint8Array
  private readonly view: DataView

  /** `root` is the hpa of the first CPU's root table, which is empty. All the rest is what an earlier system left. */
  constructor(size: number, readonly root: bigint) {
    this.bytes = new Uint8Array(size).fill(0xDD)
    this.view = new DataView(this.bytes.buffer)
    this.bytes.fill(0, Number(root), Number(root + PAGE))
  }

  load64(hpa: bigint): bigint { return this.view.getBigInt64(Number(hpa), true) }
  store64(hpa: bigint, value: bigint): void { this.view.setBigInt64(Number(hpa), value, true) }
  load32(hpa: bigint): number { return this.view.getInt32(Number(hpa), true) }
  store32(hpa: bigint, value: number): void { this.view.setInt32(Number(hpa), value, true) }

  /** The entry that maps `va` in the tables at `root`, found as a processor does (APM vol. 2, figure 5-17); null when nothing is there. */
  entry(root: bigint, va: bigint): { at: bigint, value: bigint } | null {
    let table = root
    for (let shift = 39n; ; shift -= 9n) {
      const at = table + ((unsigned(va) >> shift & 511n) << 3n)
      const value = unsigned(this.load64(at))
      if (!(value & 1n)) return null
      if (shift === 12n || shift < 39n && value & LARGE) return { at, value }
      table = value & ADDRESS
    }
  }

  /** Where `va` is mapped; null when it is not. */
  translate(root: bigint, va: bigint): bigint | null {
    const found = this.entry(root, va)
    return found && found.value & ADDRESS
  }

  page(hpa: bigint): Uint8Array { return this.bytes.subarray(Number(hpa), Number(hpa + PAGE)) }
}

/** What the nucleus imports to work on the memory that a test has at the time. */
export const accesses = (memory: () => Physical) => ({
  load32: (hpa: bigint) => memory().load32(hpa),
  load64: (hpa: bigint) => memory().load64(hpa),
  store32: (hpa: bigint, value: number) => memory().store32(hpa, value),
  store64: (hpa: bigint, value: bigint) => memory().store64(hpa, value),
  zero: (hpa: bigint, length: bigint) => { memory().bytes.fill(0, Number(hpa), Number(hpa + length)) },
  copy: (target: bigint, source: bigint, length: bigint) => { memory().bytes.copyWithin(Number(target), Number(source), Number(source + length)) },
  readCr3: () => memory().root,
  writeCr3: () => {},
  invalidatePage: (_va: bigint) => {},
})
