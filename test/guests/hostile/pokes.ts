/** One random thing to do to the machine. */
import { argumentIs } from '../platform/arguments'
import { in16, in32, in8, linear, NoFault, out16, out32, out8, readControl, readTsc } from '../platform/hw'
import {
  attempt, processorChecks, readByte, readDoubleword, readQuadword, readWord, tryReadMsr, tryReadXcr, tryWriteMsr, writeByte, writeCr0, writeCr3, writeCr4, writeCr8,
  writeDoubleword, writeDr0, writeDr1, writeDr2, writeDr3, writeDr6, writeDr7, writeQuadword, writeWord,
} from '../platform/instructions'
import { awkward, below, random } from '../platform/random'
import { registers } from '../platform/registers'
import { mapWindow } from '../platform/window'
import { addressForbidden, isCareful, msrForbidden, portForbidden } from './forbidden'
import { count } from './outcome'

@external('code', 'strange') declare function strange(index: u32): u64
@external('code', 'strangeCount') declare function strangeCount(): u32
@external('code', 'gentleCount') declare function gentleCount(): u32

namespace Kind {
  export const Ports: u32 = 0
  export const Msrs: u32 = 1
  export const Mmio: u32 = 2
  export const Controls: u32 = 3
  export const Instructions: u32 = 4
  export const All: u32 = 5
}

let chosen: u32 = Kind.All
let checks: bool = false

/** Takes the command line's `only=`, and looks at the processor. */
export function chooseKinds(): void {
  checks = processorChecks()
  if (argumentIs('only', 'ports')) chosen = Kind.Ports
  if (argumentIs('only', 'msrs')) chosen = Kind.Msrs
  if (argumentIs('only', 'mmio')) chosen = Kind.Mmio
  if (argumentIs('only', 'controls')) chosen = Kind.Controls
  if (argumentIs('only', 'instructions')) chosen = Kind.Instructions
}

export function pokeSomething(): void {
  switch (chosen == Kind.All ? below(Kind.All) : chosen) {
    case Kind.Ports: return pokePort()
    case Kind.Msrs: return pokeMsr()
    case Kind.Mmio: return pokeMmio()
    case Kind.Controls: return pokeControl()
    case Kind.Instructions: return runStrange()
  }
}

let sweep: u32 = 0

/** Ports in turn, so that each is met, or at random, with each width. */
function pokePort(): void {
  const port = below(2) ? sweep++ & 0xFFFF : below(0x10000)
  const size: u32 = 1 << below(3)
  const value = u32(awkward())
  if (below(2)) {
    if (size == 1) in8(port)
    else if (size == 2) in16(port)
    else in32(port)
  } else if (!portForbidden(port, size)) {
    if (size == 1) out8(port, value)
    else if (size == 2) out16(port, value)
    else out32(port, value)
  }
  count(NoFault)
}

/** The ranges that hold MSRs, and anything else now and then. */
function pokeMsr(): void {
  let index: u32 = 0
  switch (below(5)) {
    case 0: { index = below(0x2000); break }
    case 1: { index = 0xC0000000 + below(0x2000); break }
    case 2: { index = 0xC0010000 + below(0x2000); break }
    case 3: { index = 0x40000000 + below(0x200); break }
    default: { index = u32(random()) }
  }
  if (below(2)) count(tryReadMsr(index))
  else if (!msrForbidden(index)) count(tryWriteMsr(index, awkward()))
}

/** An address where no RAM is: device registers, the neighbourhood of them, and up to the end of physical addresses. */
function deviceAddress(): u64 {
  switch (below(6)) {
    case 0: return 0xFEC00000 + below(0x1000) // I/O APIC
    case 1: return 0xFEE00000 + below(0x1000) // local APIC
    case 2: return 0xFED00000 + below(0x1000) // HPET
    case 3: return 0xE0000000 + below(0x10000000) // configuration space
    case 4: return 0xC0000000 + below(0x40000000)
  }
  return mapWindow(0x100000000000 | (random() & 0x7FFFFFFFFF))
}

function pokeMmio(): void {
  const address = deviceAddress()
  const value = awkward()
  switch (below(8)) {
    case 0: return count(attempt(readByte(), address))
    case 1: return count(attempt(readWord(), address))
    case 2: return count(attempt(readDoubleword(), address))
    case 3: return count(attempt(readQuadword(), address))
  }
  if (addressForbidden(address)) return
  switch (below(4)) {
    case 0: return count(attempt(writeByte(), address, value))
    case 1: return count(attempt(writeWord(), address, value))
    case 2: return count(attempt(writeDoubleword(), address, value))
  }
  count(attempt(writeQuadword(), address, value))
}

/** A processor that takes reserved bits makes a state of them in which no guest can go on. */
function reserved(value: u64): u64 { return isCareful() && !checks ? value & 0xFFFFFFFF : value }

/** Control and debug registers: reserved bits, and the bits a running guest survives. */
function pokeControl(): void {
  const value = awkward()
  switch (below(10)) {
    case 0: return count(attempt(writeCr0(), 0, readControl(0) | (reserved(value) & 0xFFFFFFFF00000000)))
    case 1: return count(attempt(writeCr0(), 0, readControl(0) ^ (value & 0x40000020))) // CD, NE
    case 2: return count(attempt(writeCr3(), 0, readControl(3) | (reserved(value) & 0xFFF0000000000018)))
    // The top bits only: a CR4 with some low reserved bits hangs QEMU itself, which is not what is tested here.
    case 3: return count(attempt(writeCr4(), 0, readControl(4) | (isCareful() ? value & 0xFFFFFFFF00000000 : value & ~0x423080)))
    case 4: return count(attempt(writeCr8(), 0, value))
    case 5: return count(attempt(below(2) ? writeDr0() : writeDr1(), 0, value))
    case 6: return count(attempt(below(2) ? writeDr2() : writeDr3(), 0, value))
    case 7: return count(attempt(writeDr6(), 0, reserved(value)))
    case 8: return count(attempt(writeDr7(), 0, reserved(value) & ~0x2000))
  }
  count(tryReadXcr(below(4)))
}

const scratch: usize = memory.data(4096, 4096)

function runStrange(): void {
  const index = below(isCareful() ? gentleCount() : strangeCount())
  registers.rcx = awkward()
  registers.rdx = awkward()
  registers.rsi = readTsc()
  // No hypervisor emulates all of these on a device; what it does instead may cost the guest its life.
  const address = isCareful() || below(8) ? linear(scratch) : deviceAddress()
  count(attempt(strange(index), address, awkward()))
}
