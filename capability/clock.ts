/** Time, as one VM sees it. It stands still while the VM is paused and never runs backwards. */

/** Nanoseconds of guest time since the VM was powered on or reset. */
@external('clock', 'now') export declare function now(): u64

/** Seconds since 1970-01-01 00:00 UTC at guest time 0 (the wall clock is this plus `now()`). */
@external('clock', 'epoch') export declare function epoch(): u64

/** Asks for one call of `tick` at guest time `deadline` in nanoseconds, replacing what was asked before; u64.MAX_VALUE asks for none. */
@external('clock', 'arm') export declare function arm(deadline: u64): void

/** floor(value × multiplier ÷ divisor) with a 128-bit product; all ones when the quotient does not fit or `divisor` is 0. */
@external('clock', 'scale') export declare function scale(value: u64, multiplier: u64, divisor: u64): u64
