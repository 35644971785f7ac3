/**
 * Interrupt commands and messages, and who they are for. A command is a u64: the interrupt command register's low half, and in the high
 * half the destination, all ones for everybody. Intel SDM vol. 3, 11.6, 11.11, 11.12.9.
 */
import { errorAction } from './errors'
import { Action, getRegister, isX2Apic, LocalApic } from './localapic'
import { accept } from './priority'
import { ApicBase, DeliveryMode, ErrorStatus, Icr, Offset, Shorthand } from '../../capability/localapic'

const Everybody: u32 = u32.MAX_VALUE

/** The command in the register. Fixed IPIs are edge-triggered whatever their bit 15 says. 11.6.1. */
export function command(apic: LocalApic): u64 {
  const high = getRegister(apic, Offset.InterruptCommandHigh)
  return <u64>(isX2Apic(apic) ? high : widen(high >> 24)) << 32 | getRegister(apic, Offset.InterruptCommand) & ~Icr.Level
}

/** The command that an interrupt message is: `address` and `data` as an I/O APIC or an MSI writes them. 11.11. */
export function messageCommand(address: u64, data: u32): u64 {
  const logical = (<u32>address & 1 << 2) != 0 ? Icr.Logical : 0
  return <u64>widen(<u32>address >> 12 & 0xFF) << 32 | (data & (Icr.Vector | Icr.DeliveryMode | Icr.Assert | Icr.Level)) | logical
}

@inline function widen(destination: u32): u32 { return destination == 0xFF ? Everybody : destination }

/** Looks at a command that was just written: sends it to itself, or has the caller send it. 11.6.1. */
export function send(apic: LocalApic): i32 {
  const low = getRegister(apic, Offset.InterruptCommand)
  const mode = low & Icr.DeliveryMode
  if ((low & Icr.Shorthand) == Shorthand.Self) return mode == DeliveryMode.Fixed ? selfIpi(apic, low & Icr.Vector) : Action.None
  if (mode <= DeliveryMode.LowestPriority && (low & Icr.Vector) < 16) return errorAction(apic, ErrorStatus.SendIllegalVector)
  // INIT with level de-assert only synchronized arbitration ids; such a message reaches nobody. ExtINT and 3 are reserved.
  if (mode == DeliveryMode.Init && (low & (Icr.Assert | Icr.Level)) == Icr.Level) return Action.None
  return mode == DeliveryMode.ExtInt || mode == 3 << 8 ? Action.None : Action.Ipi
}

/** An interrupt to itself, edge-triggered. */
export function selfIpi(apic: LocalApic, vector: u32): i32 { return accept(apic, vector, false) ? Action.Evaluate : Action.None }

/** Carries out a command at one of its targets. */
export function deliver(apic: LocalApic, command: u64): i32 {
  const low = <u32>command
  const vector = low & Icr.Vector
  switch (low & Icr.DeliveryMode) {
    case DeliveryMode.Fixed:
    case DeliveryMode.LowestPriority: return accept(apic, vector, (low & Icr.Level) != 0) ? Action.Evaluate : Action.None
    case DeliveryMode.Nmi: return Action.Nmi
    case DeliveryMode.Init: return Action.Init
    case DeliveryMode.Startup: return Action.Startup | vector << 8
  }
  return Action.None
}

/**
 * Which of a VM's APICs a command is for: bit n for the n-th of the `count` (at most 64) pointers at `apics`.
 * `source` is the sender's number, or -1 for a message. For lowest priority it is one APIC alone.
 */
export function targets(apics: usize, count: u32, source: i32, command: u64): u64 {
  const low = <u32>command
  const shorthand = source < 0 ? Shorthand.None : low & Icr.Shorthand
  const lowest = (low & Icr.DeliveryMode) == DeliveryMode.LowestPriority
  let found: u64 = 0
  let priority: u32 = u32.MAX_VALUE
  for (let index: u32 = 0; index < count; index++) {
    const apic = load<LocalApic>(apics + (<usize>index << 2))
    if ((apic.base & ApicBase.Enabled) == 0 || !isTarget(apic, index == <u32>source, shorthand, command)) continue
    if (!lowest) found |= <u64>1 << index
    else if (apic.accepts != 0 && getRegister(apic, Offset.ProcessorPriority) < priority) {
      priority = getRegister(apic, Offset.ProcessorPriority)
      found = <u64>1 << index
    }
  }
  return found
}

function isTarget(apic: LocalApic, isSource: bool, shorthand: u32, command: u64): bool {
  switch (shorthand) {
    case Shorthand.Self: return isSource
    case Shorthand.All: return true
    case Shorthand.Others: return !isSource
  }
  return matches(apic, <u32>(command >> 32), (<u32>command & Icr.Logical) != 0)
}

/** True when `destination` names this APIC. 11.6.2, 11.12.10. */
export function matches(apic: LocalApic, destination: u32, logical: bool): bool {
  if (destination == Everybody) return true
  if (!logical) return destination == (isX2Apic(apic) ? apic.id : apic.id & 0xFF)
  const own = getRegister(apic, Offset.LogicalDestination)
  // Cluster in the high half, one bit for each of its members in the low.
  if (isX2Apic(apic)) return destination >> 16 == own >> 16 && (destination & own & 0xFFFF) != 0
  if (destination > 0xFF) return false
  const id = own >> 24
  const model = getRegister(apic, Offset.DestinationFormat) >> 28
  if (model == 0xF) return (destination & id) != 0
  // Cluster model: cluster in bits 7:4, all ones for every cluster.
  if (model == 0) return (destination >> 4 == 0xF || destination >> 4 == id >> 4) && (destination & id & 0xF) != 0
  return false
}
