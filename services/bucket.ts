/**
 * A token bucket: so many tokens a second, `burst` at most. It is open while there is one; what is taken then may be more than there are, and is paid back before it opens again. So the
 * rate is kept over any time longer than one such debt.
 */
@unmanaged export class Bucket {
  rate: u64 //   tokens a second; 0: always open
  burst: u64
  tokens: i64
  time: u64 //   nanoseconds, of the last tokens
}
export const BucketBytes: u32 = 32

@inline const Second: u64 = 1_000_000_000

/** Greatest rate: with it no product overflows. */
@inline export const RateLimit: u64 = 1 << 40

/** Sets a bucket, full. */
export function fill(bucket: Bucket, rate: u64, burst: u64, now: u64): void {
  bucket.rate = rate
  bucket.burst = burst
  bucket.tokens = burst
  bucket.time = now
}

/** True when something may be taken. */
export function isOpen(bucket: Bucket, now: u64): bool {
  if (bucket.rate == 0) return true
  refill(bucket, now)
  return bucket.tokens > 0
}

/** Takes tokens. */
@inline export function spend(bucket: Bucket, tokens: u64): void { if (bucket.rate != 0) bucket.tokens -= tokens }

/** When a bucket that is closed opens. */
export function opensAt(bucket: Bucket): u64 { return bucket.time + timeFor(bucket, 1 - bucket.tokens) }

/** Nanoseconds in which so many tokens come, rounded up; below 2^33 of them nothing overflows. */
@inline function timeFor(bucket: Bucket, tokens: u64): u64 { return (tokens * Second + bucket.rate - 1) / bucket.rate }

function refill(bucket: Bucket, now: u64): void {
  if (now <= bucket.time) return
  const missing = <u64>(<i64>bucket.burst - bucket.tokens)
  const passed = now - bucket.time
  if (missing == 0 || passed >= timeFor(bucket, missing)) {
    bucket.tokens = bucket.burst
    bucket.time = now
    return
  }
  // Less than what is missing comes: below 2^34 tokens, so that the product is below 2^64.
  const come = passed * bucket.rate / Second
  bucket.tokens += come
  bucket.time += come * Second / bucket.rate
}
