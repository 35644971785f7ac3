/** The two 8259A interrupt controllers: Intel 8259A data sheet. */
import { in8, out8 } from './hw'

const Primary: u32 = 0x20
const Secondary: u32 = 0xA0

/** Initializes both, everything masked: IRQ 0-7 at `vector`, 8-15 at `vector` + 8. */
export function initializePic(vector: u32): void {
  out8(Primary, 0x11) // ICW1: edge, cascade, ICW4
  out8(Secondary, 0x11)
  out8(Primary + 1, vector)
  out8(Secondary + 1, vector + 8)
  out8(Primary + 1, 4) // ICW3: the secondary is on IRQ 2
  out8(Secondary + 1, 2)
  out8(Primary + 1, 1) // ICW4: 8086 mode
  out8(Secondary + 1, 1)
  maskPic(0xFFFF)
}

/** Sets the mask: bit n masks IRQ n. */
export function maskPic(mask: u32): void {
  out8(Primary + 1, mask & 0xFF)
  out8(Secondary + 1, mask >> 8)
}

/** The mask as it reads back. */
export function picMask(): u32 { return in8(Primary + 1) | (in8(Secondary + 1) << 8) }

/** Non-specific EOI for an interrupt of this IRQ. */
export function endOfPicInterrupt(irq: u32): void {
  if (irq >= 8) out8(Secondary, 0x20)
  out8(Primary, 0x20)
}
