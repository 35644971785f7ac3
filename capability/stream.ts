/** The two byte streams of a terminal's driver: what people type and what they are shown. */

/** A byte that arrived from the device. False when the nucleus's ring is full and the byte was dropped. */
@external('stream', 'push') export declare function push(byte: u32): bool

/** The next byte to show, 0–255, or -1 when there is none. */
@external('stream', 'pull') export declare function pull(): i32
