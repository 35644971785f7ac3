/** The far end of a VM's serial line. */

/** One byte that the guest transmitted. */
@external('serial', 'output') export declare function output(byte: u32): void

/** The next byte sent to the guest, 0–255, or -1 when none waits. The machine's `serialInput` export is called when bytes arrive. */
@external('serial', 'input') export declare function input(): i32
