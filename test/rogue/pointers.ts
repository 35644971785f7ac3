/** Addresses and lengths that are not, or not wholly, a sandbox's own memory. */
export const BadRanges: u32 = 8
/** Those of them, the first, that are bad even where an import hands over a few bytes at a time and so cuts the length. */
export const BadAddresses: u32 = 7

/** The address of the n-th. */
export function badAddress(n: u32): usize {
  const end = <usize>memory.size() << 16
  switch (n) {
    case 0: return 0
    case 1: return 4095
    case 2: return end
    case 3: return end - 8
    case 4: return 0xFFFF_FFF0
    case 5: return 0xFFFF_FFFF
    case 6: return 0x8000_0000
  }
  return 8192
}

/** Its length. */
export function badLength(n: u32): u32 { return n == 7 ? 0xFFFF_FFFF : n == 6 ? 0x8000_0000 : 32 }

let asked: u32 = 0
let refused: u32 = 0

/** Counts a question, and whether it was refused. */
export function expectRefusal(was: bool): void {
  asked++
  if (was) refused++
}

/** `refused N of M`, as ASCII at `target`; returns its length. */
export function describeRefusals(target: usize): u32 {
  let length = append(target, 0, 'refused ')
  length = decimal(target, length, refused)
  length = append(target, length, ' of ')
  return decimal(target, length, asked)
}

function append(target: usize, length: u32, text: string): u32 {
  for (let i = 0; i < text.length; i++) store<u8>(target + length++, <u8>text.charCodeAt(i))
  return length
}

function decimal(target: usize, length: u32, value: u32): u32 {
  const begin = value >= 10 ? decimal(target, length, value / 10) : length
  store<u8>(target + begin, <u8>(0x30 + value % 10))
  return begin + 1
}
