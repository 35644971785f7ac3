/** Ports by name: web:0 is the first interface of the VM web, which web is short for; uplink:lan is the way outside of the network lan. */
import { vmCount } from '../../../capability/admin'
import { FirstUplink } from '../../../capability/configuration'
import { PortFlag, SwitchOperation } from '../../../capability/switch'
import { vmNames } from '../candidates'
import { findVm } from '../commands/find'
import { parseNumber, quoted } from '../format'
import { print } from '../terminal'
import { nameOfVm } from '../text'
import { vmOf } from '../vm'
import { answer, isName, nameRule, order, prepare } from './record'

const uplinkStart: string = 'uplink:'

/** A port that a line names. Which number an uplink has, the service knows. */
export class Place {
  constructor(readonly name: string, readonly port: u32, readonly uplinkOf: string) {}

  get isUplink(): bool { return this.uplinkOf.length > 0 }

  /** Begins the order that asks for it. */
  prepare(): void {
    if (!this.isUplink) {
      prepare(SwitchOperation.PortInfo)
      order.port = this.port
    } else {
      prepare(SwitchOperation.PortNext, this.uplinkOf)
      order.number = FirstUplink
    }
  }

  /** True when the answer, which is Ok, is about it. */
  isAnswered(): bool { return this.isUplink ? (answer.settings.flags & PortFlag.Uplink) != 0 : answer.port == this.port }
}

/** A port's name; that of an uplink is its network's. */
export function portName(port: u32, network: string): string {
  if (port >= FirstUplink) return uplinkStart + network
  for (let vm: u32 = 0; vm < vmCount(); vm++) {
    const number = port - vmOf(vm).firstPort
    if (number < vmOf(vm).interfaceCount) return `${nameOfVm(vm)}:${number}`
  }
  return `port ${port}`
}

/** The VM whose port it is, or -1. */
export function vmOfPort(port: u32): i32 {
  for (let vm: u32 = 0; vm < vmCount(); vm++) if (port - vmOf(vm).firstPort < vmOf(vm).interfaceCount) return vm
  return -1
}

/** What a word names, or null after saying why it is no port. */
export function findPlace(word: string): Place | null {
  if (word.startsWith(uplinkStart) && !vmNames().includes('uplink')) {
    const network = word.substring(uplinkStart.length)
    if (isName(network)) return new Place(word, 0, network)
    print(`${nameRule}; not ${quoted(network)}.\n`)
    return null
  }
  const colon = word.indexOf(':')
  const name = colon < 0 ? word : word.substring(0, colon)
  const vm = findVm(name)
  if (vm < 0) return null
  const count = vmOf(vm).interfaceCount
  if (!count) {
    print(`${name} has no network interface: its configuration gives it none.\n`)
    return null
  }
  const number = colon < 0 ? 0 : parseNumber(word.substring(colon + 1), count)
  if (number < count) return new Place(`${name}:${number}`, vmOf(vm).firstPort + <u32>number, '')
  print(`${name} has no interface ${quoted(word.substring(colon + 1))}. It has: ${interfacesOf(vm).join(', ')}.\n`)
  return null
}

/** The names of a VM's interfaces. */
function interfacesOf(vm: u32): string[] {
  const names: string[] = []
  for (let i: u32 = 0; i < vmOf(vm).interfaceCount; i++) names.push(`${nameOfVm(vm)}:${i}`)
  return names
}

/** The names of all VMs' interfaces. */
export function interfaceNames(): string[] {
  let names: string[] = []
  for (let vm: u32 = 0; vm < vmCount(); vm++) names = names.concat(interfacesOf(vm))
  return names
}
