/** The pieces of code in instructions.asm: each import gives an address for `execute`. */
import { execute, linear } from './hw'
import { registers } from './registers'

@external('code', 'rdmsr') declare function rdmsr(): u64
@external('code', 'wrmsr') declare function wrmsr(): u64
@external('code', 'readByte') export declare function readByte(): u64
@external('code', 'readWord') export declare function readWord(): u64
@external('code', 'readDoubleword') export declare function readDoubleword(): u64
@external('code', 'readQuadword') export declare function readQuadword(): u64
@external('code', 'writeByte') export declare function writeByte(): u64
@external('code', 'writeWord') export declare function writeWord(): u64
@external('code', 'writeDoubleword') export declare function writeDoubleword(): u64
@external('code', 'writeQuadword') export declare function writeQuadword(): u64
@external('code', 'writeCr0') export declare function writeCr0(): u64
@external('code', 'writeCr3') export declare function writeCr3(): u64
@external('code', 'writeCr4') export declare function writeCr4(): u64
@external('code', 'writeCr8') export declare function writeCr8(): u64
@external('code', 'writeDr0') export declare function writeDr0(): u64
@external('code', 'writeDr1') export declare function writeDr1(): u64
@external('code', 'writeDr2') export declare function writeDr2(): u64
@external('code', 'writeDr3') export declare function writeDr3(): u64
@external('code', 'writeDr6') export declare function writeDr6(): u64
@external('code', 'writeDr7') export declare function writeDr7(): u64
@external('code', 'readDr0') export declare function readDr0(): u64
@external('code', 'readDr1') export declare function readDr1(): u64
@external('code', 'readDr2') export declare function readDr2(): u64
@external('code', 'readDr3') export declare function readDr3(): u64
@external('code', 'readDr4') export declare function readDr4(): u64
@external('code', 'readDr6') export declare function readDr6(): u64
@external('code', 'readDr7') export declare function readDr7(): u64
@external('code', 'lockedMove') export declare function lockedMove(): u64
@external('code', 'xsetbv') declare function xsetbv(): u64
@external('code', 'xgetbv') declare function xgetbv(): u64

/** Runs a piece of code that takes RDI and RAX and leaves RAX; returns the exception's vector or `NoFault`. */
export function attempt(code: u64, rdi: u64 = 0, rax: u64 = 0): u32 {
  registers.rdi = rdi
  registers.rax = rax
  return execute(code, changetype<usize>(registers))
}

/** RAX as the last piece of code left it. */
export function result(): u64 { return registers.rax }

function wide(): u64 { return (registers.rdx << 32) | (registers.rax & 0xFFFFFFFF) }

function withWide(code: u64, index: u32, value: u64): u32 {
  registers.rcx = index
  registers.rdx = value >> 32
  return attempt(code, 0, value & 0xFFFFFFFF)
}

/** RDMSR; returns the vector or `NoFault`, the value is `wideResult()`. */
export function tryReadMsr(index: u32): u32 { return withWide(rdmsr(), index, 0) }
export function tryWriteMsr(index: u32, value: u64): u32 { return withWide(wrmsr(), index, value) }
export function tryReadXcr(index: u32): u32 { return withWide(xgetbv(), index, 0) }
export function tryWriteXcr(index: u32, value: u64): u32 { return withWide(xsetbv(), index, value) }

/** EDX:EAX as the last piece of code left them. */
export function wideResult(): u64 { return wide() }

/** Whether the processor is a real one: QEMU's makes fewer checks, and takes a LOCK before an instruction that must not have one. */
export function processorChecks(): bool { return attempt(lockedMove(), linear(changetype<usize>(registers))) == 6 }
