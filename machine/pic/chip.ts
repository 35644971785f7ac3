/** One Intel 8259A. Data sheet 231468. */
import { Cascade, Icw1, Icw4, Ocw2, Ocw3 } from './registers'

/** The state of one chip; registers hold one bit for each input. */
@unmanaged export class Chip {
  request: u32 // IRR
  mask: u32 // IMR
  service: u32 // ISR
  inputs: u32 // levels on the inputs
  levelTriggered: u32 // edge/level control register
  base: u32 // vector of input 0
  first: u32 // the input of highest priority
  nextIcw: u32 // 2–4 while the chip is being initialized, otherwise 0
  icw1: u32
  readIsr: bool
  poll: bool
  specialMask: bool
  autoEoi: bool
  rotateInAutoEoi: bool
  specialFullyNested: bool
}

/** How far input `ir` stands from the highest priority, 0–7. */
@inline function rank(chip: Chip, ir: u32): u32 { return (ir - chip.first) & 7 }

/** The input of highest priority in a set that is not empty. */
function highest(chip: Chip, set: u32): u32 { return (ctz(((set | (set << 8)) >> chip.first) & 0xff) + chip.first) & 7 }

/** The input that the chip raises INT for, or -1. */
export function pending(chip: Chip): i32 {
  const requests = chip.request & ~chip.mask
  if (!requests) return -1
  const ir = highest(chip, requests)
  const service = chip.specialMask ? chip.service & ~chip.mask : chip.service
  if (!service) return ir
  const served = highest(chip, service)
  if (rank(chip, ir) < rank(chip, served)) return ir
  // In the special fully nested mode the slave whose request is in service may raise another of higher priority.
  return chip.specialFullyNested && ir == served && ir == Cascade.Input ? ir : -1
}

/** Sets the level of one input. An edge that falls before it is acknowledged is forgotten, as the data sheet has it ("IR triggering"). */
export function setLevel(chip: Chip, ir: u32, level: bool): void {
  const bit: u32 = 1 << ir
  if (!level) {
    chip.inputs &= ~bit
    chip.request &= ~bit
  } else if (!(chip.inputs & bit)) {
    chip.inputs |= bit
    chip.request |= bit
  }
}

/** The effect of an INTA cycle, or of a poll, that finds input `ir`. */
export function take(chip: Chip, ir: u32): void {
  const bit: u32 = 1 << ir
  if (!(chip.levelTriggered & bit)) chip.request &= ~bit
  if (!chip.autoEoi) chip.service |= bit
  else if (chip.rotateInAutoEoi) chip.first = (ir + 1) & 7
}

/** Reads at A0 = 0 (IRR or ISR) or A0 = 1 (IMR); after a poll command either is the poll word. */
export function read(chip: Chip, a0: u32): u32 {
  if (chip.poll) {
    chip.poll = false
    const ir = pending(chip)
    if (ir < 0) return 0
    take(chip, ir)
    return 0x80 | ir
  }
  if (a0) return chip.mask
  return chip.readIsr ? chip.service : chip.request
}

/** Writes at A0 = 0 (ICW1, OCW2, OCW3) or A0 = 1 (ICW2–ICW4, OCW1). */
export function write(chip: Chip, a0: u32, value: u32): void {
  if (a0) writeData(chip, value)
  else if (value & Icw1.Mark) initialize(chip, value)
  else if (value & Ocw3.Mark) writeOcw3(chip, value)
  else writeOcw2(chip, value >> 5, value & 7)
}

/** Makes inputs level-triggered by the bits of `value`, the others edge-triggered. */
export function setTriggers(chip: Chip, value: u32): void {
  chip.levelTriggered = value
  chip.request = (chip.request & ~value) | (chip.inputs & value)
}

function initialize(chip: Chip, value: u32): void {
  // LTIM (D3) has no effect beside an edge/level control register: ICH9 data sheet, 13.4.2.
  chip.icw1 = value
  chip.request = chip.inputs & chip.levelTriggered
  chip.mask = 0
  chip.service = 0
  chip.first = 0
  chip.readIsr = false
  chip.poll = false
  chip.specialMask = false
  chip.autoEoi = false
  chip.rotateInAutoEoi = false
  chip.specialFullyNested = false
  chip.nextIcw = 2
}

function writeData(chip: Chip, value: u32): void {
  switch (chip.nextIcw) {
    case 2:
      chip.base = value & 0xf8
      chip.nextIcw = chip.icw1 & Icw1.Single ? (chip.icw1 & Icw1.Ic4 ? 4 : 0) : 3
      break
    case 3: // which input the slave is on: wired, not chosen
      chip.nextIcw = chip.icw1 & Icw1.Ic4 ? 4 : 0
      break
    case 4:
      chip.autoEoi = (value & Icw4.AutoEoi) != 0
      chip.specialFullyNested = (value & Icw4.SpecialFullyNested) != 0
      chip.nextIcw = 0
      break
    default:
      chip.mask = value & 0xff
  }
}

function writeOcw3(chip: Chip, value: u32): void {
  if (value & Ocw3.EnableSpecialMask) chip.specialMask = (value & Ocw3.SpecialMask) != 0
  if (value & Ocw3.Poll) chip.poll = true
  else if (value & Ocw3.ReadRegister) chip.readIsr = (value & Ocw3.ReadIsr) != 0
}

function writeOcw2(chip: Chip, command: u32, ir: u32): void {
  switch (command) {
    case Ocw2.ClearRotateInAutoEoi:
      chip.rotateInAutoEoi = false
      break
    case Ocw2.SetRotateInAutoEoi:
      chip.rotateInAutoEoi = true
      break
    case Ocw2.NonSpecificEoi:
    case Ocw2.RotateOnNonSpecificEoi: {
      // "An IS bit that is masked by an IMR bit will not be cleared by a non-specific EOI in the special mask mode."
      const service = chip.specialMask ? chip.service & ~chip.mask : chip.service
      if (!service) return
      const served = highest(chip, service)
      chip.service &= ~(1 << served)
      if (command == Ocw2.RotateOnNonSpecificEoi) chip.first = (served + 1) & 7
      break
    }
    case Ocw2.SpecificEoi:
      chip.service &= ~(1 << ir)
      break
    case Ocw2.RotateOnSpecificEoi:
      chip.service &= ~(1 << ir)
      chip.first = (ir + 1) & 7
      break
    case Ocw2.SetPriority:
      chip.first = (ir + 1) & 7
      break
  }
}
