/** A 16550 on a PC's serial port: 115200 baud, 8 data bits, no parity, one stop bit. */
import { line } from '../../capability/log'
import { read8, write8 } from '../../capability/port'
import { pull, push } from '../../capability/stream'
import { FifoControl, InterruptEnable, InterruptIdentification, LineControl, LineStatus, ModemControl, Register } from './registers'

/** 1.8432 MHz ÷ 16 ÷ 115200. PC16550D, table III. */
const divisor: u32 = 1

/** What a port that no longer answers reads as. */
const nothing: u32 = 0xff

/** Causes and bytes served in one interrupt; a device that has still more is broken and must not keep the CPU. */
const interruptLimit: u32 = 256

let depth: u32 = 1 // bytes that fit when the transmitter is empty: 16 with FIFOs
let enabled: u32 = 0 // the interrupt enable register, to write it only when it changes

/** Finds the UART and sets it up; 0 when it is ready, 1 when there is none. */
export function start(): i32 {
  // The boot loader may have left the divisor latch open, and then registers 0 and 1 are not what they seem.
  write8(Register.LineControl, LineControl.EightBits)
  if (!isPresent()) {
    say('no 16550 answers at this port')
    return 1
  }
  write8(Register.LineControl, LineControl.EightBits | LineControl.DivisorLatch)
  write8(Register.DivisorLow, divisor & 0xff)
  write8(Register.DivisorHigh, divisor >> 8)
  write8(Register.LineControl, LineControl.EightBits)
  // FIFOs change state only by an edge of the enable bit on some parts, so they are switched off first.
  write8(Register.FifoControl, 0)
  write8(Register.FifoControl, FifoControl.Enable | FifoControl.ClearReceiver | FifoControl.ClearTransmitter)
  const fifos = read8(Register.InterruptIdentification) & InterruptIdentification.FifosEnabled
  depth = fifos == InterruptIdentification.FifosEnabled ? 16 : 1
  write8(Register.ModemControl, ModemControl.DataTerminalReady | ModemControl.RequestToSend | ModemControl.Out2)
  // What was pending before now would otherwise hold the interrupt line up, and it is the edge that interrupts.
  read8(Register.LineStatus)
  read8(Register.ReceiverBuffer)
  read8(Register.InterruptIdentification)
  read8(Register.ModemStatus)
  enable(InterruptEnable.ReceivedData | InterruptEnable.LineStatus)
  return 0
}

/** Serves every cause until none is pending: the ISA line is edge-triggered, and leaving one would be the last interrupt. */
export function interrupt(): void {
  for (let served: u32 = 0; served < interruptLimit; served++) {
    const identification = read8(Register.InterruptIdentification)
    if (identification & InterruptIdentification.NonePending) return
    switch (identification & InterruptIdentification.Source) {
      case InterruptIdentification.ReceivedData:
      case InterruptIdentification.CharacterTimeout:
      case InterruptIdentification.LineStatus:
        receive()
        break
      case InterruptIdentification.TransmitterEmpty:
        transmit()
        break
      case InterruptIdentification.ModemStatus:
        read8(Register.ModemStatus)
        break
    }
  }
  // Dropping and restoring the enables makes a new edge for what is left.
  write8(Register.InterruptEnable, 0)
  write8(Register.InterruptEnable, enabled)
}

/**
 * Sends what the transmitter has room for. What is left stays in the stream for the transmitter-empty interrupt: nobody waits for a baud rate.
 * 0: nothing is left but what is in the stream.
 */
export function transmit(): i32 {
  while (true) {
    if (!(read8(Register.LineStatus) & LineStatus.TransmitterEmpty)) {
      enable(enabled | InterruptEnable.TransmitterEmpty)
      return 0
    }
    // A byte is pulled only when the transmitter has room for it: there is no way to give it back.
    for (let sent: u32 = 0; sent < depth; sent++) {
      const byte = pull()
      if (byte < 0) {
        enable(enabled & ~InterruptEnable.TransmitterEmpty)
        return 0
      }
      write8(Register.TransmitterHolding, <u32>byte)
    }
  }
}

/** Passes on what has arrived, except breaks and bytes damaged on the line: nobody typed those. */
function receive(): void {
  for (let count: u32 = 0; count < interruptLimit; count++) {
    // Reading the status clears its error bits, which belong to the byte at the FIFO's head, so it is read once for each byte.
    const status = read8(Register.LineStatus)
    if (status == nothing || !(status & LineStatus.DataReady)) return
    const byte = read8(Register.ReceiverBuffer)
    if (!(status & (LineStatus.Parity | LineStatus.Framing | LineStatus.Break))) push(byte)
  }
}

function enable(causes: u32): void {
  if (causes == enabled) return
  enabled = causes
  write8(Register.InterruptEnable, causes)
}

/** Two values that hold in the scratch register, and between them others in the interrupt enables: an empty bus echoes at most the last byte. */
function isPresent(): bool {
  write8(Register.Scratch, 0x5a)
  write8(Register.InterruptEnable, 0x0f)
  if ((read8(Register.InterruptEnable) & 0x0f) != 0x0f || read8(Register.Scratch) != 0x5a) return false
  write8(Register.Scratch, 0xa5)
  write8(Register.InterruptEnable, 0)
  return (read8(Register.InterruptEnable) & 0x0f) == 0 && read8(Register.Scratch) == 0xa5
}

const message = memory.data(64)

/** Writes a line of ASCII of at most 64 characters to the log. */
function say(text: string): void {
  for (let i = 0; i < text.length; i++) store<u8>(message + i, <u8>text.charCodeAt(i))
  line(message, text.length)
}
