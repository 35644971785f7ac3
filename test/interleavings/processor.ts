/** A processor of the tests' host. */
import type { Value } from './values.ts'

/** What a processor waits for. */
export type Wait = 'nothing' | 'change' | 'interrupt'

/** What a processor stores. */
export interface Store { address: number, bytes: number, value: Value }

/** One, with what it has for itself and where it stands. */
export interface Processor {
  number: number
  memory: WebAssembly.Memory
  view: DataView
  bytes: Uint8Array
  exports: Record<string, any>
  /** What was in its own memory and its variables when the module had been instantiated; nothing when it has to be again. */
  fresh: { own: Uint8Array, variables: [WebAssembly.Global, unknown][] } | undefined
  /** The exported function that it runs, with its arguments. */
  program: [string, ...number[]] | undefined
  started: boolean
  finished: boolean
  rewinding: boolean
  wait: Wait
  /** The count of changes when it last went on from waiting for one: what has changed since it has not looked at. */
  changes: number
  interrupt: boolean
  inHandler: boolean
  /** Stores that the others do not see yet. */
  buffer: Store[]
  /** Stores whose value is being worked out. */
  stores: { address: number, bytes: number }[]
  steps: number
}
