/** The boot modules, granted to the sandbox that reads the configuration in one of them. */

/** How many there are. */
@external('modules', 'count') export declare function count(): u32

/** Bytes of one; 0 when there is no such module. */
@external('modules', 'size') export declare function size(module: u32): u64

/** Copies the first `length` bytes of one to `target`; false when it is shorter. */
@external('modules', 'read') export declare function read(module: u32, target: usize, length: u32): bool
