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

/** CRC-32C of physical memory, after `before`; all ones at the start, and inverted at the end by whoever began. */
@external('hw', 'crc32c') export declare function crc32c(before: u32, hpa: u64, length: u64): u32

/** CPUID; `register` is 0 EAX, 1 EBX, 2 ECX, 3 EDX. */
@external('hw', 'cpuid') export declare function cpuid(leaf: u32, subleaf: u32, register: u32): u32
@external('hw', 'readMsr') export declare function readMsr(index: u32): u64
@external('hw', 'writeMsr') export declare function writeMsr(index: u32, value: u64): void
@external('hw', 'readTsc') export declare function readTsc(): u64
/** floor(value × multiplier ÷ divisor) with a 128-bit product; all ones when it does not fit. */
@external('hw', 'scale') export declare function scale(value: u64, multiplier: u64, divisor: u64): u64
/** (value × multiplier) >> shift with a 128-bit product; shift 0–127. */
@external('hw', 'multiplyShift') export declare function multiplyShift(value: u64, multiplier: u64, shift: u32): u64

/** 64 bits at any virtual address, for backtraces; the address must be mapped. */
@external('hw', 'peek') export declare function peek(address: u64): u64
/** Copies from the nucleus's linear memory to a virtual address, e.g. a sandbox's memory. */
@external('hw', 'copyToVirtual') export declare function copyToVirtual(target: u64, source: usize, length: u64): void
@external('hw', 'copyVirtual') export declare function copyVirtual(target: u64, source: u64, length: u64): void
@external('hw', 'copyFromVirtual') export declare function copyFromVirtual(target: usize, source: u64, length: u64): void

@external('hw', 'readCr0') export declare function readCr0(): u64
@external('hw', 'readCr2') export declare function readCr2(): u64
@external('hw', 'readCr3') export declare function readCr3(): u64
@external('hw', 'readCr4') export declare function readCr4(): u64
@external('hw', 'writeCr0') export declare function writeCr0(value: u64): void
@external('hw', 'writeCr3') export declare function writeCr3(value: u64): void
@external('hw', 'writeCr4') export declare function writeCr4(value: u64): void
@external('hw', 'readDr0') export declare function readDr0(): u64
@external('hw', 'readDr1') export declare function readDr1(): u64
@external('hw', 'readDr2') export declare function readDr2(): u64
@external('hw', 'readDr3') export declare function readDr3(): u64
@external('hw', 'writeDr0') export declare function writeDr0(value: u64): void
@external('hw', 'writeDr1') export declare function writeDr1(value: u64): void
@external('hw', 'writeDr2') export declare function writeDr2(value: u64): void
@external('hw', 'writeDr3') export declare function writeDr3(value: u64): void
@external('hw', 'readDr6') export declare function readDr6(): u64
@external('hw', 'writeDr6') export declare function writeDr6(value: u64): void
@external('hw', 'writeDr7') export declare function writeDr7(value: u64): void
@external('hw', 'readXcr0') export declare function readXcr0(): u64
@external('hw', 'writeXcr0') export declare function writeXcr0(value: u64): void
/** XSAVE and XRSTOR of the state components in `mask`; `area` is an hpa, 64-byte aligned. */
@external('hw', 'xsave') export declare function xsave(area: u64, mask: u64): void
@external('hw', 'xrstor') export declare function xrstor(area: u64, mask: u64): void
@external('hw', 'fxsave') export declare function fxsave(area: u64): void
@external('hw', 'fxrstor') export declare function fxrstor(area: u64): void
@external('hw', 'invalidatePage') export declare function invalidatePage(address: u64): void
/** Takes the interrupts that wait, then masks them again. */
@external('hw', 'openInterrupts') export declare function openInterrupts(): void
/** Halts until an interrupt has been taken. */
@external('hw', 'haltUntilInterrupt') export declare function haltUntilInterrupt(): void
/** Halts for good. */
@external('hw', 'stop') export declare function stop(): void
/** In a loop that waits for what another CPU writes: memory is read anew afterwards. */
@external('hw', 'pause') export declare function pause(): void
/** Atomic, and nothing before or after goes past it; each gives what was there before. `address` is of the nucleus's linear memory. */
@external('hw', 'fetchAdd32') export declare function fetchAdd32(address: usize, value: u32): u32
@external('hw', 'exchange32') export declare function exchange32(address: usize, value: u32): u32
@external('hw', 'exchange64') export declare function exchange64(address: usize, value: u64): u64
/** Sets bits, atomically; nothing goes past it. */
@external('hw', 'or64') export declare function or64(address: usize, bits: u64): void
/** Stores so that all that was written before is seen by whoever sees this. */
@external('hw', 'publish32') export declare function publish32(address: usize, value: u32): void
@external('hw', 'fence') export declare function fence(): void
/** Resets the machine by a triple fault, when all else failed. */
@external('hw', 'emptyIdt') export declare function emptyIdt(): void

/** VMRUN with the general registers at `registers`, in the order of their encoding; boot/svm.asm. */
@external('hw', 'svmRun') export declare function svmRun(vmcb: u64, registers: usize, hostVmcb: u64): void
@external('hw', 'svmSave') export declare function svmSave(vmcb: u64): void

/** VMREAD and VMWRITE of the current VMCS. SDM vol. 3, 31.3. */
@external('hw', 'vmread') export declare function vmread(field: u32): u64
@external('hw', 'vmwrite') export declare function vmwrite(field: u32, value: u64): void
@external('hw', 'vmptrld') export declare function vmptrld(hpa: u64): void
@external('hw', 'vmclear') export declare function vmclear(hpa: u64): void
@external('hw', 'invept') export declare function invept(type: u32, pointer: u64): void
@external('hw', 'invvpid') export declare function invvpid(type: u32, identifier: u32): void
/** VMLAUNCH, or VMRESUME when `launched`, with the general registers at `registers`; 1 when it failed with an error in the VMCS, 2 without a VMCS. boot/vmx.asm. */
@external('hw', 'vmxRun') export declare function vmxRun(registers: usize, launched: bool): u32
/** Calls the NMI's handler for an NMI that ended a guest's run. */
@external('hw', 'raiseNmi') export declare function raiseNmi(): void
/** VMXON; 0 when it worked, bit 0 is CF and bit 1 ZF. SDM vol. 3, 31.2. */
@external('hw', 'vmxOn') export declare function vmxOn(hpa: u64): u32
@external('hw', 'vmxOff') export declare function vmxOff(): void

/** Calls a sandbox's function through the gate; `gateStatus` is 0 afterwards unless a trap ended the call. */
@external('hw', 'enter') export declare function enter(func: u64, instance: u64, a0: u64, a1: u64, a2: u64): u64
@external('hw', 'gateStatus') export declare function gateStatus(): u32
/** True while a sandbox call is in progress. */
@external('hw', 'gateActive') export declare function gateActive(): bool

/** Keys of `moduleNumber`. */
export namespace ModuleNumber {
  export const MemoryOffset: u32 = 0 // of the memory descriptor in an instance
  export const InstanceBytes: u32 = 1
  export const InitialPages: u32 = 2 // 64 KiB each
  export const MaximumPages: u32 = 3
  export const ExportCount: u32 = 4
}
@external('hw', 'moduleCount') export declare function moduleCount(): u32
@external('hw', 'moduleNumber') export declare function moduleNumber(module: u32, key: u32): u32
@external('hw', 'moduleInstantiate') export declare function moduleInstantiate(module: u32): u64
/** Virtual addresses of NUL-terminated names. */
@external('hw', 'moduleName') export declare function moduleName(module: u32): u64
@external('hw', 'moduleExportName') export declare function moduleExportName(module: u32, index: u32): u64
@external('hw', 'moduleExportFunction') export declare function moduleExportFunction(module: u32, index: u32): u64
/** The name 'space.function' of an import; 0 after the last. */
@external('hw', 'moduleImport') export declare function moduleImport(module: u32, index: u32): u64

/** Keys of `imageAddress`, in the order of boot/hw.h. */
export namespace ImageAddress {
  export const Start: u32 = 0
  export const End: u32 = 1
  export const TextEnd: u32 = 2
  export const RodataEnd: u32 = 3
  export const SandboxTextStart: u32 = 4
  export const SandboxTextEnd: u32 = 5
  export const NucleusTextStart: u32 = 6
  export const NucleusTextEnd: u32 = 7
  export const SymbolsStart: u32 = 8
  export const SymbolsEnd: u32 = 9
  export const RootTable: u32 = 10
  export const FirstStackGuard: u32 = 11
  export const LastStackGuard: u32 = 16
  export const Tss: u32 = 17
  export const Gdt: u32 = 18
  export const Idt: u32 = 19
  export const VmxExit: u32 = 20
  export const TrampolineStart: u32 = 21
  export const TrampolineEnd: u32 = 22
}
/** Virtual addresses that the linker knows. */
@external('hw', 'imageAddress') export declare function imageAddress(key: u32): u64

/** (offset, size) of the data at a virtual address of the image, as an hpa. */
@inline export function imagePhysical(key: u32): u64 { return imageAddress(key) - 0xFFFF_FFFF_8000_0000 }
