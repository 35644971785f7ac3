/** The processor that is sent interrupts: it waits for them in a loop, or halted. */
import { disableInterrupts, enableInterrupts, linear, load32, pause, store32, wait } from '../platform/hw'
import { enableApic } from '../platform/localapic'
import { startProcessor } from '../platform/processors'

/** How it waits. */
export namespace Answering {
  export const NotYet: u32 = 0
  export const Running: u32 = 1
  export const Halted: u32 = 2
}

const how: usize = memory.data(4, 8)

/** Changes how it waits, from the next interrupt on. */
export function setAnswering(answering: u32): void { store32(linear(how), answering) }

/** Starts it; returns when it waits in a loop. */
export function startSecond(): void {
  startProcessor(1)
  while (load32(linear(how)) == Answering.NotYet) pause()
}

/** What it does. */
export function answer(): void {
  enableApic()
  setAnswering(Answering.Running)
  enableInterrupts()
  while (load32(linear(how)) == Answering.Running) pause()
  disableInterrupts()
  while (true) wait()
}
