/** The host console's two byte streams, between the console's sandbox and the driver of whatever shows it. */
import { initializeQueue, Queue } from './queue'

const InputCapacity: u32 = 4096
const OutputCapacity: u32 = 16384
const inputData: usize = memory.data(4096)
const outputData: usize = memory.data(16384)
const records: usize = memory.data(32, 8)

/** What people typed. */
@inline export function terminalInput(): Queue { return changetype<Queue>(records) }
/** What they are to be shown. */
@inline export function terminalOutput(): Queue { return changetype<Queue>(records + 16) }

export function initializeTerminal(): void {
  initializeQueue(terminalInput(), inputData, InputCapacity)
  initializeQueue(terminalOutput(), outputData, OutputCapacity)
}
