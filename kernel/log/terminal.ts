/**
 * The host console's byte streams, between the console's sandbox and the drivers of whatever shows it: what is typed anywhere goes into one
 * queue, what is to be shown into one for each terminal.
 */
import { initializeQueue, Queue } from './queue'

/** Terminals that show; a terminal of a higher number only takes input. */
export const OutputLimit: u32 = 2
const InputCapacity: u32 = 4096
const OutputCapacity: u32 = 16384
const inputData: usize = memory.data(4096)
const outputData: usize = memory.data(32768)
const records: usize = memory.data(48, 8)

// Bits of terminals: those that are fed, and among them those whose driver runs.
let attached: u32 = 0
let working: u32 = 0

/** What people typed. */
@inline export function terminalInput(): Queue { return changetype<Queue>(records) }
/** What one terminal is to show. */
@inline export function terminalOutput(terminal: u32): Queue { return changetype<Queue>(records + 16 + (<usize>terminal << 4)) }

/** Makes the queues; no terminal is attached. */
export function initializeTerminal(): void {
  initializeQueue(terminalInput(), inputData, InputCapacity)
  for (let i: u32 = 0; i < OutputLimit; i++) initializeQueue(terminalOutput(i), outputData + <usize>i * OutputCapacity, OutputCapacity)
}

/** Feeds a terminal from now on. `works` is false while its driver has failed: then it is fed as long as there is room, and holds no other terminal up. */
export function attach(terminal: u32, works: bool): void {
  if (terminal >= OutputLimit) return
  attached |= 1 << terminal
  if (works) working |= 1 << terminal
  else working &= ~(1 << terminal)
}

/** Bytes that the terminal could take. */
export function roomAt(terminal: u32): u32 { return OutputCapacity - terminalOutput(terminal).length }

/** Shows a byte on every terminal. False when one of those that work has no room: the byte is to be offered again. */
export function showByte(byte: u32): bool {
  const awaited = working != 0 ? working : attached
  for (let i: u32 = 0; i < OutputLimit; i++) if ((awaited >> i & 1) != 0 && roomAt(i) == 0) return false
  for (let i: u32 = 0; i < OutputLimit; i++) if ((attached >> i & 1) != 0) terminalOutput(i).push(byte)
  return true
}

/** True when every terminal that works has shown all it was given. */
export function isAllShown(): bool {
  for (let i: u32 = 0; i < OutputLimit; i++) if ((working >> i & 1) != 0 && terminalOutput(i).length != 0) return false
  return true
}

/** True while the console waits for room: it was told that not all it wrote was taken. */
export let isRoomAwaited = false
export function awaitRoom(awaited: bool): void { isRoomAwaited = awaited }
