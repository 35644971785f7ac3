/** What only the CPU can do, as imports that compile to single instructions (test/guests/start/hw.h). Addresses are physical: the guest maps them one to one. */
@external('hw', 'in8') export declare function in8(port: u32): u32
@external('hw', 'in16') export declare function in16(port: u32): u32
@external('hw', 'in32') export declare function in32(port: u32): u32
@external('hw', 'out8') export declare function out8(port: u32, value: u32): void
@external('hw', 'out16') export declare function out16(port: u32, value: u32): void
@external('hw', 'out32') export declare function out32(port: u32, value: u32): void

@external('hw', 'load8') export declare function load8(address: u64): u32
@external('hw', 'load16') export declare function load16(address: u64): u32
@external('hw', 'load32') export declare function load32(address: u64): u32
@external('hw', 'load64') export declare function load64(address: u64): u64
@external('hw', 'store8') export declare function store8(address: u64, value: u32): void
@external('hw', 'store16') export declare function store16(address: u64, value: u32): void
@external('hw', 'store32') export declare function store32(address: u64, value: u32): void
@external('hw', 'store64') export declare function store64(address: u64, value: u64): void

/** CPUID; `register` is 0 EAX, 1 EBX, 2 ECX, 3 EDX. */
@external('hw', 'cpuid') export declare function cpuid(leaf: u32, subleaf: u32, register: u32): u32
/** RDMSR of a register that is known to exist; otherwise use the piece of code of that name. */
@external('hw', 'readMsr') export declare function readMsr(index: u32): u64
@external('hw', 'writeMsr') export declare function writeMsr(index: u32, value: u64): void
@external('hw', 'readTsc') export declare function readTsc(): u64
/** CR0, CR2, CR3, CR4 or CR8. */
@external('hw', 'readControl') export declare function readControl(register: u32): u64
@external('hw', 'writeControl') export declare function writeControl(register: u32, value: u64): void

@external('hw', 'pause') export declare function pause(): void
@external('hw', 'enableInterrupts') export declare function enableInterrupts(): void
@external('hw', 'disableInterrupts') export declare function disableInterrupts(): void
/** Halts with interrupts on until one was handled, and returns with them off. */
@external('hw', 'wait') export declare function wait(): void
/** Ends in a triple fault. */
@external('hw', 'crash') export declare function crash(): void
/** UD2 without anybody to catch it. */
@external('hw', 'undefined') export declare function undefinedInstruction(): void
/** FNCLEX: x87 errors are over. */
@external('hw', 'clearErrors') export declare function clearErrors(): void
@external('hw', 'invalidatePage') export declare function invalidatePage(address: u64): void

/** Physical address of something in this module's memory. */
@external('hw', 'linear') export declare function linear(address: usize): u64
/** Physical address of the page-map level-4 table in use. */
@external('hw', 'pageTable') export declare function pageTable(): u64
/** EAX as the boot loader left it. */
@external('hw', 'bootMagic') export declare function bootMagic(): u32
/** EBX as the boot loader left it. */
@external('hw', 'bootInformation') export declare function bootInformation(): u32
/** Sends a vector to a piece of code of its own; 0 gives it back to the module's `interrupt` export. */
@external('hw', 'setGate') export declare function setGate(vector: u32, address: u64): void

/** No exception ended the piece of code. */
@inline export const NoFault: u32 = 0xFFFFFFFF

/** Runs a piece of code in ring 0 with `registers` (a `Registers`), and returns the vector of the exception that ended it, or `NoFault`. */
@external('hw', 'execute') export declare function execute(code: u64, registers: usize): u32
/** The same in ring 3. */
@external('hw', 'executeUser') export declare function executeUser(code: u64, registers: usize): u32
/** Runs code in any segment of long mode: `frame` is a `Frame` of selftest/run.ts. The code ends by an exception or by INT 31h, which is `NoFault`. */
@external('hw', 'enter') export declare function enter(frame: usize, registers: usize): u32
/** The error code, CR2, RIP and RFLAGS, CS, RSP and SS of the last exception that ended a piece of code. */
@external('hw', 'faultError') export declare function faultError(): u64
@external('hw', 'faultAddress') export declare function faultAddress(): u64
@external('hw', 'faultInstruction') export declare function faultInstruction(): u64
@external('hw', 'faultFlags') export declare function faultFlags(): u64
@external('hw', 'faultCode') export declare function faultCode(): u32
@external('hw', 'faultStack') export declare function faultStack(): u64
@external('hw', 'faultStackSegment') export declare function faultStackSegment(): u32
