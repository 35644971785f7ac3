/** Measurements, and what is told of them: unsigned 64-bit numbers, so many at an address of the module's memory. */

@inline function at(values: usize, index: u32): usize { return values + (<usize>index << 3) }

export function sample(values: usize, index: u32): u64 { return load<u64>(at(values, index)) }
export function setSample(values: usize, index: u32, value: u64): void { store<u64>(at(values, index), value) }

export function smallest(values: usize, count: u32): u64 {
  let least = u64.MAX_VALUE
  for (let index: u32 = 0; index < count; index++) least = min(least, sample(values, index))
  return least
}

/** Sorts them in place, the least first. */
export function sort(values: usize, count: u32): void {
  for (let index: u32 = 1; index < count; index++) {
    const value = sample(values, index)
    let place = index
    for (; place && sample(values, place - 1) > value; place--) setSample(values, place, sample(values, place - 1))
    setSample(values, place, value)
  }
}

/** The middle one; afterwards they are sorted. */
export function median(values: usize, count: u32): u64 {
  sort(values, count)
  return sample(values, count / 2)
}
