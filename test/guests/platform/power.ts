/** How a guest ends: power-off and every way to reboot. */
import { Fixed, fixed16, fixed32, findTable, FixedDescription, softOffType } from './acpi'
import { crash, disableInterrupts, in16, in8, load64, load8, out16, out8, pause } from './hw'
import { flush } from './serial'

@inline const SleepEnable: u32 = 1 << 13 // PM1 control, ACPI 6.5 section 4.8.3.2
@inline const SciEnable: u32 = 1 << 0
@inline const PowerButtonEvent: u32 = 1 << 8 // PM1 status and enable, ACPI 6.5 section 4.8.3.1

function settle(): void {
  for (let i = 0; i < 1000000; i++) pause()
}

/** Soft off by ACPI. Returns only if the machine did not obey. */
export function powerOff(): void {
  flush()
  const control = fixed32(Fixed.Pm1aControlBlock)
  const type = softOffType()
  if (!control || type < 0) return
  out16(control, (u32(type) << 10) | SleepEnable)
  settle()
}

/** Switches the fixed events to ACPI and enables the power button; returns the SCI's interrupt number. */
export function enablePowerButton(): u32 {
  const control = fixed32(Fixed.Pm1aControlBlock)
  const event = fixed32(Fixed.Pm1aEventBlock)
  if (!control || !event) return 0
  const command = fixed32(Fixed.SmiCommand)
  if (command && !(in16(control) & SciEnable)) {
    out8(command, fixed32(Fixed.AcpiEnable) & 0xFF)
    for (let tries = 0; tries < 1000000 && !(in16(control) & SciEnable); tries++) pause()
  }
  const half = fixed32(Fixed.Pm1EventLength) & 0xFF
  out16(event, PowerButtonEvent) // write 1 to clear
  out16(event + (half >> 1), PowerButtonEvent)
  return fixed16(Fixed.SciInterrupt)
}

/** Whether the power button was pressed; clears the event. */
export function powerButtonPressed(): bool {
  const event = fixed32(Fixed.Pm1aEventBlock)
  if (!event || !(in16(event) & PowerButtonEvent)) return false
  out16(event, PowerButtonEvent)
  return true
}

/** Pulses the reset line through the keyboard controller. */
export function rebootByKeyboardController(): void {
  flush()
  for (let tries = 0; tries < 100000 && in8(0x64) & 2; tries++) pause()
  out8(0x64, 0xFE)
  settle()
}

/** The chipset's reset control register, CF9h: hard reset. */
export function rebootByResetControl(): void {
  flush()
  out8(0xCF9, 0x02)
  out8(0xCF9, 0x06)
  settle()
}

/** The reset register of the FADT. ACPI 6.5, section 4.8.3.6. */
export function rebootByAcpi(): void {
  flush()
  const table = findTable(FixedDescription)
  if (!table || !(fixed32(Fixed.Flags) & (1 << 10))) return
  if (load8(table + Fixed.ResetRegister) != 1) return // system I/O
  out8(u32(load64(table + Fixed.ResetRegister + 4)), load8(table + Fixed.ResetValue))
  settle()
}

/** Port 92h, bit 0. */
export function rebootByFastReset(): void {
  flush()
  out8(0x92, in8(0x92) & 0xFE)
  out8(0x92, in8(0x92) | 1)
  settle()
}

/** A triple fault, which a processor answers by shutting down and a chipset by resetting. */
export function rebootByTripleFault(): void {
  flush()
  disableInterrupts()
  crash()
}
