/**
 * Several processors that run a module on memory that they share, one at a time: before each access to a word by which they may notice each other it is
 * chosen who goes on. The module is the very code that boots; Binaryen's `instrument-memory` has each of its loads and stores call here, and `asyncify` lets
 * a processor stand still in the middle of them. What lies outside the shared pages each processor has for itself, as each nucleus has.
 *
 * Stores may be seen late by the others, as x86 processors' are: in the order in which they were made, and at the latest before the next locked
 * instruction, fence or halt (SDM vol. 3, 9.2.3.4). What gcc may do with the order of accesses is not tried.
 */
import { Clocks } from './clocks.ts'
import { Variable } from './compile.ts'
import { Explorer } from './explorer.ts'
import type { Processor, Wait } from './processor.ts'
import { functionName } from './stack.ts'
import { narrow, read, type Value, write } from './values.ts'

/** The memory has as many 64 KiB pages as the nucleus's window needs. */
const MemoryPages = 0x8000
/** In each processor's own memory: where it is kept what a processor that stands still goes on with. */
const SuspendedAt = 0x3000_0000
const SuspendedBytes = 0x1_0000
/** What a processor has for itself below is as in a fresh one. */
const OwnBytes = 0x4_0000
const PageBytes = 4096
/** A processor that makes more steps than that is in an endless loop. */
const StepLimit = 20_000
/** So much is told of a run that failed. */
const TraceLines = 60

type Exports = Record<string, any>
type ImportFunctions = Record<string, (...args: any[]) => any>

export interface Options {
  /** How many processors. */
  processors: number
  /** The export that makes the memory of a processor as it is at the beginning; called for one after the other, with its number, how many there are, and more. */
  setUp: [string, ...number[]]
  /** Called before each run. */
  start?: () => void
  /** What each runs, by number. */
  programs: ([string, ...number[]] | undefined)[]
  /** Bytes that all share: [address, length], each a multiple of 4096. */
  shared: (exports: Exports) => [number, number][]
  /** What a run must have come to when no processor can go on. Throws when it has not. */
  check: (host: Host) => void
  /** Preemptions, late stores and the like in one run, at most. */
  bound: number
  /** Whether stores may be late. */
  late?: boolean
  /** More of the module's `hw` imports. */
  hw?: (host: Host, processor: Processor) => ImportFunctions
}

/** What a module's export `region` says that all share. */
export function regions(exports: Exports): [number, number][] {
  const all: [number, number][] = []
  for (let n = 0; exports.region(n, 0); n++) all.push([exports.region(n, 0) >>> 0, exports.region(n, 1)])
  return all
}

/** What was found, and how: the last of what was chosen, and by their numbers those points at which something else than going on was. */
export class Found extends Error {
  constructor(why: string, path: number[], trace: string[]) {
    super(`${why}\n${trace.slice(-TraceLines).join('\n')}\nat ${path.map((taken, at) => taken ? `${at}:${taken}` : '').filter(Boolean).join(' ')} of ${path.length} points`)
  }
}

/** Each takes a lot of address space: the hosts, of which one runs at a time, have them one after the other. */
const memories: WebAssembly.Memory[] = []

/** A word becomes one before which it is chosen who goes on: everything is begun anew. */
class Anew extends Error {}

export class Host {
  readonly processors: Processor[]
  /** The shared pages as the processors see them, but for stores that are late. */
  main = new Uint8Array(0)
  #mainView = new DataView(this.main.buffer)
  #regions: [number, number, number][] = [] // address, length, place in main
  /** By page of the linear memory: the place of a shared one in `main`, or -1. */
  readonly #places = new Int32Array(MemoryPages * 16).fill(-1)
  #clocks = new Clocks(0)
  /** Words that are accessed atomically or published. */
  readonly #synchronizing = new Set<number>()
  /** Words whose accesses nothing orders, and who was found to access them so. */
  readonly #unordered = new Map<number, string>()
  /** By word: 1 when it is one of those. */
  #points = new Uint8Array(0)
  #explorer: Explorer
  /** True while a processor runs, false while they are set up. */
  active = false
  #current = 0
  #wanted = 0
  changes = 0
  now = 0n
  #trace: string[] | undefined
  runs = 0

  constructor(readonly module: WebAssembly.Module, readonly options: Options) {
    this.#explorer = new Explorer(options.bound)
    this.processors = Array.from({ length: options.processors }, (_, number) => {
      const memory = memories[number] ??= new WebAssembly.Memory({ initial: MemoryPages })
      return { number, memory, view: new DataView(memory.buffer), bytes: new Uint8Array(memory.buffer), exports: {}, fresh: undefined, program: undefined, started: false, finished: false, rewinding: false,
        wait: 'nothing', changes: -1, interrupt: false, inHandler: false, buffer: [], stores: [], steps: 0 } satisfies Processor
    })
  }

  /** Tries every run within the bound. Throws `Found` when one comes to something else than it must. */
  explore(): void {
    for (let again = true; again;) {
      again = false
      this.#explorer = new Explorer(this.options.bound)
      this.runs = 0
      try {
        do {
          this.#run()
          this.runs++
        } while (this.#explorer.next())
      } catch (error) {
        this.#abandon()
        if (error instanceof Anew) again = true
        else {
          const path = this.#explorer.path
          throw new Found(String((error as Error).message), path, this.#retrace(path))
        }
      }
    }
  }

  /** Words of which two processors' accesses, one of them a store, were not ordered by anything: their linear addresses, and by whom that was found. */
  unordered(): { address: number, by: string }[] {
    return [...this.#unordered].map(([word, by]) => {
      const [address, , place] = this.#regions.find(([, length, from]) => word * 4 >= from && word * 4 < from + length)!
      return { address: address + word * 4 - place, by }
    })
  }

  /** A run has ended in the middle of an instruction: no instance can be used again. */
  #abandon(): void { for (const processor of this.processors) processor.fresh = undefined }

  /** Runs once more what has failed, and tells what was chosen. */
  #retrace(path: number[]): string[] {
    this.#explorer = new Explorer(this.options.bound, path)
    this.#trace = []
    try { this.#run() } catch {}
    this.#abandon()
    const trace = this.#trace
    this.#trace = undefined
    return trace
  }

  #run(): void {
    this.#begin()
    for (;;) {
      const processor = this.processors[this.#current]
      this.#show(processor)
      this.#resume(processor)
      this.active = true
      if (processor.started) {
        processor.rewinding = true
        processor.exports.asyncify_start_rewind(SuspendedAt)
      } else processor.view.setUint32(SuspendedAt, SuspendedAt + 8, true)
      processor.started = true
      const [name, ...args] = processor.program!
      try { processor.exports[name](...args) } finally { this.active = false }
      if (processor.exports.asyncify_get_state() === 1) processor.exports.asyncify_stop_unwind()
      else {
        this.drain(processor)
        processor.finished = true
        this.#trace?.push(`${processor.number} has finished`)
        this.#wanted = this.#choose(processor, false)
      }
      this.#keep(processor)
      if (this.#wanted < 0) break
      this.#current = this.#wanted
    }
    for (const processor of this.processors) {
      this.drain(processor)
      if (processor.program && !processor.finished && processor.wait === 'change') throw new Error(`processor ${processor.number} waits for ever`)
    }
    for (const processor of this.processors) this.#show(processor)
    this.options.check(this)
  }

  #begin(): void {
    this.options.start?.()
    this.now = 1000n
    this.changes = 0
    this.main.fill(0)
    for (const processor of this.processors) {
      Object.assign(processor, { started: false, finished: false, rewinding: false, wait: 'nothing', changes: -1, interrupt: false, inHandler: false, buffer: [], stores: [], steps: 0, program: this.options.programs[processor.number] })
      if (!processor.fresh) this.#instantiate(processor)
      const { own, variables } = processor.fresh!
      processor.bytes.set(own)
      for (const [variable, value] of variables) variable.value = value
      for (const [address, length] of this.#regions) processor.bytes.fill(0, address, address + length)
    }
    if (this.#regions.length === 0) this.#share(this.options.shared(this.processors[0].exports))
    for (const processor of this.processors) {
      this.#show(processor)
      const [setUp, ...args] = this.options.setUp
      processor.exports[setUp](processor.number, this.processors.length, ...args)
      this.#keep(processor)
    }
    this.#clocks.reset()
    this.#clocks.startTogether()
    this.#current = this.processors.findIndex(({ program }) => program)
    const first = this.processors.map(({ number }) => number).filter(number => this.processors[number].program)
    this.#current = first[this.#explorer.choose(first.map(() => 0))]
  }

  /** A module in its memory, and what is to be put back before each run: making an instance anew takes longer than the run. */
  #instantiate(processor: Processor): void {
    processor.bytes.fill(0, 0, OwnBytes)
    processor.exports = new WebAssembly.Instance(this.module, this.#imports(processor)).exports
    processor.view.setUint32(SuspendedAt + 4, SuspendedAt + SuspendedBytes, true)
    const variables = Object.entries(processor.exports).filter(([name]) => name.startsWith(Variable)).map(([, variable]) => [variable, variable.value] as [WebAssembly.Global, unknown])
    processor.fresh = { own: processor.bytes.slice(0, OwnBytes), variables }
  }

  #share(regions: [number, number][]): void {
    let place = 0
    for (const [address, length] of regions) {
      this.#regions.push([address, length, place])
      for (const { bytes } of this.processors) bytes.fill(0, address, address + length)
      for (let at = 0; at < length; at += PageBytes) this.#places[(address + at) / PageBytes] = place + at
      place += length
    }
    this.main = new Uint8Array(place)
    this.#mainView = new DataView(this.main.buffer)
    this.#clocks = new Clocks(place >> 2)
    this.#points = new Uint8Array(place >> 2)
  }

  /** A processor goes on: it sees what the others have done. */
  #show(processor: Processor): void {
    for (const [address, length, place] of this.#regions) processor.bytes.set(this.main.subarray(place, place + length), address)
    for (const { address, bytes, value } of processor.buffer) write(processor.view, address, bytes, value)
  }

  /** A processor stands still: also what it wrote in bulk is seen by the others. */
  #keep(processor: Processor): void {
    if (processor.buffer.length) return
    for (const [address, length, place] of this.#regions) this.main.set(processor.bytes.subarray(address, address + length), place)
  }

  #place(address: number): number {
    const place = this.#places[address >>> 12]
    return place < 0 ? -1 : place + (address & 0xFFF)
  }

  /** All stores of a processor are seen. */
  drain(processor: Processor): void { while (processor.buffer.length) this.#drainOne(processor) }
  #drainOne(processor: Processor): void {
    const { address, bytes, value } = processor.buffer.shift()!
    this.#store(address, bytes, value)
  }
  #store(address: number, bytes: number, value: Value): void {
    const place = this.#place(address)
    const old = read(this.#mainView, place, bytes)
    write(this.#mainView, place, bytes, value)
    if (read(this.#mainView, place, bytes) !== old) this.changes++
  }

  /** True when it is to be chosen before an access who goes on; and what the access says about order is noted. */
  #isPoint(place: number, bytes: number): boolean {
    for (let at = place >> 2; at <= place + bytes - 1 >> 2; at++) if (this.#points[at]) return true
    return false
  }

  #note(processor: Processor, place: number, bytes: number, reads: boolean, writes: boolean): void {
    for (let at = place >> 2; at <= place + bytes - 1 >> 2; at++) {
      if (this.#points[at] && this.#synchronizing.has(at)) this.#clocks.synchronize(processor.number, at, reads, writes)
      else if (this.#clocks.access(processor.number, at, writes) && !this.#unordered.has(at)) {
        this.#unordered.set(at, functionName())
        this.#points[at] = 1
        throw new Anew()
      }
    }
  }

  /**
   * Chooses who goes on; -1 when nobody can. `canGoOn`: the processor that is at it is one of them, and costs nothing. When it is not, the next one costs
   * nothing, and each that is passed over one (Emmi, Qadeer, Rakamarić, "Delay-bounded scheduling", POPL 2011).
   */
  #choose(processor: Processor, canGoOn: boolean): number {
    const after = [...this.processors.slice(processor.number + 1), ...this.processors.slice(0, processor.number)] // whose turn it is by rotation
    const others = after.filter(other => this.#canGoOn(other)).map(({ number }) => number)
    if (!canGoOn) {
      if (others.length === 0) return this.#canGoOn(processor) ? processor.number : -1
      return others[this.#explorer.choose(others.map((_, passed) => passed))]
    }
    const late = this.processors.filter(other => other !== processor && other.buffer.length).map(({ number }) => number)
    const taken = others.length + late.length === 0 ? 0 : this.#explorer.choose([0, ...others.map(() => 1), ...late.map(() => 1)])
    if (taken === 0) return processor.number
    if (taken <= others.length) return others[taken - 1]
    const other = this.processors[late[taken - 1 - others.length]]
    const oldest = other.buffer[0]
    this.#drainOne(other)
    this.#trace?.push(`  a store of ${other.number} is seen`)
    if (!processor.buffer.some(({ address, bytes }) => address < oldest.address + oldest.bytes && oldest.address < address + bytes)) write(processor.view, oldest.address, oldest.bytes, oldest.value)
    return this.#choose(processor, true)
  }

  #resume(processor: Processor): void {
    if (processor.wait === 'change') processor.changes = this.changes
    processor.wait = 'nothing'
  }

  #canGoOn(processor: Processor): boolean {
    if (!processor.program || processor.finished) return false
    if (processor.wait === 'change') return processor.changes !== this.changes
    if (processor.wait === 'interrupt') return processor.interrupt
    return true
  }

  /** Before a step: true when the processor goes on with it, false when it stands still, and comes here again later. */
  point(processor: Processor, wait: Wait = 'nothing'): boolean {
    if (processor.rewinding) {
      processor.rewinding = false
      processor.exports.asyncify_stop_rewind()
      return true
    }
    if (++processor.steps > StepLimit) throw new Error(`processor ${processor.number} goes on for ever`)
    processor.wait = wait
    if (wait === 'interrupt' && processor.interrupt) processor.wait = 'nothing'
    const next = this.#choose(processor, processor.wait === 'nothing')
    if (next === processor.number) {
      this.#resume(processor)
      return true
    }
    this.#trace?.push(`${processor.number} stands still in ${functionName(3)}${wait === 'nothing' ? '' : `, waiting for ${wait}`}${processor.buffer.length ? `, ${processor.buffer.length} stores not seen yet` : ''}`)
    this.#wanted = next
    processor.exports.asyncify_start_unwind(SuspendedAt)
    return false
  }

  /** What the hardware itself writes for a processor, whose stores have all been seen. */
  write(processor: Processor, address: number, value: bigint): void {
    write(processor.view, address, 8, value)
    this.#store(address, 8, value)
  }

  /** An interrupt for a processor. */
  send(from: Processor, to: number): void {
    this.#clocks.sendInterrupt(from.number, to)
    this.processors[to].interrupt = true
    this.#trace?.push(`  ${from.number} interrupts ${to}`)
  }

  /** A processor takes the interrupt that waits, if one does. To be called again when it comes back from standing still. */
  takeInterrupt(processor: Processor): void {
    if (!processor.inHandler) {
      if (!processor.interrupt) return
      processor.interrupt = false
      processor.inHandler = true
      this.#clocks.takeInterrupt(processor.number)
    }
    processor.exports.onInterrupt()
    if (processor.exports.asyncify_get_state() !== 1) processor.inHandler = false
  }

  /** What the module's loads and stores call. */
  #hooks(processor: Processor): ImportFunctions {
    const own = (_: number, value: unknown) => value
    const stored = (value: bigint | number) => {
      const { address, bytes } = processor.stores.at(-1)!
      const place = this.active ? this.#place(address) : -1
      if (place >= 0) {
        const isPoint = this.#isPoint(place, bytes)
        if (isPoint && !this.point(processor)) return value
        this.#note(processor, place, bytes, false, true)
        const store = { address, bytes, value: narrow(value, bytes) }
        const isLate = processor.buffer.length > 0 || isPoint && this.options.late && this.#explorer.choose([0, 1]) === 1
        if (isLate) processor.buffer.push(store)
        else this.#store(address, bytes, store.value)
      }
      processor.stores.pop()
      return value
    }
    return {
      load_ptr: (_: number, bytes: number, offset: number, pointer: number) => {
        if (!this.active) return pointer
        const place = this.#place((pointer >>> 0) + (offset >>> 0))
        if (place < 0) return pointer
        if (this.#isPoint(place, bytes) && !this.point(processor)) return pointer
        this.#note(processor, place, bytes, true, false)
        return pointer
      },
      store_ptr: (_: number, bytes: number, offset: number, pointer: number) => {
        processor.stores.push({ address: (pointer >>> 0) + (offset >>> 0), bytes })
        return pointer
      },
      store_val_i32: (_: number, value: number) => stored(value), store_val_i64: (_: number, value: bigint) => stored(value), store_val_f32: own, store_val_f64: own,
      load_val_i32: own, load_val_i64: own, load_val_f32: own, load_val_f64: own,
      memory_grow_pre: (_: number, pages: number) => pages, memory_grow_post: own,
    }
  }

  /** An access that is atomic, or a store that is published: its value becomes what `change` makes of it. The value before; 0 when the processor stands still. */
  #atomic(processor: Processor, address: number, bytes: number, change: (old: bigint) => bigint, isPublishing = false): bigint {
    address >>>= 0
    const place = this.#place(address)
    if (this.active && place >= 0) {
      for (let word = place >> 2; word <= place + bytes - 1 >> 2; word++) {
        if (this.#synchronizing.has(word)) continue
        this.#synchronizing.add(word)
        this.#points[word] = 1
        throw new Anew()
      }
      if (!this.point(processor)) return 0n
      this.#note(processor, place, bytes, !isPublishing, true)
    }
    if (!isPublishing) this.drain(processor)
    const old = BigInt(read(processor.view, address, bytes))
    const value = narrow(change(old), bytes)
    write(processor.view, address, bytes, value)
    if (place >= 0) {
      const isLate = isPublishing && this.active && (processor.buffer.length > 0 || this.options.late && this.#explorer.choose([0, 1]) === 1)
      if (isLate) processor.buffer.push({ address, bytes, value })
      else this.#store(address, bytes, value)
    }
    return old
  }

  #imports(processor: Processor): WebAssembly.Imports {
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = { env: { memory: processor.memory, ...this.#hooks(processor) }, hw: {} }
    const known: ImportFunctions = {
      fetchAdd32: (address, value) => Number(BigInt.asIntN(32, this.#atomic(processor, address, 4, old => old + BigInt(value)))),
      exchange32: (address, value) => Number(BigInt.asIntN(32, this.#atomic(processor, address, 4, () => BigInt(value)))),
      exchange64: (address, value) => BigInt.asIntN(64, this.#atomic(processor, address, 8, () => value)),
      or64: (address, bits) => { this.#atomic(processor, address, 8, old => old | bits) },
      publish32: (address, value) => { this.#atomic(processor, address, 4, () => BigInt(value), true) },
      fence: () => { this.drain(processor) },
      pause: () => {
        this.drain(processor)
        if (this.active) this.point(processor, 'change')
      },
      haltUntilInterrupt: () => {
        this.drain(processor)
        if (!processor.inHandler && !this.point(processor, 'interrupt')) return
        this.takeInterrupt(processor)
      },
      openInterrupts: () => {
        this.drain(processor)
        this.takeInterrupt(processor)
      },
      readTsc: () => ++this.now,
      ...this.options.hw?.(this, processor),
    }
    for (const { module: space, name, kind } of WebAssembly.Module.imports(this.module)) {
      imports[space] ??= {}
      if (kind === 'function') imports[space][name] ??= known[name] ?? (() => { throw new Error(`import ${space}.${name} was called`) })
    }
    imports.env.abort = (_: number, __: number, line: number) => { throw new Error(`abort at line ${line}`) }
    return imports
  }
}
