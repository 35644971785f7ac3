/** A range of I/O ports granted to a driver; `port` counts from the range's start. Outside the range reads give all ones and writes are dropped. */
@external('port', 'read8') export declare function read8(port: u32): u32
@external('port', 'write8') export declare function write8(port: u32, value: u32): void
@external('port', 'read32') export declare function read32(port: u32): u32
@external('port', 'write32') export declare function write32(port: u32, value: u32): void
