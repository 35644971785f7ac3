/** The switches: their names and which ports each has. */
import { PortFlag, PortLimit, SwitchNameBytes } from '../../capability/switch'
import { NoSwitch, Port, portAt } from './port'

/** Most switches. */
export const SwitchLimit: u32 = 64
/** Instead of a port. */
export const NoPort: u32 = u32.MAX_VALUE

@unmanaged export class Switch {
  exists: u32
  count: u32 //    ports
  mirror: u32 //   the one that mirrors, or NoPort
  reserved: u32

  @inline get name(): usize { return changetype<usize>(this) + 16 }
  @inline member(index: u32): u32 { return load<u8>(changetype<usize>(this) + 16 + SwitchNameBytes + index) }
}
const SwitchBytes: u32 = 16 + SwitchNameBytes + PortLimit

let switches: usize = 0

export function makeSwitches(): void {
  if (switches == 0) switches = heap.alloc(SwitchLimit * SwitchBytes)
  memory.fill(switches, 0, SwitchLimit * SwitchBytes)
}

@inline export function switchAt(number: u32): Switch { return changetype<Switch>(switches + <usize>number * SwitchBytes) }

/** The number of the switch of this name; SwitchLimit when there is none. */
export function switchByName(name: usize): u32 {
  for (let number: u32 = 0; number < SwitchLimit; number++) {
    if (switchAt(number).exists && memory.compare(switchAt(number).name, name, SwitchNameBytes) == 0) return number
  }
  return SwitchLimit
}

/** True for a name that a switch can have. */
export function isName(name: usize): bool {
  let length: u32 = 0
  while (length < SwitchNameBytes && load<u8>(name + length) > 0x20 && load<u8>(name + length) < 0x7f) length++
  if (length == 0 || length == SwitchNameBytes) return false
  for (let rest = length; rest < SwitchNameBytes; rest++) if (load<u8>(name + rest) != 0) return false
  return true
}

/** Makes a switch without ports, with the first number from `number` on that is free; SwitchLimit when there are as many as can be. */
export function makeSwitch(name: usize, number: u32): u32 {
  for (; number < SwitchLimit; number++) {
    const it = switchAt(number)
    if (it.exists) continue
    it.exists = 1
    it.count = 0
    it.mirror = NoPort
    memory.copy(it.name, name, SwitchNameBytes)
    return number
  }
  return SwitchLimit
}

/** Adds a port, in the order of their numbers. */
export function join(it: Switch, number: u32, port: Port): void {
  port.attached = number
  const members = it.name + SwitchNameBytes
  let at = it.count++
  for (; at != 0 && it.member(at - 1) > port.number; at--) store<u8>(members + at, it.member(at - 1))
  store<u8>(members + at, <u8>port.number)
}

/** Takes a port away. */
export function leave(it: Switch, port: Port): void {
  port.attached = NoSwitch
  const members = it.name + SwitchNameBytes
  let at: u32 = 0
  while (it.member(at) != port.number) at++
  it.count--
  memory.copy(members + at, members + at + 1, it.count - at)
}

/** The port other than `port` that has `flag`, or NoPort. */
export function otherWith(it: Switch, port: Port, flag: u32): u32 {
  for (let index: u32 = 0; index < it.count; index++) {
    const other = it.member(index)
    if (other != port.number && portAt(other).settings.flags & flag) return other
  }
  return NoPort
}

/** Knows its mirror again, after a port's settings have changed. */
export function findMirror(it: Switch): void {
  it.mirror = NoPort
  for (let index: u32 = 0; index < it.count; index++) if (portAt(it.member(index)).settings.flags & PortFlag.Mirror) it.mirror = it.member(index)
}
