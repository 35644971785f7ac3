/** The command lines of the configuration on their way into guest RAM. */
import { text } from '../../capability/config'
import * as ram from '../../capability/ram'
import { NOWHERE, takeLow } from './claims'
import { refuse, say, sayDecimal } from '../message'

/** The longest command line of any kernel or module; Linux's own limit is half of it. */
const TEXT_BYTES: u32 = 4096
const buffer = memory.data(4096)
let length: u32 = 0

/** Fetches configuration text `key` into the buffer, to be written by `writeText`. False, with the reason logged, when it is too long. */
export function fetchText(key: u32): bool {
  length = text(key, buffer, TEXT_BYTES)
  if (length <= TEXT_BYTES) return true
  say('a command line of ')
  sayDecimal(length)
  say(' bytes is longer than ')
  sayDecimal(TEXT_BYTES)
  length = 0
  return refuse(': shorten it in the configuration')
}

/** Bytes that `fetchText` fetched, without a terminator. */
export function textLength(): u32 { return length }

/** Writes the fetched text and a terminating zero. */
export function writeText(gpa: u64): void {
  if (length != 0) ram.copyIn(gpa, buffer, length)
  ram.write8(gpa + length, 0)
}

/** Fetches text `key` and puts it into free low memory. Its address, or NOWHERE with the reason logged. */
export function placeText(key: u32): u64 {
  if (!fetchText(key)) return NOWHERE
  const place = takeLow(length + 1, 1)
  if (place == NOWHERE) refuse('the VM has no free RAM below 4 GiB for a command line: give it more memory')
  else writeText(place)
  return place
}

/** Writes ASCII `text` of this program and a terminating zero. */
export function writeLiteral(gpa: u64, text: string): void {
  for (let i = 0; i < text.length; i++) ram.write8(gpa + i, text.charCodeAt(i))
  ram.write8(gpa + text.length, 0)
}

/** Puts ASCII `text` of this program into free low memory. Its address, or NOWHERE with the reason logged. */
export function placeLiteral(text: string): u64 {
  const place = takeLow(text.length + 1, 1)
  if (place == NOWHERE) refuse('the VM has no free RAM below 4 GiB for the boot information: give it more memory')
  else writeLiteral(place, text)
  return place
}
