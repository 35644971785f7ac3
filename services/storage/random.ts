/** Numbers for UUIDs. */
import { word } from '../../capability/entropy'

/** 64 bits of chance: of as many words as a host needs of which each has little. */
export function random(): u64 {
  let mixed: u64 = 0
  for (let count = 0; count < 64; count++) {
    mixed = (mixed ^ word()) * 0x9E37_79B9_7F4A_7C15
    mixed ^= mixed >> 32
  }
  return mixed
}
