/** The keyboard controller's registers, as offsets from port 60h. Intel 8042 as in the IBM PS/2 technical reference, keyboard and auxiliary device controller. */
import { read8, write8 } from '../../capability/port'

/** Ports. */
export namespace Port {
  export const Data: u32 = 0
  export const Status: u32 = 4 // read
  export const Command: u32 = 4 // write
}

/** Status register. */
export namespace Status {
  export const OutputFull: u32 = 1 << 0 // a byte waits in Data
  export const InputFull: u32 = 1 << 1 // the controller has not taken what was written
  export const Auxiliary: u32 = 1 << 5 // the byte that waits is the mouse's
}

/** Commands to the controller. */
export namespace ControllerCommand {
  export const ReadConfiguration: u32 = 0x20
  export const WriteConfiguration: u32 = 0x60
  export const DisableAuxiliary: u32 = 0xa7
  export const DisableKeyboard: u32 = 0xad
  export const EnableKeyboard: u32 = 0xae
}

/** The controller's configuration byte. */
export namespace Configuration {
  export const KeyboardInterrupt: u32 = 1 << 0
  export const AuxiliaryInterrupt: u32 = 1 << 1
  export const KeyboardOff: u32 = 1 << 4
  export const AuxiliaryOff: u32 = 1 << 5
  export const Translate: u32 = 1 << 6 // the keyboard's scan code set 2 arrives as set 1
}

/** Commands to the keyboard. */
export namespace KeyboardCommand {
  export const EnableScanning: u32 = 0xf4
}

/** Reads of the status register, some 50 ms on a PC's I/O bus: longer than a keyboard takes to answer (20 ms). */
const patience: u32 = 50_000

/** Bytes that a controller can be holding; one that has more is broken or absent. */
const held: u32 = 64

/** Throws away what waits. False when there is no end to it. */
export function flush(): bool {
  for (let count: u32 = 0; count < held; count++) {
    if (!(read8(Port.Status) & Status.OutputFull)) return true
    read8(Port.Data)
  }
  return false
}

/** Sends a command to the controller. False when it does not take it. */
export function command(value: u32): bool {
  if (!waitForRoom()) return false
  write8(Port.Command, value)
  return true
}

/** Sends a byte to the keyboard, or the argument of a command to the controller. False when it is not taken. */
export function send(value: u32): bool {
  if (!waitForRoom()) return false
  write8(Port.Data, value)
  return true
}

/** The next byte of an answer, or -1 when none comes. */
export function receive(): i32 {
  for (let poll: u32 = 0; poll < patience; poll++) {
    if (read8(Port.Status) & Status.OutputFull) return read8(Port.Data)
  }
  return -1
}

function waitForRoom(): bool {
  for (let poll: u32 = 0; poll < patience; poll++) {
    if (!(read8(Port.Status) & Status.InputFull)) return true
  }
  return false
}
