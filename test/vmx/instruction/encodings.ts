/** Encodings to decode: every opcode of every map with every ModRM byte, under prefixes drawn at random, and plain random bytes. */

/** Bytes of one encoding: the longest instruction and one more. */
export const Slot = 16

/** xorshift32: the same encodings in every run. */
export class Random {
  constructor(private state: number) {}
  next(): number {
    let x = this.state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.state = x
    return x >>> 0
  }
  below(limit: number): number { return this.next() % limit }
  chance(percent: number): boolean { return this.below(100) < percent }
}

const legacyPrefixes = [0x66, 0x67, 0xF2, 0xF3, 0xF0, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65]

type Opcode = { escape: number[]; opcode: number }

function opcodes(): Opcode[] {
  const list: Opcode[] = []
  for (const escape of [[], [0x0F], [0x0F, 0x38], [0x0F, 0x3A]]) for (let opcode = 0; opcode < 256; opcode++) list.push({ escape, opcode })
  return list
}

/** The bytes of VEX, EVEX or XOP up to the opcode, mostly well-formed. */
function vectorEscape(random: Random, long: boolean): number[] {
  const registers = long ? random.below(8) << 5 : 0xE0
  // Most opcodes want vvvv all ones.
  const payload = random.below(256) | (random.chance(60) ? 0x78 : 0)
  switch (random.below(4)) {
    case 0: return [0xC5, long ? payload : payload | 0xC0]
    case 1: return [0xC4, registers | 1 + random.below(3), payload]
    case 2: return [0x8F, registers | 8 + random.below(3), payload]
  }
  const map = [1, 2, 3, 5, 6][random.below(5)]
  return [0x62, registers | (long ? random.below(2) : 1) << 4 | map, payload | 4, random.below(256)]
}

/** First bytes of encodings for one code size: each opcode with each ModRM byte, then vector escapes, then nothing at all. */
export function* encodings(codeSize: number, random: Random, vectorCount: number, randomCount: number): Generator<number[]> {
  const long = codeSize == 64
  for (const { escape, opcode } of opcodes()) {
    for (let modrm = 0; modrm < 256; modrm++) yield [...prefixes(random, long), ...escape, opcode, modrm]
  }
  for (let i = 0; i < vectorCount; i++) {
    const before = random.chance(10) ? [legacyPrefixes[random.below(11)]] : []
    yield [...before, ...vectorEscape(random, long)]
  }
  for (let i = 0; i < randomCount; i++) yield []
}

function prefixes(random: Random, long: boolean): number[] {
  const list: number[] = []
  if (random.chance(70)) {
    const count = random.chance(5) ? random.below(16) : random.below(3)
    for (let i = 0; i < count; i++) list.push(legacyPrefixes[random.below(legacyPrefixes.length)])
  }
  if (long && random.chance(50)) list.push(0x40 | random.below(16))
  if (long && random.chance(2)) list.push(legacyPrefixes[random.below(legacyPrefixes.length)])
  return list
}

/** Writes one encoding into its slot; what the generator left open is random. */
export function place(target: Uint8Array, index: number, bytes: number[], random: Random): void {
  const at = index * Slot
  for (let i = 0; i < Slot; i += 4) {
    const word = random.next()
    for (let k = 0; k < 4; k++) target[at + i + k] = word >>> 8 * k
  }
  for (let i = 0; i < Math.min(bytes.length, Slot); i++) target[at + i] = bytes[i]
}
