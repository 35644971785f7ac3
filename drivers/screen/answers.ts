/** What the terminal answers a program, as if it was typed: once all that waits to be shown has been, since whoever asked may be gone by then. */
import { push } from '../../capability/stream'

const capacity: u32 = 512
const answers = memory.data(512)
let length: u32 = 0

/** Answers with one more byte; what is more than programs ask for in one go is lost. */
export function answer(byte: u32): void { if (length < capacity) store<u8>(answers + length++, <u8>byte) }

/** Answers with a number. */
export function answerDecimal(value: u32): void {
  let scale: u32 = 1
  while (value / scale > 9) scale *= 10
  for (; scale; scale /= 10) answer(0x30 + value / scale % 10)
}

/** Whoever asked is gone: the console cancels what a guest has begun when it leaves it, and what was its would be typed at the next one. */
export function forgetAnswers(): void { length = 0 }

/** Gives the answers. */
export function giveAnswers(): void {
  for (let index: u32 = 0; index < length; index++) push(load<u8>(answers + index))
  length = 0
}
