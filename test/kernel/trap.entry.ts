import { ExceptionFrame } from '../../kernel/debug/exception'
import { inStackGuard } from '../../kernel/sandbox/stack'
import { describeTrap, recordAbort, recordException, recordMissingExport, recordTrap as record, TrapReason } from '../../kernel/sandbox/trap'
import { Capabilities } from '../../kernel/security/capabilities'

export const target: usize = memory.data(512)
const box = changetype<Capabilities>(memory.data(128, 8))
const frame = changetype<ExceptionFrame>(memory.data(0xB0, 8))
const text: usize = memory.data(256)

export const watchdog: u32 = TrapReason.Watchdog

export function trapOf(subject: u32, linear: u64): u32 {
  box.subject = subject
  box.linear = linear
  return describeTrap(target, 512, box)
}

export function recordTrap(reason: u32, address: u64): void { record(reason, address) }
export function missing(): void { recordMissingExport() }
export function fault(vector: u64, rip: u64): void {
  frame.vector = vector
  frame.rip = rip
  recordException(frame)
}
export function says(subject: u32, length: u32): void {
  memory.fill(text, 0x78, length)
  recordAbort(subject, text, length)
}
export function isGuard(address: u64): bool { return inStackGuard(address) }
