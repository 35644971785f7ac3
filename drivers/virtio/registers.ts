/** What every register of a function that is no longer there reads, in 8 bits and in 16. */
export const Nothing8: u32 = 0xff
export const Nothing16: u32 = 0xffff
