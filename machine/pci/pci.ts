/**
 * The PCI bus: configuration access by mechanism 1 (PCI Local Bus Specification 3.0, 3.2.2.3.2) and by ECAM (PCI Express Base
 * Specification, 7.2.2), which arrive at the same functions, and the memory and the ports that functions answer. A function that there is not reads all ones.
 */
import { decode, decodesPort as isPortOf, PciFunction, resetLinks, sizeOf, updateInterrupt } from './function'
import * as hostbridge from './hostbridge'
import * as msix from './msix'
import { ConfigurationAddress } from './registers'

const functions: usize = memory.data(128, 8) // 32 × PciFunction, by slot
let plugged: u32 = 0 // bit s for slot s
let address: u32 = 0
let found: PciFunction = changetype<PciFunction>(0)
let foundBar: i32 = 0

@inline function functionAt(slot: u32): PciFunction { return load<PciFunction>(functions + (<usize>slot << 2)) }

/** As after power-on, with nothing plugged in. */
export function reset(): void {
  address = 0
  plugged = 0
  resetLinks()
  hostbridge.reset()
}

/** Puts a function into its slot. */
export function plug(target: PciFunction): void {
  store<PciFunction>(functions + (<usize>target.slot << 2), target)
  plugged |= 1 << target.slot
}

/** The first function in slot `from` or behind it, or null. */
export function nextFunction(from: u32): PciFunction {
  const rest = from < 32 ? plugged >> from << from : 0
  return rest == 0 ? changetype<PciFunction>(0) : functionAt(ctz(rest))
}

/** Reads CONFIG_ADDRESS; only 32-bit accesses reach it. */
export function readAddress(): u32 { return address }

/** Writes CONFIG_ADDRESS. */
export function writeAddress(value: u32): void { address = value & ConfigurationAddress.Writable }

/** Reads `size` bytes at CONFIG_DATA + `offset`. */
export function readData(offset: u32, size: u32): u32 {
  if (!(address & ConfigurationAddress.Enable)) return u32.MAX_VALUE
  return readFunction((address >> 8) & 0xffff, (address & 0xfc) + offset, size)
}

/** Writes `size` bytes at CONFIG_DATA + `offset`. */
export function writeData(offset: u32, size: u32, value: u32): void {
  if (address & ConfigurationAddress.Enable) writeFunction((address >> 8) & 0xffff, (address & 0xfc) + offset, size, value)
}

/** Reads 1, 2 or 4 bytes at an offset in the ECAM window. */
export function readEcam(offset: u32, size: u32): u32 { return readFunction(offset >> 12, offset & 0xfff, size) }

/** Writes 1, 2 or 4 bytes at an offset in the ECAM window. */
export function writeEcam(offset: u32, size: u32, value: u32): void { writeFunction(offset >> 12, offset & 0xfff, size, value) }

/** True when a function's memory lies at `gpa`: `readMemory` and `writeMemory` then mean that function. */
export function decodes(gpa: u64): bool {
  let rest = plugged
  while (rest) {
    found = functionAt(ctz(rest))
    foundBar = decode(found, gpa)
    if (foundBar >= 0) return true
    rest &= rest - 1
  }
  return false
}

/** Reads 1, 2, 4 or 8 bytes where a function answered `decodes`. */
export function readMemory(gpa: u64, size: u32): u64 {
  const offset = offsetOf(gpa)
  const low = <u64>readBar(found, foundBar, offset, min<u32>(size, 4))
  return size == 8 ? low | <u64>readBar(found, foundBar, offset + 4, 4) << 32 : low
}

/** Writes there. */
export function writeMemory(gpa: u64, size: u32, value: u64): void {
  const offset = offsetOf(gpa)
  writeBar(found, foundBar, offset, min<u32>(size, 4), <u32>value)
  if (size == 8) writeBar(found, foundBar, offset + 4, 4, <u32>(value >> 32))
}

/** True when `port` is a function's: `readPort` and `writePort` then mean that function. */
export function decodesPort(port: u32): bool {
  for (let rest = plugged; rest != 0; rest &= rest - 1) {
    found = functionAt(ctz(rest))
    if (isPortOf(found, port)) return true
  }
  return false
}

/** Reads 1, 2 or 4 bytes where a function answered `decodesPort`. */
export function readPort(port: u32, size: u32): u32 { return readBar(found, found.portBar, port & (found.portCount - 1), size) }

/** Writes them. */
export function writePort(port: u32, size: u32, value: u32): void { writeBar(found, found.portBar, port & (found.portCount - 1), size, value) }

/** Reads 1, 2 or 4 bytes of a function's memory or ports. */
export function readBar(target: PciFunction, bar: u32, offset: u32, size: u32): u32 {
  return target.msix != 0 && bar == target.msixBar ? msix.read(target, offset) >> ((offset & 3) << 3) : target.readMemory(target, bar, offset, size)
}

/** Writes them. */
export function writeBar(target: PciFunction, bar: u32, offset: u32, size: u32, value: u32): void {
  if (target.msix != 0 && bar == target.msixBar) msix.write(target, offset, size, value)
  else target.writeMemory(target, bar, offset, size, value)
}

/** Memory lies at a multiple of its size. */
@inline function offsetOf(gpa: u64): u32 { return <u32>gpa & (sizeOf(found, foundBar) - 1) }

/** The function that `routing` names, bus (8 bits), device (5), function (3), or null. The host bridge is none of them. */
function functionFor(routing: u32): PciFunction {
  const slot = routing >> 3
  return !(routing & 7) && slot < 32 && (plugged >> slot & 1) != 0 ? functionAt(slot) : changetype<PciFunction>(0)
}

/** An access does not cross a 32-bit register. */
function readFunction(routing: u32, offset: u32, size: u32): u32 {
  if ((offset & 3) + size > 4) return u32.MAX_VALUE
  const shift = (offset & 3) << 3
  if (routing == 0) return hostbridge.read(offset & ~3) >> shift
  const target = functionFor(routing)
  return changetype<usize>(target) == 0 ? u32.MAX_VALUE : target.readRegister(target, offset & ~3) >> shift
}

function writeFunction(routing: u32, offset: u32, size: u32, value: u32): void {
  if ((offset & 3) + size > 4) return
  const shift = (offset & 3) << 3
  const mask: u32 = (size == 4 ? u32.MAX_VALUE : (1 << (size << 3)) - 1) << shift
  if (routing == 0) {
    hostbridge.write(offset & ~3, value << shift, mask)
    return
  }
  const target = functionFor(routing)
  if (changetype<usize>(target) == 0) return
  target.writeRegister(target, offset & ~3, value << shift, mask)
  updateInterrupt(target)
  if (target.msix != 0) msix.sendPending(target)
}
