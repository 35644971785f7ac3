/** The I/O APIC: 24 inputs, each turned into an interrupt message by its redirection entry. Intel 82093AA data sheet 290566. */
import { ConfigNumber, number } from '../../capability/config'
import * as interrupt from '../../capability/interrupt'
import { IoApicFact } from '../addresses'
import { Delivery, Entry, Message, Register, Version, Window } from './registers'

const entries: usize = memory.data(192, 8) // for each pin, the low and the high half of its redirection entry
let inputs: u32 = 0 // levels, one bit for each pin; true is asserted
let remoteIrr: u32 = 0
let select: u32 = 0
let id: u32 = 0

@inline function entryOf(pin: u32): usize { return entries + (<usize>pin << 3) }

/** Every pin masked. The id is the number of vCPUs that there can be, which no local APIC has. */
export function reset(): void {
  for (let pin: u32 = 0; pin < IoApicFact.Pins; pin++) store<u64>(entryOf(pin), Entry.Masked)
  inputs = 0
  remoteIrr = 0
  select = 0
  id = <u32>number(ConfigNumber.MaxVcpus) & 0xf
}

/**
 * Sets a pin; `level` is true while the device asserts it. The polarity bit is kept for the guest but decides nothing: guests
 * that choose it by habit rather than by the ACPI tables still get their interrupts, as they do under QEMU and KVM.
 */
export function setInput(pin: u32, level: bool): void {
  const bit: u32 = 1 << pin
  if (level == ((inputs & bit) != 0)) return
  inputs ^= bit
  if (level) deliver(pin)
}

/** EOI of `vector`: each level-triggered entry with that vector may interrupt again, and does so where its pin is still asserted. */
export function endOfInterrupt(vector: u32): void {
  let waiting = remoteIrr
  while (waiting) {
    const pin = ctz(waiting)
    waiting &= waiting - 1
    if ((load<u32>(entryOf(pin)) & Entry.Vector) != (vector & 0xff)) continue
    remoteIrr &= ~(1 << pin)
    if ((inputs >> pin) & 1) deliver(pin)
  }
}

/** Reads a register of the MMIO window. */
export function read(offset: u32): u32 {
  if (offset == Window.Select) return select
  if (offset != Window.Data) return 0
  switch (select) {
    case Register.Id: return id << 24
    case Register.Version: return Version.WithEoi | ((IoApicFact.Pins - 1) << 16)
    case Register.Arbitration: return id << 24
  }
  const pin = (select - Register.Redirection) >> 1
  if (pin >= IoApicFact.Pins) return u32.MAX_VALUE
  if (select & 1) return load<u32>(entryOf(pin), 4)
  return load<u32>(entryOf(pin)) | ((remoteIrr >> pin) & 1 ? Entry.RemoteIrr : 0)
}

/** Writes a register of the MMIO window. */
export function write(offset: u32, value: u32): void {
  if (offset == Window.Select) select = value & 0xff
  else if (offset == Window.Eoi) endOfInterrupt(value)
  else if (offset == Window.Data) writeSelected(value)
}

function writeSelected(value: u32): void {
  if (select == Register.Id) id = (value >> 24) & 0xf
  const pin = (select - Register.Redirection) >> 1
  if (pin >= IoApicFact.Pins) return
  if (select & 1) {
    store<u32>(entryOf(pin), value & (0xff << Entry.DestinationShift), 4)
    return
  }
  store<u32>(entryOf(pin), value & Entry.Writable)
  if (!(value & Entry.Level)) remoteIrr &= ~(1 << pin)
  // A level that was asserted while masked interrupts now; an edge that came while masked is lost (data sheet, 3.2.4, bit 16).
  else if ((inputs >> pin) & 1) deliver(pin)
}

/** Sends the message of a pin that is asserted, unless it is masked or its last level-triggered one has not been ended. */
function deliver(pin: u32): void {
  const low = load<u32>(entryOf(pin))
  if (low & Entry.Masked) return
  const mode = (low & Entry.DeliveryMode) >> Entry.DeliveryModeShift
  let data = low & (Entry.Vector | Entry.DeliveryMode)
  // Only fixed and lowest-priority interrupts are ended by an EOI; SMI, NMI, INIT and ExtINT are edges whatever the entry says.
  if (low & Entry.Level && mode <= Delivery.LowestPriority) {
    const bit: u32 = 1 << pin
    if (remoteIrr & bit) return
    remoteIrr |= bit
    data |= Message.Level
  }
  const destination = <u64>(load<u32>(entryOf(pin), 4) >> Entry.DestinationShift)
  let address = Message.Address | (destination << Message.DestinationShift)
  if (low & Entry.Logical) address |= Message.Logical
  if (mode == Delivery.LowestPriority) address |= Message.RedirectionHint
  interrupt.message(address, data | Message.Assert)
}
