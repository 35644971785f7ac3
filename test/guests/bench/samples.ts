/** The measurements of one kind, and what is told of them. */
export const Rounds: u32 = 256

/** `Rounds` unsigned 64-bit numbers. */
export const samples: usize = memory.data(2048, 8)

@inline function sample(index: u32): u64 { return load<u64>(samples + (<usize>index << 3)) }

export function smallest(): u64 {
  let least = u64.MAX_VALUE
  for (let index: u32 = 0; index < Rounds; index++) {
    if (sample(index) < least) least = sample(index)
  }
  return least
}

/** Sorts the samples in place and returns the middle one. */
export function median(): u64 {
  for (let index: u32 = 1; index < Rounds; index++) {
    const value = sample(index)
    let at = index
    for (; at && sample(at - 1) > value; at--) store<u64>(samples + (<usize>at << 3), sample(at - 1))
    store<u64>(samples + (<usize>at << 3), value)
  }
  return sample(Rounds / 2)
}
