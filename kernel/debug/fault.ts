/** Decides what a fault means: a sandbox's trap, or the nucleus's end. */
import * as hw from '../hw'
import { SlotBase, SlotBytes } from '../memory/layout'
import { current } from '../sandbox/sandbox'
import { recordException, recordTrap, TrapReason } from '../sandbox/trap'
import { Exception, readFrame } from './exception'
import { panic, panicAbort, panicException } from './panic'

function inSandboxText(address: u64): bool {
  return address >= hw.imageAddress(hw.ImageAddress.SandboxTextStart) && address < hw.imageAddress(hw.ImageAddress.SandboxTextEnd)
}

/** True when `address` lies in the slot of the sandbox that is running. */
function inCurrentSlot(address: u64): bool { return (address - SlotBase) / SlotBytes == <u64>current }

/**
 * A CPU exception. Raised by a sandbox's own instruction, or by the runtime's memory functions on a sandbox's reservation, it ends
 * that sandbox's call; the result is the gate's status. Anything else is the nucleus's own fault.
 */
export function onException(address: u64): u32 {
  const frame = readFrame(address)
  const vector = <u32>frame.vector
  if (vector == Exception.Nmi) return 0
  const own = inSandboxText(frame.rip) || (vector == Exception.PageFault && inCurrentSlot(hw.readCr2()))
  if (!hw.gateActive() || current == 0 || !own || vector == Exception.MachineCheck) panicException(frame)
  recordException(frame)
  return TrapReason.Exception + vector
}

/** A trap that compiled Wasm noticed itself, at `address`. */
export function onTrap(reason: u32, address: u64, framePointer: u64): u32 {
  if (!hw.gateActive() || !inSandboxText(address)) panic('trap in the nucleus', address, framePointer)
  recordTrap(reason, address - 1)
  return reason
}

/** AssemblyScript's abort in the nucleus: a broken invariant. */
export function onAbort(message: usize, file: usize, line: u32, column: u32): void {
  panicAbort(changetype<string | null>(message), changetype<string | null>(file), line)
}
