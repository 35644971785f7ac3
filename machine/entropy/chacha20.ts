/** The ChaCha20 block function. RFC 8439, 2.1 and 2.3. */

export const BlockBytes: u32 = 64

/** Where the parts of a state lie: 16 words of 32 bits. The first four are constants. */
export namespace State {
  export const Key: u32 = 16 // 32 bytes
  export const Counter: u32 = 48
  export const Nonce: u32 = 52 // 12 bytes
}

/** Makes a state of all zero but for the constants. */
export function clear(state: usize): void {
  memory.fill(state, 0, BlockBytes)
  store<u32>(state, 0x6170_7865, 0) // "expand 32-byte k"
  store<u32>(state, 0x3320_646e, 4)
  store<u32>(state, 0x7962_2d32, 8)
  store<u32>(state, 0x6b20_6574, 12)
}

/** Writes the 64 bytes that follow from `state` to `target`, which lies elsewhere. */
export function block(target: usize, state: usize): void {
  memory.copy(target, state, BlockBytes)
  for (let doubleRound = 0; doubleRound < 10; doubleRound++) {
    for (let column: u32 = 0; column < 4; column++) quarterRound(target, column, 4 + column, 8 + column, 12 + column)
    for (let diagonal: u32 = 0; diagonal < 4; diagonal++) quarterRound(target, diagonal, 4 + (diagonal + 1) % 4, 8 + (diagonal + 2) % 4, 12 + (diagonal + 3) % 4)
  }
  for (let at: usize = 0; at < BlockBytes; at += 4) store<u32>(target + at, load<u32>(target + at) + load<u32>(state + at))
}

function quarterRound(words: usize, one: u32, two: u32, three: u32, four: u32): void {
  let a = load<u32>(words + (one << 2))
  let b = load<u32>(words + (two << 2))
  let c = load<u32>(words + (three << 2))
  let d = load<u32>(words + (four << 2))
  a += b
  d = rotl<u32>(d ^ a, 16)
  c += d
  b = rotl<u32>(b ^ c, 12)
  a += b
  d = rotl<u32>(d ^ a, 8)
  c += d
  b = rotl<u32>(b ^ c, 7)
  store<u32>(words + (one << 2), a)
  store<u32>(words + (two << 2), b)
  store<u32>(words + (three << 2), c)
  store<u32>(words + (four << 2), d)
}
