/**
 * Which accesses of several processors nothing orders: happens-before by vector clocks (Pozniansky and Schuster, "Efficient on-the-fly data race
 * detection", 2003). Order is made by words that are accessed atomically or published, and by interrupts.
 */
const ProcessorLimit = 4

export class Clocks {
  /** By word: [its writer, that one's clock then, each processor's clock when it last read it]. */
  readonly #words: Int32Array
  readonly #released = new Map<number, Int32Array>()
  readonly #clocks: Int32Array[]
  readonly #interrupts: Int32Array[]

  constructor(words: number) {
    this.#words = new Int32Array(words * (2 + ProcessorLimit))
    this.#clocks = Array.from({ length: ProcessorLimit }, () => new Int32Array(ProcessorLimit))
    this.#interrupts = Array.from({ length: ProcessorLimit }, () => new Int32Array(ProcessorLimit))
  }

  reset(): void {
    this.#words.fill(0)
    this.#released.clear()
    this.#clocks.forEach((clock, n) => { clock.fill(0); clock[n] = 1 })
    for (const clock of this.#interrupts) clock.fill(0)
  }

  /** A plain access; true when an access of another processor, one of the two being a write, is not ordered before it. */
  access(processor: number, word: number, isWrite: boolean): boolean {
    const at = word * (2 + ProcessorLimit)
    const words = this.#words
    const clock = this.#clocks[processor]
    const writer = words[at]
    let races = writer !== processor && words[at + 1] > clock[writer]
    if (isWrite) {
      for (let other = 0; other < ProcessorLimit; other++) if (other !== processor && words[at + 2 + other] > clock[other]) races = true
      words[at] = processor
      words[at + 1] = clock[processor]
    } else words[at + 2 + processor] = clock[processor]
    return races
  }

  /** An access to a word by which processors order what they do. */
  synchronize(processor: number, word: number, reads: boolean, writes: boolean): void {
    let released = this.#released.get(word)
    if (reads && released) join(this.#clocks[processor], released)
    if (!writes) return
    if (!released) this.#released.set(word, released = new Int32Array(ProcessorLimit))
    join(released, this.#clocks[processor])
    this.#clocks[processor][processor]++
  }

  sendInterrupt(from: number, to: number): void {
    join(this.#interrupts[to], this.#clocks[from])
    this.#clocks[from][from]++
  }
  takeInterrupt(processor: number): void { join(this.#clocks[processor], this.#interrupts[processor]) }

  /** All that was done so far is before all that follows. */
  startTogether(): void {
    for (const clock of this.#clocks) join(this.#clocks[0], clock)
    this.#clocks.forEach((clock, n) => { join(clock, this.#clocks[0]); clock[n]++ })
  }
}

function join(into: Int32Array, other: Int32Array): void {
  for (let n = 0; n < into.length; n++) if (other[n] > into[n]) into[n] = other[n]
}
