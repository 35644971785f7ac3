/** Decides what a fault means: a sandbox's trap, or the nucleus's end. */
import { isStopped } from '../cpu/kick'
import * as hw from '../hw'
import { SlotBase, SlotBytes } from '../memory/layout'
import { current } from '../sandbox/sandbox'
import { inStackGuard } from '../sandbox/stack'
import { recordException, recordTrap, TrapReason } from '../sandbox/trap'
import { Exception } from '../../capability/exception'
import { ExceptionFrame, readFrame } from './exception'
import { panic, panicAbort, panicException } from './panic'

function inSandboxText(address: u64): bool {
  return address >= hw.imageAddress(hw.ImageAddress.SandboxTextStart) && address < hw.imageAddress(hw.ImageAddress.SandboxTextEnd)
}

function inNucleusText(address: u64): bool {
  return address >= hw.imageAddress(hw.ImageAddress.NucleusTextStart) && address < hw.imageAddress(hw.ImageAddress.NucleusTextEnd)
}

/** True when `address` lies in the slot of the sandbox that is running. */
function inCurrentSlot(address: u64): bool { return (address - SlotBase) / SlotBytes == <u64>current }

/**
 * True for what a sandbox does to itself: its own instruction, an access to its reservation by code that works for it, or
 * the runtime's own code (copying memory, reporting a trap) where the sandbox left it no stack.
 */
function isOwnFault(vector: u32, rip: u64): bool {
  if (inSandboxText(rip)) return true
  if (vector != Exception.PageFault) return false
  const address = hw.readCr2()
  return inCurrentSlot(address) || inStackGuard(address) && !inNucleusText(rip)
}

/**
 * A CPU exception. A sandbox's own ends its call, and the result is the gate's status. Anything else is the nucleus's own fault.
 */
export function onException(address: u64): u32 {
  // An NMI can come while another exception is looked at: it must leave the copy of that one's frame alone.
  if (hw.peek(address + offsetof<ExceptionFrame>('vector')) == Exception.Nmi) {
    if (isStopped()) hw.stop()
    return 0
  }
  const frame = readFrame(address)
  const vector = <u32>frame.vector
  if (!hw.gateActive() || current == 0 || vector == Exception.MachineCheck || !isOwnFault(vector, frame.rip)) panicException(frame)
  recordException(frame)
  return TrapReason.Exception + vector
}

/** A trap that compiled Wasm, or the runtime that instantiates it, noticed itself, at `address`. */
export function onTrap(reason: u32, address: u64, framePointer: u64): u32 {
  if (!hw.gateActive() || current == 0 || inNucleusText(address)) panic('trap in the nucleus', address, framePointer)
  recordTrap(reason, address - 1)
  return reason
}

/** AssemblyScript's abort in the nucleus: a broken invariant. */
export function onAbort(message: usize, file: usize, line: u32, column: u32): void {
  panicAbort(changetype<string | null>(message), changetype<string | null>(file), line)
}
