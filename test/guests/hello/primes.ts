/** The sieve of Eratosthenes: work whose answer is known, 9592 primes below 100,000. */
const Limit: u32 = 100000

const composite: usize = memory.data(100000)

export function countPrimes(): u32 {
  memory.fill(composite, 0, Limit)
  let count: u32 = 0
  for (let candidate: u32 = 2; candidate < Limit; candidate++) {
    if (load<u8>(composite + candidate)) continue
    count++
    for (let multiple = candidate * 2; multiple < Limit; multiple += candidate) store<u8>(composite + multiple, 1)
  }
  return count
}
