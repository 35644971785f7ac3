/** Checks the texts that a pack's records point at. */
import { ConsolePortLimit, ConsolePortsLimit } from '../../capability/config'
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

/** Checks the names of a console's ports: a line feed between two, none or at most ConsolePortLimit, each as other names are and no two the same. */
export function checkPortNames(text: TextField): i32 {
  if (text.length > ConsolePortsLimit) return PackStatus.TextLength
  if (!isInside(text)) return PackStatus.TextOutside
  if (text.length == 0) return PackStatus.Ok
  const end = textBytes(text) + text.length
  let count: u32 = 0
  for (let name = textBytes(text); name <= end; ) {
    const length = nameLength(name, end)
    if (count++ == ConsolePortLimit || length > PACK_NAME_LIMIT) return PackStatus.TextLength
    if (length == 0 || !isName(name, <u32>length)) return PackStatus.TextMalformed
    for (let earlier = textBytes(text); earlier < name; earlier += nameLength(earlier, end) + 1) {
      if (nameLength(earlier, end) == length && memory.compare(earlier, name, length) == 0) return PackStatus.NameTwice
    }
    name += length + 1
  }
  return PackStatus.Ok
}

/** Bytes up to the next line feed, or the end. */
function nameLength(name: usize, end: usize): usize {
  let length: usize = 0
  while (name + length < end && load<u8>(name + length) != 10) length++
  return length
}

/** Checks a text of at least `shortest` and at most `longest` bytes. */
export function checkText(text: TextField, shortest: u32, longest: u32): i32 {
  if (text.length < shortest || text.length > longest) return PackStatus.TextLength
  if (!isInside(text)) return PackStatus.TextOutside
  return isText(textBytes(text), text.length) ? PackStatus.Ok : PackStatus.TextMalformed
}

function isInside(text: TextField): bool { return text.offset <= header().stringSize && text.length <= header().stringSize - text.offset }

/** True when two texts, both of which were checked, are equal. */
export function isSame(one: TextField, other: TextField): bool {
  return one.length == other.length && memory.compare(textBytes(one), textBytes(other), one.length) == 0
}
