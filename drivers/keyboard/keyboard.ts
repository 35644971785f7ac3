/** A PS/2 keyboard, or a USB one that the firmware lets appear as one, as the input of the host's console. */
import { line } from '../../capability/log'
import { read8 } from '../../capability/port'
import { push } from '../../capability/stream'
import { command, Configuration, ControllerCommand, flush, KeyboardCommand, Port, receive, send, Status } from './controller'
import { character, keypadCharacter, Make, movement } from './keys'

/** Bytes served in one interrupt; a controller that has more is broken and must not keep the CPU. */
const interruptLimit: u32 = 64

const release: u32 = 0x80 // added to a make code when the key is let go
const extended: u32 = 0xe0
const pause: u32 = 0xe1 // begins the Pause key's code, two bytes follow
const acknowledge: u32 = 0xfa
const resend: u32 = 0xfe

let isExtended: bool = false
let skipped: u32 = 0 // bytes of the Pause key's code still to come
let leftShift: bool = false
let rightShift: bool = false
let leftControl: bool = false
let rightControl: bool = false
let leftAlt: bool = false
let capsLock: bool = false
let numLock: bool = true

/** Finds the controller and has the keyboard send scan code set 1; 0 when it is ready, 1 when there is none. */
export function start(): i32 {
  // A port that nothing answers reads all ones, and a controller that always has another byte is none.
  if (read8(Port.Status) == 0xff || !command(ControllerCommand.DisableKeyboard) || !command(ControllerCommand.DisableAuxiliary) || !flush()) return absent()
  if (!command(ControllerCommand.ReadConfiguration)) return absent()
  const before = receive()
  if (before < 0) return absent()
  const enabled = Configuration.KeyboardInterrupt | Configuration.Translate | Configuration.AuxiliaryOff
  const disabled = Configuration.AuxiliaryInterrupt | Configuration.KeyboardOff
  if (!command(ControllerCommand.WriteConfiguration) || !send(<u32>before & ~disabled | enabled)) return absent()
  if (!command(ControllerCommand.EnableKeyboard)) return absent()
  // A keyboard that is not plugged in yet does not answer; it scans by itself when it is.
  if (send(KeyboardCommand.EnableScanning)) receive()
  return 0
}

/** Takes what was typed. */
export function interrupt(): void {
  for (let count: u32 = 0; count < interruptLimit; count++) {
    const status = read8(Port.Status)
    if (status == 0xff || !(status & Status.OutputFull)) return
    const code = read8(Port.Data)
    if (!(status & Status.Auxiliary)) take(code)
  }
}

/** A keyboard shows nothing. */
export function transmit(): void {}

function take(code: u32): void {
  if (skipped) {
    skipped--
    return
  }
  if (code == pause) {
    skipped = 2
    return
  }
  if (code == extended) {
    isExtended = true
    return
  }
  const wasExtended = isExtended
  isExtended = false
  if (code == acknowledge || code == resend) return
  const make = code & ~release
  const down = !(code & release)
  if (modifier(make, down, wasExtended) || !down) return
  if (wasExtended) extendedKey(make)
  else key(make)
}

/** Takes note of a key that changes what others mean; false for any other key. */
function modifier(make: u32, down: bool, wasExtended: bool): bool {
  switch (make) {
    case Make.LeftShift:
      if (!wasExtended) leftShift = down // with E0h it is none: keyboards put it around keys that the keypad has too
      return true
    case Make.RightShift:
      if (!wasExtended) rightShift = down
      return true
    case Make.Control:
      if (wasExtended) rightControl = down
      else leftControl = down
      return true
    case Make.Alt:
      if (!wasExtended) leftAlt = down
      return true
    case Make.CapsLock:
      if (down) capsLock = !capsLock
      return true
    case Make.NumLock:
      if (down) numLock = !numLock
      return true
    default: return false
  }
}

function key(make: u32): void {
  const keypad = keypadCharacter(make)
  if (keypad) {
    const moves = movement(make)
    if (numLock != (leftShift || rightShift) || !moves) type(keypad)
    else move(moves)
    return
  }
  const isShifted = leftShift || rightShift
  let typed = character(make, isShifted)
  if (!typed) return
  const isLetter = (typed | 0x20) >= 0x61 && (typed | 0x20) <= 0x7a
  if (capsLock && isLetter) typed ^= 0x20
  type(typed)
}

/** The keys that came with the enhanced keyboard: the arrows' own block, and the keypad's Enter and '/'. */
function extendedKey(make: u32): void {
  const moves = movement(make)
  if (moves) move(moves)
  else if (make == Make.Enter) type(0x0d)
  else if (make == Make.Slash) type(0x2f)
}

/** Pushes a character; Alt puts ESC before it, Control takes it to 00h–1Fh, as on xterm. */
function type(typed: u32): void {
  if (leftControl || rightControl) {
    if (typed >= 0x40 && typed < 0x7f) typed &= 0x1f
    else if (typed == 0x20 || typed == 0x32) typed = 0 // Ctrl-Space, Ctrl-2
    else if (typed == 0x2f) typed = 0x1f // Ctrl-/
  }
  if (leftAlt) push(0x1b)
  push(typed)
}

/** Pushes a control sequence; Control makes it one that moves by words. */
function move(final: u32): void {
  push(0x1b)
  push(0x5b) // [
  const isNumber = final < 0x40
  const control = leftControl || rightControl
  if (isNumber) push(final)
  else if (control) push(0x31) // 1
  if (control) {
    push(0x3b) // ;
    push(0x35) // 5
  }
  push(isNumber ? 0x7e : final) // ~
}

const message = memory.data(64)

function absent(): i32 {
  const text = 'no keyboard controller answers at port 60h'
  for (let i = 0; i < text.length; i++) store<u8>(message + i, <u8>text.charCodeAt(i))
  line(message, text.length)
  return 1
}
