/** Checks the texts that a pack's records point at. */
import { DiskNameLimit, StorageNameLimit } from '../../capability/configuration'
import { PACK_NAME_LIMIT, TextField } from './layout'
import { header, textBytes } from './pack'
import { PackStatus } from './status'
import { isName, isSerial, isText, isVisible } from './text'

/** Checks a name. */
export function checkName(text: TextField): i32 {
  const status = checkText(text, 1, PACK_NAME_LIMIT)
  if (status != PackStatus.Ok) return status
  return isName(textBytes(text), text.length) ? PackStatus.Ok : PackStatus.TextMalformed
}

/** Checks a medium's serial number. */
export function checkSerial(text: TextField): i32 {
  const status = checkText(text, 1, DiskNameLimit)
  if (status != PackStatus.Ok) return status
  return isSerial(textBytes(text), text.length) ? PackStatus.Ok : PackStatus.TextMalformed
}

/** Checks what a pool, a volume or an image is called: ASCII that can be typed, without blanks. */
export function checkStorageName(text: TextField): i32 {
  const status = checkText(text, 1, StorageNameLimit)
  return status != PackStatus.Ok || isVisible(textBytes(text), text.length) ? status : PackStatus.TextMalformed
}

/** Checks a text of at least `shortest` and at most `longest` bytes. */
export function checkText(text: TextField, shortest: u32, longest: u32): i32 {
  if (text.length < shortest || text.length > longest) return PackStatus.TextLength
  if (text.offset > header().stringSize || text.length > header().stringSize - text.offset) return PackStatus.TextOutside
  return isText(textBytes(text), text.length) ? PackStatus.Ok : PackStatus.TextMalformed
}

/** True when two texts, both of which were checked, are equal. */
export function isSame(one: TextField, other: TextField): bool {
  return one.length == other.length && memory.compare(textBytes(one), textBytes(other), one.length) == 0
}
