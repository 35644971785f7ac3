/**
 * COM1, a 16550A. What the guest transmits is at once in the far end's ring, so the transmitter is always empty;
 * what the far end sends waits there until the receiver has room, so nothing is lost to an overrun.
 */
import * as clock from '../../capability/clock'
import { Com1 } from '../../capability/serial'
import { Line } from '../addresses'
import * as channels from '../console/channels'
import { Deadline, Never, setDeadline } from '../deadlines'
import { setIrq } from '../wires'
import { Fifo, clear, hasErrors, length, pop, push, replaceLast, takeErrors } from './receiver'
import { Enable, FifoControl, Identification, LineControl, LineStatus, ModemControl, ModemStatus, Register } from './registers'

const transmitterEmpty: u32 = LineStatus.TransmitterHoldingEmpty | LineStatus.TransmitterEmpty

let interruptEnable: u32 = 0
let lineControl: u32 = 0
let modemControl: u32 = 0
let lineStatus: u32 = transmitterEmpty
let modemStatus: u32 = 0
let scratch: u32 = 0
let divisor: u32 = 1
let fifos: bool = false
let trigger: u32 = 1 // characters that raise the received-data interrupt
let transmitterInterrupt: bool = false // the holding register became empty and IIR has not said so yet
let timeoutInterrupt: bool = false
let activity: u64 = 0 // when the receiver FIFO was last filled or read
let level: bool = false // of the interrupt line

/** As after a master reset (data sheet, table III), with a terminal that is ready at the far end. */
export function reset(): void {
  interruptEnable = 0
  lineControl = 0
  modemControl = 0
  lineStatus = transmitterEmpty
  modemStatus = ModemStatus.Cts | ModemStatus.Dsr | ModemStatus.Dcd
  scratch = 0
  divisor = 1 // 115200 bit/s
  fifos = false
  trigger = 1
  transmitterInterrupt = false
  timeoutInterrupt = false
  level = false
  clear()
}

/** Reads the register at `offset` from the base port. */
export function read(offset: u32): u32 {
  switch (offset) {
    case Register.Data: return lineControl & LineControl.DivisorLatch ? divisor & 0xff : readReceived()
    case Register.InterruptEnable: return lineControl & LineControl.DivisorLatch ? divisor >> 8 : interruptEnable
    case Register.Identification: return readIdentification()
    case Register.LineControl: return lineControl
    case Register.ModemControl: return modemControl
    case Register.LineStatus: {
      const value = lineStatus
      if (value & LineStatus.Errors) clearErrors()
      return value
    }
    case Register.ModemStatus: {
      const value = modemStatus
      modemStatus &= ~ModemStatus.Deltas
      if (value & ModemStatus.Deltas) update()
      return value
    }
  }
  return scratch
}

/** Writes the register at `offset` from the base port. */
export function write(offset: u32, value: u32): void {
  value &= 0xff
  switch (offset) {
    case Register.Data:
      if (lineControl & LineControl.DivisorLatch) divisor = (divisor & 0xff00) | value
      else transmit(value)
      break
    case Register.InterruptEnable:
      if (lineControl & LineControl.DivisorLatch) divisor = (divisor & 0xff) | (value << 8)
      else writeEnable(value)
      break
    case Register.Identification:
      writeFifoControl(value)
      break
    case Register.LineControl:
      writeLineControl(value)
      break
    case Register.ModemControl:
      modemControl = value & ModemControl.Writable
      updateModemStatus()
      fill()
      update()
      break
    case Register.Scratch:
      scratch = value
      break
  }
}

/** Characters wait at the far end. */
export function input(): void {
  if (fill()) update()
}

/** The character timeout's deadline came. */
export function tick(): void {
  timeoutInterrupt = true
  update()
}

function readReceived(): u32 {
  if (!length()) return 0
  const character = pop()
  timeoutInterrupt = false
  activity = clock.now()
  fill()
  presentErrors()
  update()
  return character
}

function readIdentification(): u32 {
  const value = identify()
  if (value == Identification.TransmitterEmpty) {
    transmitterInterrupt = false
    update()
  }
  return fifos ? value | Identification.FifosEnabled : value
}

function transmit(value: u32): void {
  if (modemControl & ModemControl.Loop) receive(value, 0)
  else channels.output(Com1, value)
  transmitterInterrupt = true
  update()
}

function writeEnable(value: u32): void {
  const enabled = value & ~interruptEnable
  interruptEnable = value & 0x0f
  // Enabling the interrupt while the transmitter is empty raises it. Linux tests for this and else distrusts the chip.
  if (enabled & Enable.TransmitterEmpty) transmitterInterrupt = true
  update()
}

function writeFifoControl(value: u32): void {
  const enable = (value & FifoControl.Enable) != 0
  if (enable != fifos || value & FifoControl.ResetReceiver) {
    clear()
    timeoutInterrupt = false
    lineStatus = transmitterEmpty
  }
  fifos = enable
  trigger = 1
  if (enable) {
    switch (value >> FifoControl.TriggerShift) {
      case 1:
        trigger = 4
        break
      case 2:
        trigger = 8
        break
      case 3:
        trigger = 14
        break
    }
  }
  fill()
  update()
}

function writeLineControl(value: u32): void {
  const started = value & ~lineControl & LineControl.Break
  lineControl = value
  if (started && modemControl & ModemControl.Loop) {
    receive(0, LineStatus.Break)
    update()
  }
}

/** Takes what waits at the far end while there is room; false when nothing came. In loopback the input is disconnected (8.6.4). */
function fill(): bool {
  if (modemControl & ModemControl.Loop) return false
  const room = fifos ? Fifo.Depth : 1
  const before = length()
  while (length() < room) {
    const character = channels.input(Com1)
    if (character < 0) break
    push(character, 0)
  }
  if (length() == before) return false
  lineStatus |= LineStatus.DataReady
  activity = clock.now()
  return true
}

/** A character that arrives whether there is room or not: the transmitter's own, in loopback. */
function receive(character: u32, error: u32): void {
  if (length() < (fifos ? Fifo.Depth : 1)) push(character, error)
  else {
    // With FIFOs the new character is lost, without them the old one (8.4, bit 1).
    if (!fifos) replaceLast(character)
    lineStatus |= LineStatus.Overrun
  }
  activity = clock.now()
  presentErrors()
}

/** Brings the line status in step with the character that is next to be read. */
function presentErrors(): void {
  lineStatus |= takeErrors()
  lineStatus = length() ? lineStatus | LineStatus.DataReady : lineStatus & ~LineStatus.DataReady
  const error = fifos && (hasErrors() || (lineStatus & LineStatus.Break) != 0)
  lineStatus = error ? lineStatus | LineStatus.ErrorInFifo : lineStatus & ~LineStatus.ErrorInFifo
}

function clearErrors(): void {
  lineStatus &= ~LineStatus.Errors
  presentErrors()
  update()
}

function updateModemStatus(): void {
  let lines: u32 = ModemStatus.Cts | ModemStatus.Dsr | ModemStatus.Dcd
  if (modemControl & ModemControl.Loop) {
    lines = 0
    if (modemControl & ModemControl.Rts) lines |= ModemStatus.Cts
    if (modemControl & ModemControl.Dtr) lines |= ModemStatus.Dsr
    if (modemControl & ModemControl.Out1) lines |= ModemStatus.Ri
    if (modemControl & ModemControl.Out2) lines |= ModemStatus.Dcd
  }
  const changed = lines ^ modemStatus
  let deltas = modemStatus & ModemStatus.Deltas
  if (changed & ModemStatus.Cts) deltas |= ModemStatus.DeltaCts
  if (changed & ModemStatus.Dsr) deltas |= ModemStatus.DeltaDsr
  if (changed & modemStatus & ModemStatus.Ri) deltas |= ModemStatus.TrailingEdgeRi
  if (changed & ModemStatus.Dcd) deltas |= ModemStatus.DeltaDcd
  modemStatus = lines | deltas
}

/** The interrupt of highest priority that is enabled and pending. */
function identify(): u32 {
  if (interruptEnable & Enable.LineStatus && lineStatus & LineStatus.Errors) return Identification.LineStatus
  if (interruptEnable & Enable.Received) {
    if (length() >= trigger) return Identification.Received
    if (timeoutInterrupt) return Identification.Timeout
  }
  if (interruptEnable & Enable.TransmitterEmpty && transmitterInterrupt) return Identification.TransmitterEmpty
  if (interruptEnable & Enable.ModemStatus && modemStatus & ModemStatus.Deltas) return Identification.ModemStatus
  return Identification.None
}

/** Brings the interrupt line and the timeout's deadline in step with the registers. */
function update(): void {
  // On a PC the line passes through a buffer that OUT2 opens. In loopback the OUT2 pin is inactive, but drivers that probe for
  // their interrupt in loopback count on "interrupts are fully operational" (8.6.4), so the bit opens the buffer there as well.
  const raised = (modemControl & ModemControl.Out2) != 0 && identify() != Identification.None
  if (raised != level) {
    level = raised
    setIrq(Line.Com1, raised)
  }
  const waits = fifos && !timeoutInterrupt && (interruptEnable & Enable.Received) != 0 && length() > 0 && length() < trigger
  setDeadline(Deadline.Uart, waits ? activity + timeout() : Never)
}

/** Four character times in nanoseconds (8.4, FIFO timeout interrupt); the input clock is 16 × 115200 Hz. */
function timeout(): u64 {
  let bits: u32 = 1 + 5 + (lineControl & LineControl.WordLength) + (lineControl & LineControl.TwoStopBits ? 2 : 1)
  if (lineControl & LineControl.Parity) bits++
  return <u64>(4 * bits * divisor) * 1_000_000_000 / 115200
}
