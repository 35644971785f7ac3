/**
 * What only the CPU can do, as imports that compile to single instructions. boot/hw.h defines them.
 * `hpa` is a host physical address, read and written through the nucleus's map of all physical memory; each access happens exactly once.
 */
@external('hw', 'in8') export declare function in8(port: u32): u32
@external('hw', 'in16') export declare function in16(port: u32): u32
@external('hw', 'in32') export declare function in32(port: u32): u32
@external('hw', 'out8') export declare function out8(port: u32, value: u32): void
@external('hw', 'out16') export declare function out16(port: u32, value: u32): void
@external('hw', 'out32') export declare function out32(port: u32, value: u32): void

@external('hw', 'load8') export declare function load8(hpa: u64): u32
@external('hw', 'load16') export declare function load16(hpa: u64): u32
@external('hw', 'load32') export declare function load32(hpa: u64): u32
@external('hw', 'load64') export declare function load64(hpa: u64): u64
@external('hw', 'store8') export declare function store8(hpa: u64, value: u32): void
@external('hw', 'store16') export declare function store16(hpa: u64, value: u32): void
@external('hw', 'store32') export declare function store32(hpa: u64, value: u32): void
@external('hw', 'store64') export declare function store64(hpa: u64, value: u64): void
/** Copies between physical ranges that do not overlap. */
@external('hw', 'copy') export declare function copy(target: u64, source: u64, length: u64): void
/** Copies physical memory into the nucleus's linear memory. */
@external('hw', 'copyOut') export declare function copyOut(target: usize, source: u64, length: u64): void
/** Copies the nucleus's linear memory into physical memory. */
@external('hw', 'copyIn') export declare function copyIn(target: u64, source: usize, length: u64): void
@external('hw', 'zero') export declare function zero(target: u64, length: u64): void

/** CPUID; `register` is 0 EAX, 1 EBX, 2 ECX, 3 EDX. */
@external('hw', 'cpuid') export declare function cpuid(leaf: u32, subleaf: u32, register: u32): u32
@external('hw', 'readMsr') export declare function readMsr(index: u32): u64
@external('hw', 'writeMsr') export declare function writeMsr(index: u32, value: u64): void
@external('hw', 'readTsc') export declare function readTsc(): u64
/** floor(value × multiplier ÷ divisor) with a 128-bit product; all ones when it does not fit. */
@external('hw', 'scale') export declare function scale(value: u64, multiplier: u64, divisor: u64): u64
/** (value × multiplier) >> shift with a 128-bit product; shift 0–127. */
@external('hw', 'multiplyShift') export declare function multiplyShift(value: u64, multiplier: u64, shift: u32): u64
