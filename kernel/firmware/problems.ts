/** What is wrong with what the boot loader handed over, said in the log. */
import { say } from '../log/log'
import * as words from '../log/text'

/** Kinds of problem. */
export namespace Problem {
  export const NotMultiboot: string = 'the boot loader does not speak Multiboot 1 or 2; boot with GRUB or another Multiboot loader'
  export const InformationUnreachable: string = 'boot information lies outside mapped memory and was not read'
  export const MemoryMapMissing: string = 'the boot loader gave no memory map; only the memory sizes of its basic information are used'
  export const MemoryMapBroken: string = 'an entry of the memory map is malformed; the rest of the map was not read'
  export const TooManyRanges: string = 'the memory map has more ranges than can be kept; the RAM of the rest is not used'
  export const ModuleBroken: string = 'a boot module lies outside mapped memory or ends before it begins; it is not used'
  export const TooManyModules: string = 'there are more boot modules than can be kept; the rest is not used'
  export const TextCut: string = 'a text from the boot loader is too long and was cut'
  export const TagBroken: string = 'a tag of the boot information is malformed; the tags behind it were not read'
}

const Limit: u32 = 32
let count: u32 = 0

/** Starts counting anew. */
export function clearProblems(): void { count = 0 }

/** Says what is wrong at `hpa`, if that is not 0. Endless lists help nobody. */
export function report(problem: string, hpa: u64): void {
  if (count++ >= Limit) return
  words.text('firmware: ')
  if (hpa != 0) {
    words.text('at ')
    words.hex(hpa)
    words.text('h: ')
  }
  say(problem)
}
