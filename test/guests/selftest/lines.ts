/** Interrupts from devices: the 8254 through the 8259s and through the I/O APIC, the UART, the RTC. */
import { in8, out8 } from '../platform/hw'
import { isaInterrupt } from '../platform/acpi'
import { maskAllPins, maskIsa, pinCount, readIoApic, routeIsa, writeIoApic } from '../platform/ioapic'
import { Apic, DeliverExternal, enableApic, hasApic, Masked, readApic, writeApic } from '../platform/localapic'
import { endOfPicInterrupt, initializePic, maskPic, picMask } from '../platform/pic'
import { startPit } from '../platform/pit'
import { readRtc, Rtc, writeRtc } from '../platform/rtc'
import { flush, initializeSerial } from '../platform/serial'
import { acknowledge, forget, listen, taken, Vector, waitFor } from './interrupts'
import { onApic } from './mmio'
import { between, equal, equalUnderHypervisor, holds, subject } from './report'

const HundredHertz: u32 = 11932

function testPic(): void {
  if (hasApic()) {
    enableApic()
    maskAllPins()
    writeApic(Apic.Lint0, DeliverExternal) // virtual wire mode
  }
  initializePic(Vector.Pic)
  maskPic(0x1234)
  equal('8259 masks read back', picMask(), 0x1234)
  maskPic(0xFFFF)
  startPit(2, HundredHertz)
  forget()
  listen(30000)
  subject('8259')
  equal('  masked line is silent', taken(Vector.Pic), 0)
  holds('  masked line is requested', (in8(0x20) & 1) != 0) // OCW3 default: IRR

  maskPic(0xFFFE)
  forget()
  listen(105000)
  between('PIT through the 8259, 100 Hz for 105 ms', taken(Vector.Pic), 5, 12)

  acknowledge(false)
  forget()
  waitFor(Vector.Pic, 1, 100000)
  listen(40000)
  equal('8259 waits for EOI', taken(Vector.Pic), 1)
  out8(0x20, 0x0B) // OCW3: read ISR
  equal('  in service', in8(0x20) & 1, 1)
  out8(0x20, 0x0A)
  acknowledge(true)
  endOfPicInterrupt(0)
  between('  goes on after EOI', waitFor(Vector.Pic, 2, 100000), 2, 20)
  maskPic(0xFFFF)

  startPit(0, 5000)
  maskPic(0xFFFE)
  forget()
  listen(30000)
  between('PIT mode 0 interrupts once', taken(Vector.Pic), 1, 2) // one may have been latched before
  maskPic(0xFFFF)
  if (hasApic()) writeApic(Apic.Lint0, Masked)
}

function testIoApic(): void {
  if (!hasApic()) return
  subject('I/O APIC')
  between('  pins', pinCount(), 16, 240)
  writeIoApic(0x10 + 2 * 23, 0x1A5C7 & 0x1AFFF)
  equal('  redirection entry reads back', readIoApic(0x10 + 2 * 23) & 0x1AFFF, 0x1A5C7 & 0x1AFFF)
  writeIoApic(0x11 + 2 * 23, 0x01000000)
  equal('  destination reads back', readIoApic(0x11 + 2 * 23), 0x01000000)
  maskAllPins()
  startPit(2, HundredHertz)
  forget()
  listen(30000)
  equal('  masked pin is silent', taken(Vector.IoApic), 0)
  routeIsa(0, Vector.IoApic)
  listen(105000)
  between('PIT through the I/O APIC, 100 Hz for 105 ms', taken(Vector.IoApic), 5, 12)
  maskIsa(0)
  startPit(0, 1)
  listen(2000)
}

namespace Uart {
  export const Data: u32 = 0x3F8
  export const InterruptEnable: u32 = 0x3F9
  export const InterruptIdentification: u32 = 0x3FA
  export const LineControl: u32 = 0x3FB
  export const ModemControl: u32 = 0x3FC
  export const LineStatus: u32 = 0x3FD
  export const ModemStatus: u32 = 0x3FE
  export const Scratch: u32 = 0x3FF
}

/** PC16550D data sheet, section 8. */
function testUart(): void {
  flush()
  out8(Uart.Scratch, 0x5A)
  const scratch = in8(Uart.Scratch)
  out8(Uart.ModemControl, 0x10 | 0x0A) // loop: RTS, OUT2
  const modem = in8(Uart.ModemStatus) & 0xF0
  out8(Uart.ModemControl, 0x10 | 0x05) // DTR, OUT1
  const other = in8(Uart.ModemStatus)
  out8(Uart.InterruptIdentification, 7) // FIFOs on and empty
  out8(Uart.Data, 0x41)
  for (let i = 0; i < 100000 && !(in8(Uart.LineStatus) & 1); i++) {}
  const ready = in8(Uart.LineStatus) & 1
  const byte = in8(Uart.Data)
  const empty = in8(Uart.LineStatus) & 1
  for (let value: u32 = 0; value < 4; value++) {
    out8(Uart.Data, 0x30 + value)
    for (let i = 0; i < 100000 && !(in8(Uart.LineStatus) & 0x40); i++) {}
  }
  let order: u32 = 0
  for (let count = 0; count < 4; count++) {
    for (let i = 0; i < 100000 && !(in8(Uart.LineStatus) & 1); i++) {}
    order = order << 8 | in8(Uart.Data)
  }
  const identification = in8(Uart.InterruptIdentification)
  initializeSerial()
  subject('UART')
  equal('  scratch register', scratch, 0x5A)
  equal('  loop: RTS is CTS, OUT2 is DCD', modem, 0x90)
  equal('  loop: DTR is DSR, OUT1 is RI', other & 0xF0, 0x60)
  equalUnderHypervisor('  loop: changes are noted', other & 0x0B, 0x0B)
  equal('  loop: data ready', ready, 1)
  equal('  loop: the byte', byte, 0x41)
  equal('  loop: then empty', empty, 0)
  equal('  loop: the FIFO keeps order', order, 0x30313233)
  equal('  FIFOs enabled, nothing pending', identification & 0xCF, 0xC1)

  if (!hasApic()) return
  flush()
  forget()
  routeIsa(4, Vector.Serial)
  out8(Uart.InterruptEnable, 2) // transmitter holding register empty
  const count = waitFor(Vector.Serial, 1, 100000)
  const reason = in8(Uart.InterruptIdentification)
  const after = in8(Uart.InterruptIdentification)
  out8(Uart.InterruptEnable, 0)
  // In loop mode OUT2, which lets the interrupt out to the bus on a PC, is inactive: only the register can tell.
  out8(Uart.ModemControl, 0x18)
  out8(Uart.InterruptEnable, 1) // received data
  out8(Uart.Data, 0x42)
  for (let i = 0; i < 100000 && !(in8(Uart.LineStatus) & 1); i++) {}
  const receivedReason = in8(Uart.InterruptIdentification)
  const received = in8(Uart.Data)
  maskIsa(4)
  initializeSerial()
  equal('UART transmitter interrupt', count, 1)
  equal('  says why', reason & 15, 2)
  equal('  reading why clears it', after & 15, 1)
  equal('  line status says the line is idle', in8(Uart.LineStatus) & 0x60, 0x60)
  equal('UART receiver interrupt is identified', receivedReason & 7, 4) // 4, or 12 for bytes below the trigger level
  equal('  the byte', received, 0x42)
}

/** The end of a level-triggered interrupt reaches the I/O APIC also when no plain store tells the local APIC. */
function testLevelTriggered(): void {
  if (!hasApic()) return
  const entry = 0x10 + isaInterrupt(4) * 2
  flush()
  forget()
  acknowledge(false)
  writeIoApic(entry + 1, 0)
  writeIoApic(entry, Vector.Serial | 1 << 15)
  out8(Uart.InterruptEnable, 2)
  const count = waitFor(Vector.Serial, 1, 100000)
  const waiting = readIoApic(entry) >> 14 & 1
  out8(Uart.InterruptEnable, 0)
  onApic(Apic.EndOfInterrupt, '87 07', 0)
  const after = readIoApic(entry) >> 14 & 1
  acknowledge(true)
  maskIsa(4)
  initializeSerial()
  equal('level-triggered interrupt', count, 1)
  equal('  remote IRR', waiting, 1)
  equal('  until EOI by xchg', after, 0)
  equal('  no longer in service', readApic(Apic.InService + 0x30) & (1 << (Vector.Serial & 31)), 0)
}

function testRtcInterrupt(): void {
  if (!hasApic()) return
  forget()
  const a = readRtc(Rtc.StatusA)
  const b = readRtc(Rtc.StatusB)
  writeRtc(Rtc.StatusA, 0x26) // 1024 Hz
  writeRtc(Rtc.StatusB, b | 0x40) // periodic interrupt
  routeIsa(8, Vector.Rtc)
  readRtc(Rtc.StatusC) // a line that rose before it was routed would never rise again
  waitFor(Vector.Rtc, 1, 100000)
  equal('RTC periodic interrupt', taken(Vector.Rtc), 1)
  listen(10000)
  equalUnderHypervisor('  waits for register C', taken(Vector.Rtc), 1)
  equal('  register C says why', readRtc(Rtc.StatusC) & 0xC0, 0xC0)
  holds('  goes on then', waitFor(Vector.Rtc, 2, 100000) >= 2)
  maskIsa(8)
  writeRtc(Rtc.StatusB, b)
  writeRtc(Rtc.StatusA, a)
  readRtc(Rtc.StatusC)
}

export function testLines(): void {
  testPic()
  testIoApic()
  testUart()
  testLevelTriggered()
  testRtcInterrupt()
}
