/** MSI-X: a table of messages in a function's memory, each of which the guest can mask. PCI Local Bus Specification 3.0, 6.8.2 and 6.8.3. */
import * as interrupt from '../../capability/interrupt'
import { addCapability, addMemory, allow, isBusMaster, PciFunction, register, setRegister } from './function'
import { MsiX, MsiXEntry } from './registers'

/** Where the pending bits lie behind the table. */
const PendingOffset: u32 = 0x800
const Memory: u32 = 0x1000

/** Gives a function `vectors` messages, 64 at most, kept in `table` (16 bytes each) and shown at a base address register of their own. */
export function addMsiX(target: PciFunction, bar: u32, vectors: u32, table: usize): void {
  const at = addCapability(target, MsiX.Identity | (vectors - 1) << 16, MsiX.Bytes)
  allow(target, at + MsiX.Control, MsiX.Enable | MsiX.FunctionMask)
  setRegister(target, at + MsiX.Table, bar)
  setRegister(target, at + MsiX.Pending, PendingOffset | bar)
  addMemory(target, bar, Memory)
  target.msix = at
  target.msixBar = bar
  target.vectors = vectors
  target.table = table
  memory.fill(table, 0, vectors * MsiXEntry.Bytes)
  for (let vector: u32 = 0; vector < vectors; vector++) store<u32>(entry(target, vector) + MsiXEntry.Control, MsiXEntry.Masked)
}

/** True while the guest wants messages instead of INTA#. */
export function isEnabled(target: PciFunction): bool { return (register(target, target.msix) & MsiX.Enable) != 0 }

/** Sends the message of `vector`, or remembers it until it is unmasked. A vector that there is not is no interrupt. */
export function signal(target: PciFunction, vector: u32): void {
  if (vector >= target.vectors) return
  target.pending |= <u64>1 << vector
  sendPending(target)
}

/** Sends what waits and may be sent: something was unmasked. */
export function sendPending(target: PciFunction): void {
  if ((register(target, target.msix) & (MsiX.Enable | MsiX.FunctionMask)) != MsiX.Enable || !isBusMaster(target)) return
  let waiting = target.pending
  while (waiting) {
    const vector = <u32>ctz(waiting)
    waiting &= waiting - 1
    if (load<u32>(entry(target, vector) + MsiXEntry.Control) & MsiXEntry.Masked) continue
    target.pending &= ~(<u64>1 << vector)
    send(load<u64>(entry(target, vector) + MsiXEntry.Address), load<u32>(entry(target, vector) + MsiXEntry.Data))
  }
}

/** Reads the table or the pending bits. */
export function read(target: PciFunction, offset: u32): u32 {
  if (offset < target.vectors * MsiXEntry.Bytes) return load<u32>(target.table + (offset & ~3))
  if (offset - PendingOffset < 8) return <u32>(target.pending >> ((offset & 4) << 3))
  return 0
}

/** Writes a 32-bit field of the table; narrower accesses are not allowed (6.8.2). */
export function write(target: PciFunction, offset: u32, size: u32, value: u32): void {
  if (size != 4 || offset & 3 || offset >= target.vectors * MsiXEntry.Bytes) return
  store<u32>(target.table + offset, (offset & (MsiXEntry.Bytes - 1)) == MsiXEntry.Control ? value & MsiXEntry.Masked : value)
  sendPending(target)
}

@inline function entry(target: PciFunction, vector: u32): usize { return target.table + <usize>vector * MsiXEntry.Bytes }

/** A message elsewhere than to the local APICs would be a write to memory, which no driver wants. */
function send(address: u64, data: u32): void { if (address >> 20 == 0xfee) interrupt.message(address, data) }
