/** Numbers that repeat with their seed: xorshift64*, Marsaglia 2003 and Vigna 2016. */
let state: u64 = 1

export function seed(value: u64): void { state = value ? value : 1 }

export function random(): u64 {
  state ^= state >> 12
  state ^= state << 25
  state ^= state >> 27
  return state * 0x2545F4914F6CDD1D
}

/** A number below `bound`. */
export function below(bound: u32): u32 { return u32((random() >> 32) % bound) }

/** All zeros, all ones, one bit, small, or anything: what finds mistakes. */
export function awkward(): u64 {
  switch (below(6)) {
    case 0: return 0
    case 1: return u64.MAX_VALUE
    case 2: return u64(1) << below(64)
    case 3: return below(256)
    case 4: return u64.MAX_VALUE << below(64)
  }
  return random()
}
