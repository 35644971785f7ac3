import * as x from '../../kernel/apic'
import { LocalApic } from '../../kernel/apic'

const Count = 8
const records: usize = memory.data(8 * 128, 8)
const pages: usize = memory.data(8 * 4096, 16)
const pointers: usize = memory.data(8 * 4, 4)

function at(index: u32): LocalApic { return changetype<LocalApic>(records + <usize>index * 128) }

/** Resets all eight; number n has id `first` + n. */
export function start(first: u32, clockShift: u32): void {
  memory.fill(pages, 0xA5, Count * 4096)
  for (let index = 0; index < Count; index++) {
    const apic = at(index)
    memory.fill(changetype<usize>(apic), 0xA5, offsetof<LocalApic>())
    apic.page = pages + (<usize>index << 12)
    apic.clockShift = clockShift
    store<LocalApic>(pointers + (<usize>index << 2), apic)
    x.reset(apic, first + index, index == 0)
  }
}

export function read(index: u32, offset: u32, now: u64): u32 { return x.readRegister(at(index), offset, now) }
export function write(index: u32, offset: u32, value: u32, now: u64): i32 { return x.writeRegister(at(index), offset, value, now) }
export function readMsr(index: u32, msr: u32, now: u64): bool { return x.readMsr(at(index), msr, now) }
export function value(index: u32): u64 { return at(index).value }
export function writeMsr(index: u32, msr: u32, value: u64, now: u64): i32 { return x.writeMsr(at(index), msr, value, now) }
export function base(index: u32): u64 { return at(index).base }
export function writeBase(index: u32, value: u64): i32 { return x.writeApicBase(at(index), value, 40) }
export function isMemoryMapped(index: u32): bool { return x.isMemoryMapped(at(index)) }
export function initialize(index: u32): void { x.initialize(at(index)) }
export function accept(index: u32, vector: u32, level: bool): bool { return x.accept(at(index), vector, level) }
export function pending(index: u32): i32 { return x.pending(at(index)) }
export function take(index: u32): i32 { return x.take(at(index)) }
export function readCr8(index: u32): u64 { return x.readCr8(at(index)) }
export function writeCr8(index: u32, value: u64): i32 { return x.writeCr8(at(index), value) }
export function setPin(index: u32, pin: u32, level: bool): i32 { return x.setPin(at(index), pin, level) }
export function acceptsExtInt(index: u32): bool { return x.acceptsExtInt(at(index)) }
export function enterVirtualWire(index: u32): void { x.enterVirtualWire(at(index)) }
export function deadline(index: u32): u64 { return x.deadline(at(index)) }
export function expire(index: u32, now: u64): i32 { return x.expire(at(index), now) }
export function moveTime(index: u32, delta: u64): i32 { return x.moveTime(at(index), delta) }
export function readTscDeadline(index: u32, now: u64): u64 { return x.readTscDeadline(at(index), now) }
export function writeTscDeadline(index: u32, value: u64, now: u64): i32 { return x.writeTscDeadline(at(index), value, now) }
export function command(index: u32): u64 { return x.command(at(index)) }
export function messageCommand(address: u64, data: u32): u64 { return x.messageCommand(address, data) }
export function deliver(index: u32, command: u64): i32 { return x.deliver(at(index), command) }
export function targets(count: u32, source: i32, command: u64): u64 { return x.targets(pointers, count, source, command) }
export function vectorOf(action: i32): u32 { return x.vectorOf(action) }
