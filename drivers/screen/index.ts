/** The host's console on a screen: granted VGA text memory or a linear framebuffer, the text mode's cursor registers and the terminal's two streams. */
import { line } from '../../capability/log'
import { write8 } from '../../capability/port'
import { pull } from '../../capability/stream'
import { giveAnswers } from './answers'
import { openScreen, paint } from './paint'
import { reset, show } from './terminal'

/** The CRT controller's index and data registers, of which a text screen's driver is granted both (3D4h and 3D5h), another one none. */
const crtIndex: u32 = 0
const crtData: u32 = 1
/** Cursor start register; bit 5 switches the cursor off. IBM VGA technical reference, CRT controller. */
const cursorStart: u32 = 0x0a
const cursorOff: u32 = 1 << 5

/** Clears the screen; 0 when it is ready, 1 when there is none that can be used. */
export function start(): i32 {
  if (!openScreen()) {
    say('the boot loader left no screen in text mode or with 8, 15, 16, 24 or 32 bits per pixel')
    return 1
  }
  // This driver paints its own cursor; the hardware's would stay where the boot loader's text ended.
  write8(crtIndex, cursorStart)
  write8(crtData, cursorOff)
  reset()
  paint()
  return 0
}

/** A screen does not interrupt. */
export function interrupt(): void {}

/** Takes all that waits, then answers and paints once, however much has scrolled by. 1 when it has not painted all, and is to be called again. */
export function transmit(): i32 {
  for (let byte = pull(); byte >= 0; byte = pull()) show(byte)
  giveAnswers()
  return paint() ? 0 : 1
}

const message = memory.data(128)

/** Writes a line of ASCII of at most 128 characters to the log. */
function say(text: string): void {
  for (let i = 0; i < text.length; i++) store<u8>(message + i, <u8>text.charCodeAt(i))
  line(message, text.length)
}
