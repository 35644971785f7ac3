import { decode } from '../../../vmx/instruction/decode'
import { setVendor } from '../../../vmx/instruction/immediate'
import { DecodeStatus } from '../../../vmx/instruction/status'
import { Instruction } from '../../../capability/instruction'
import { isDefined } from '../../../machine/instruction/extension'

export { setVendor }

/** Bytes of one result: status, then the record. */
const Stride: usize = 48

export function recordSize(): u32 { return offsetof<Instruction>() }

/** Makes room in linear memory for `count` encodings of 16 bytes and their results; returns the address of the former. */
export function reserve(count: u32): usize {
  const bytes = heap.alloc(<usize>count * 16 + 64)
  results = heap.alloc(<usize>count * Stride)
  return bytes
}

let results: usize = 0

export function resultsAt(): usize { return results }

/** What comes of an instruction: the nucleus decodes it, and the machine knows which of a group there are. */
function judge(bytes: usize, available: u32, codeSize: u32, out: Instruction): i32 {
  const status = decode(bytes, available, codeSize, out)
  return status == DecodeStatus.Ok && !isDefined(out) ? DecodeStatus.Invalid : status
}

/** Decodes `count` encodings that lie 16 bytes apart. */
export function decodeAll(bytes: usize, count: u32, codeSize: u32, available: u32): void {
  for (let i: usize = 0; i < count; i++) {
    const target = results + i * Stride
    store<i32>(target, judge(bytes + i * 16, available, codeSize, changetype<Instruction>(target + 8)))
  }
}

/** Decodes one encoding of which only `available` bytes are there; the status. */
export function decodePart(bytes: usize, available: u32, codeSize: u32): i32 {
  return judge(bytes, available, codeSize, changetype<Instruction>(results + 8))
}
