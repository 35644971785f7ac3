import { initializeEarly } from './log/early'
import { initializeLog, say } from './log/log'
import * as hw from './hw'
export function boot(magic: u32, info: u32): void { initializeEarly(); initializeLog(); say('Typervisor'); hw.stop() }
export function onException(frame: u64): u32 { say('exception'); hw.stop(); return 0 }
export function onInterrupt(vector: u32, rip: u64): u32 { return 0 }
export function onTrap(reason: u32, address: u64, frame: u64): u32 { say('trap');hw.stop();return 0 }
export function growMemory(slot: u32, from: u64, pages: u64): u32 { return 0 }
export function onAbort(message: usize, file: usize, line: u32, column: u32): void { say('abort');hw.stop() }
export function streamPush(subject: u32, byte: u32): u32 { return 0 }
export function streamPull(subject: u32): i32 { return -1 }
export function envAbort(subject: u32, message: u32, file: u32, line: u32, column: u32): void { }
export function logLine(subject: u32, text: usize, length: u32): void { }
