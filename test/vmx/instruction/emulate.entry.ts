import { Instruction, InstructionBytes } from '../../../capability/instruction'
import { EmulateStatus, Processor, ProcessorBytes, Reach, Span, SpanBytes, TaskRegistersBytes } from '../../../capability/vcpu'
import { execute } from '../../../machine/instruction/execute'
import { connect } from '../../../machine/vcpu/bus'
import { faultErrorCode, faultLinear, faultVector } from '../../../vmx/guest/fault'
import { locate } from '../../../vmx/guest/linear'
import { hostAddress, NotRam, readPhysical, setGuest, setMmio, writableAddress, writePhysical } from '../../../vmx/guest/memory'
import { setPhysicalWidth } from '../../../vmx/guest/paging'
import { translate } from '../../../vmx/guest/walk'
import { emulate } from '../../../vmx/instruction/execute'
import { decodeAt, fetch } from '../../../vmx/instruction/fetch'
import { DecodeStatus } from '../../../vmx/instruction/status'

export { hostAddress, readPhysical, writePhysical, setPhysicalWidth }
export { setGuest as selectGuest }

@external('device', 'read') declare function deviceRead(gpa: u64, size: u32): u64
@external('device', 'write') declare function deviceWrite(gpa: u64, size: u32, value: u64): void
@external('device', 'portRead') declare function devicePortRead(port: u32, size: u32): u32
@external('device', 'portWrite') declare function devicePortWrite(port: u32, size: u32, value: u32): void

const cpu = changetype<Processor>(memory.data(offsetof<Processor>(), 8))
const instruction = changetype<Instruction>(memory.data(64, 8))
const buffer = memory.data(32, 8)

export function processor(): usize { return changetype<usize>(cpu) }
export function codeBuffer(): usize { return buffer }

/** Makes a guest of `count` blocks without RAM; the address of its table. */
export function createGuest(count: u32): usize {
  const blocks = heap.alloc(<usize>count << 2)
  memory.fill(blocks, 0, <usize>count << 2)
  setGuest(blocks, count)
  setMmio((gpa: u64, size: u32) => deviceRead(gpa, size), (gpa: u64, size: u32, value: u64) => { deviceWrite(gpa, size, value) })
  connect((gpa: u64, size: u32) => deviceRead(gpa, size), (gpa: u64, size: u32, value: u64) => { deviceWrite(gpa, size, value) },
    (port: u32, size: u32) => devicePortRead(port, size), (port: u32, size: u32, value: u32) => { devicePortWrite(port, size, value) })
  return blocks
}

export function walk(linear: u64, access: u32): u64 { return translate(cpu, linear, access) }
export function fetchCode(): u32 { return fetch(cpu, buffer) }

/** Fetches, decodes and emulates one instruction: 0x100 + DecodeStatus where it does not decode or, as far as the machine can tell, does not exist, else EmulateStatus. */
export function run(): i32 {
  const status = decodeAt(cpu, instruction)
  if (status == DecodeStatus.Vector) return EmulateStatus.Unsupported
  if (status != 0) return 0x100 + status
  const done = emulate(cpu, instruction)
  if (done != EmulateStatus.Unsupported) return done
  const executed = execute()
  return executed == EmulateStatus.Undefined ? 0x100 + DecodeStatus.Invalid : executed
}

// What kernel/capability/vcpu.ts answers to the machine, of a guest without a local APIC.
function give(target: usize, source: usize, bytes: u32): bool {
  memory.copy(target, source, bytes)
  return true
}
export function vcpuRegisters(target: usize): bool { return give(target, changetype<usize>(cpu), ProcessorBytes) }
export function vcpuSetRegisters(source: usize): bool { return give(changetype<usize>(cpu), source, TaskRegistersBytes) }
export function vcpuInstruction(target: usize): bool { return give(target, changetype<usize>(instruction), InstructionBytes) }
const span = changetype<Span>(memory.data(24, 8))
export function vcpuLocate(linear: u64, size: u32, access: u32, target: usize): bool {
  return locate(cpu, linear, size, access, span) && give(target, changetype<usize>(span), SpanBytes)
}
export function vcpuRead(gpa: u64, size: u32, target: usize): u32 {
  if (hostAddress(gpa) == NotRam) return Reach.Device
  store<u64>(target, readPhysical(gpa, size))
  return Reach.Memory
}
export function vcpuWrite(gpa: u64, size: u32, value: u64): u32 {
  if (writableAddress(gpa) == NotRam) return Reach.Device
  writePhysical(gpa, size, value)
  return Reach.Memory
}

export function vector(): u32 { return faultVector }
export function errorCode(): u32 { return faultErrorCode }
export function linear(): u64 { return faultLinear }
