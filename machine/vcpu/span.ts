/** A guest's memory and devices by linear addresses, as the vCPU reaches them for which the machine does something. */
import * as vcpu from '../../capability/vcpu'
import { Reach, Span } from '../../capability/vcpu'
import { readDevice, writeDevice } from './bus'

const value: usize = memory.data(8, 8)

/** True when something was stored to the local APIC since `forgetApic`: it takes that when the machine has returned. */
export let apicStored = false
export function forgetApic(): void { apicStored = false }

/** Translates all of an operand of `size` (1 to 8) bytes before any of it is touched. False where the guest takes a fault instead. */
export function locate(linear: u64, size: u32, access: u32, span: Span): bool { return vcpu.locate(linear, size, access, changetype<usize>(span)) }

/** The operand's value, zero-extended. */
export function readSpan(span: Span): u64 {
  const first = read(span.first, span.firstBytes)
  return span.firstBytes == span.size ? first : first | read(span.second, span.size - span.firstBytes) << (<u64>span.firstBytes << 3)
}

/** Stores the low bytes of `written`. */
export function writeSpan(span: Span, written: u64): void {
  write(span.first, span.firstBytes, written)
  if (span.firstBytes != span.size) write(span.second, span.size - span.firstBytes, written >> (<u64>span.firstBytes << 3))
}

function read(gpa: u64, size: u32): u64 {
  store<u64>(value, 0)
  return vcpu.read(gpa, size, value) == Reach.Device ? readDevice(gpa, size) : load<u64>(value)
}

function write(gpa: u64, size: u32, written: u64): void {
  const reach = vcpu.write(gpa, size, written)
  if (reach == Reach.Device) writeDevice(gpa, size, written)
  else if (reach == Reach.Apic) apicStored = true
}
