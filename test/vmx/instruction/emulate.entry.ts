import { faultErrorCode, faultLinear, faultVector } from '../../../vmx/guest/fault'
import { hostAddress, readPhysical, setGuest, setMmio, writePhysical } from '../../../vmx/guest/memory'
import { setPhysicalWidth } from '../../../vmx/guest/paging'
import { setPorts } from '../../../vmx/guest/port'
import { translate } from '../../../vmx/guest/walk'
import { emulate } from '../../../vmx/instruction/execute'
import { decodeAt, fetch } from '../../../vmx/instruction/fetch'
import { Instruction } from '../../../vmx/instruction/instruction'
import { Processor } from '../../../vmx/processor'

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
  setPorts((port: u32, size: u32) => devicePortRead(port, size), (port: u32, size: u32, value: u32) => { devicePortWrite(port, size, value) })
  return blocks
}

export function walk(linear: u64, access: u32): u64 { return translate(cpu, linear, access) }
export function fetchCode(): u32 { return fetch(cpu, buffer) }

/** Fetches, decodes and emulates one instruction: 0x100 + DecodeStatus where it does not decode, else EmulateStatus. */
export function run(): i32 {
  const status = decodeAt(cpu, instruction)
  return status == 0 ? emulate(cpu, instruction) : 0x100 + status
}

export function vector(): u32 { return faultVector }
export function errorCode(): u32 { return faultErrorCode }
export function linear(): u64 { return faultLinear }
