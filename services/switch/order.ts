/** What an administrator asks: each order is carried out and answered at once. */
import * as host from '../../capability/switch'
import {
  PortCountersBytes, PortLimit, PortSettingsBytes, SwitchAnswer, SwitchAnswerBytes, SwitchNameBytes, SwitchOperation, SwitchOrder, SwitchOrderBytes, SwitchStatus,
} from '../../capability/switch'
import { addressAt, AddressTableLimit, forgetSwitch } from './addresses'
import { attach, detach, set } from './attach'
import { append, appendByte, appendDecimal, say } from '../logline'
import { isUp, NoSwitch, Port, portAt } from './port'
import { isName, makeSwitch, switchAt, switchByName, SwitchLimit } from './switches'

const asked = changetype<SwitchOrder>(memory.data(704, 8)) // SwitchOrderBytes
const reply = changetype<SwitchAnswer>(memory.data(872, 8)) // SwitchAnswerBytes

/** Of the first switch that an order may make. */
let firstNumber: u32 = 0

/** Begins with what was kept. */
export function carryOutRecords(): void {
  for (let index: u32 = 0; host.record(index, changetype<usize>(asked)); index++) {
    if (asked.operation == SwitchOperation.Detach) rememberSettings()
    if (load<u8>(asked.name) == 0) continue
    firstNumber = index
    const status = carryOut()
    if (status == SwitchStatus.Ok) continue
    if (asked.operation == SwitchOperation.Attach) rememberSettings()
    complain(status)
  }
  firstNumber = 0
}

/** The port has these settings when it is attached. */
function rememberSettings(): void {
  if (asked.port < PortLimit) memory.copy(changetype<usize>(portAt(asked.port).settings), changetype<usize>(asked.settings), PortSettingsBytes)
}

/** A switch or a port that the configuration gives settings that cannot be. */
function complain(status: u32): void {
  append('the network ')
  for (let at = asked.name; load<u8>(at) != 0; at++) appendByte(load<u8>(at))
  append(asked.operation == SwitchOperation.Attach ? ' does not take port ' : ' is not made; port ')
  appendDecimal(asked.port)
  append(': reason ')
  appendDecimal(status)
  say()
}

/** Carries out all orders that wait. */
export function carryOutOrders(): void {
  while (host.order(changetype<usize>(asked))) {
    memory.fill(changetype<usize>(reply), 0, SwitchAnswerBytes)
    reply.status = carryOut()
    host.answer(changetype<usize>(reply))
  }
}

/** An instance that is started later finds it so: the order, or that there is none. */
function keep(index: u32, is: bool): void {
  if (!is) memory.fill(changetype<usize>(asked), 0, SwitchOrderBytes)
  host.keep(index, changetype<usize>(asked))
}

function carryOut(): u32 {
  switch (asked.operation) {
    case SwitchOperation.Create: return create()
    case SwitchOperation.Next: return describeSwitch(asked.number)
    case SwitchOperation.AddressNext: return describeAddress(asked.number)
    case SwitchOperation.Detach: case SwitchOperation.Set: case SwitchOperation.PortInfo: return aboutPort()
  }
  if (asked.operation > SwitchOperation.Forget) return SwitchStatus.Unsupported
  const number = switchByName(asked.name)
  if (number == SwitchLimit) return SwitchStatus.NoSuchSwitch
  switch (asked.operation) {
    case SwitchOperation.Delete:
      if (switchAt(number).count != 0) return SwitchStatus.InUse
      switchAt(number).exists = 0
      keep(number, false)
      return SwitchStatus.Ok
    case SwitchOperation.Attach:
      if (asked.port >= PortLimit) return SwitchStatus.NoSuchPort
      return portAt(asked.port).attached == NoSwitch ? keepIfOk(attach(portAt(asked.port), number, asked.settings, host.now())) : SwitchStatus.InUse
    case SwitchOperation.PortNext: return describeNextPort(number)
    case SwitchOperation.Forget:
      forgetSwitch(number)
      return SwitchStatus.Ok
  }
  return describeSwitch(number)
}

function create(): u32 {
  if (!isName(asked.name)) return SwitchStatus.WrongName
  if (switchByName(asked.name) != SwitchLimit) return SwitchStatus.NameTaken
  const number = makeSwitch(asked.name, firstNumber)
  if (number == SwitchLimit) return SwitchStatus.TooManySwitches
  keep(number, true)
  return SwitchStatus.Ok
}

function aboutPort(): u32 {
  if (asked.port >= PortLimit) return SwitchStatus.NoSuchPort
  const port = portAt(asked.port)
  if (port.attached == NoSwitch) {
    if (asked.operation == SwitchOperation.PortInfo) memory.copy(changetype<usize>(reply.settings), changetype<usize>(port.settings), PortSettingsBytes)
    return SwitchStatus.NoSuchPort
  }
  if (asked.operation == SwitchOperation.Set) {
    // What is kept attaches it again.
    memory.copy(asked.name, switchAt(port.attached).name, SwitchNameBytes)
    asked.operation = SwitchOperation.Attach
    return keepIfOk(set(port, asked.settings, host.now()))
  }
  if (asked.operation == SwitchOperation.Detach) {
    detach(port)
    memory.fill(asked.name, 0, SwitchNameBytes)
    memory.copy(changetype<usize>(asked.settings), changetype<usize>(port.settings), PortSettingsBytes)
    keep(SwitchLimit + port.number, true)
  } else describePort(port)
  return SwitchStatus.Ok
}

/** What has become of attaching the port that the order is about. */
function keepIfOk(status: u32): u32 {
  if (status == SwitchStatus.Ok) keep(SwitchLimit + asked.port, true)
  return status
}

/** The first switch from `number` on. */
function describeSwitch(number: u32): u32 {
  while (number < SwitchLimit && !switchAt(number).exists) number++
  if (number >= SwitchLimit) return SwitchStatus.NoSuchSwitch
  reply.number = number
  reply.count = switchAt(number).count
  memory.copy(reply.name, switchAt(number).name, SwitchNameBytes)
  return SwitchStatus.Ok
}

function describeNextPort(number: u32): u32 {
  const it = switchAt(number)
  for (let index: u32 = 0; index < it.count; index++) {
    if (it.member(index) < asked.number) continue
    describePort(portAt(it.member(index)))
    return SwitchStatus.Ok
  }
  return SwitchStatus.NoSuchPort
}

function describePort(port: Port): void {
  reply.number = port.attached
  reply.port = port.number
  reply.count = port.learned
  reply.linkUp = u32(isUp(port))
  memory.copy(reply.name, switchAt(port.attached).name, SwitchNameBytes)
  memory.copy(changetype<usize>(reply.settings), changetype<usize>(port.settings), PortSettingsBytes)
  memory.copy(changetype<usize>(reply.counters), changetype<usize>(port.counters), PortCountersBytes)
}

/** The first learned address from this place in the table on. */
function describeAddress(place: u32): u32 {
  while (place < AddressTableLimit && addressAt(place).attached == NoSwitch) place++
  if (place >= AddressTableLimit) return SwitchStatus.NoSuchPort
  const it = addressAt(place)
  reply.number = place
  reply.port = it.port
  reply.count = it.vlan
  reply.mac = it.mac
  memory.copy(reply.name, switchAt(it.attached).name, SwitchNameBytes)
  return SwitchStatus.Ok
}
