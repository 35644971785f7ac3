/** Whether bytes are a text that may be shown and passed on. */

/** True for a name: only a–z, 0–9 and '-'. Its length is the caller's to check. */
export function isName(bytes: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    const byte: u32 = load<u8>(bytes + i)
    const letter = byte >= 0x61 && byte <= 0x7A
    const digit = byte >= 0x30 && byte <= 0x39
    if (!letter && !digit && byte != 0x2D) return false
  }
  return true
}

/** True for a serial number: printable ASCII, with no blank at either end. Its length, 1 at least, is the caller's to check. */
export function isSerial(bytes: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    const byte: u32 = load<u8>(bytes + i)
    if (byte < 0x20 || byte > 0x7E) return false
  }
  return load<u8>(bytes) != 0x20 && load<u8>(bytes + length - 1) != 0x20
}

/** True for printable ASCII without blanks. */
export function isVisible(bytes: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) if (<u32>load<u8>(bytes + i) - 0x21 > 0x7E - 0x21) return false
  return true
}

/**
 * True for well-formed UTF-8 without control characters: what reaches the console cannot move its cursor, and what
 * reaches a guest's command line cannot end it early. The Unicode Standard, table 3-7.
 */
export function isText(bytes: usize, length: u32): bool {
  let i: u32 = 0
  while (i < length) {
    if (length - i >= 8 && isPlain(load<u64>(bytes + i))) {
      i += 8
      continue
    }
    const lead: u32 = load<u8>(bytes + i++)
    if (lead < 0x20 || lead == 0x7F) return false
    if (lead < 0x80) continue
    if (lead < 0xC2 || lead > 0xF4) return false
    const following: u32 = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3
    if (length - i < following) return false
    // The second byte's range keeps out overlong forms, surrogates and what lies above U+10FFFF.
    const lowest: u32 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
    const highest: u32 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
    const second: u32 = load<u8>(bytes + i++)
    if (second < lowest || second > highest) return false
    if (lead == 0xC2 && second < 0xA0) return false // U+0080–U+009F are control characters too
    for (let j: u32 = 1; j < following; j++) if ((load<u8>(bytes + i++) & 0xC0) != 0x80) return false
  }
  return true
}

/** True for eight bytes of printable ASCII: the sums carry into a byte's highest bit where it is below 20h or above 7Eh. */
@inline function isPlain(eight: u64): bool {
  return ((eight | eight - 0x2020_2020_2020_2020 | eight + 0x0101_0101_0101_0101) & 0x8080_8080_8080_8080) == 0
}
