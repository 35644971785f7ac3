/**
 * Processors that come and go while the guest runs. One that is to come is there at once, and the guest is told; one that is to go is the guest's until
 * it has written its number to the eject register. What the guest does not look at changes nothing.
 */
import { ConfigNumber, number } from '../../capability/config'
import { plug } from '../../capability/power'
import { report, say, sayDecimal, sayHexadecimal } from '../message'
import { Notification, OstStatus, Register } from './registers'

// A bit for each processor.
let present: u32 = 1
let inserted: u32 = 0
let asked: u32 = 0
let leaving: u32 = 0 // the guest has seen that they are wanted back, and has neither done with them nor said that it keeps them

let reporter: u32 = 0
let event: u32 = 0

/** As after power-on: as many as the administrator wants. */
export function reset(): void {
  present = wanted()
  inserted = 0
  asked = 0
  leaving = 0
  reporter = 0
  event = 0
}

/** The lowest ones, as many as the administrator wants. */
function wanted(): u32 { return <u32>((<u64>1 << number(ConfigNumber.VcpuCount)) - 1) }

/** The administrator wants another number, or the same once more. True when there is something for the guest to look at. */
export function follow(): bool {
  const coming = wanted() & ~present
  insert(coming)
  asked = present & ~wanted()
  return (coming | asked) != 0
}

function insert(coming: u32): void {
  for (let set = coming; set != 0; set &= set - 1) plug(ctz(set), true)
  present |= coming
  inserted |= coming
}

/** Reads a byte. */
export function read(offset: u32): u32 {
  switch (offset & ~3) {
    case Register.Present: return byteOf(present, offset)
    case Register.Inserted: return byteOf(inserted, offset)
    case Register.Asked: return byteOf(asked, offset)
  }
  return 0
}

/** Writes a byte. True when there is something for the guest to look at. */
export function write(offset: u32, value: u32): bool {
  value &= 0xff
  const bits = value << bitOf(offset)
  switch (offset & ~3) {
    case Register.Present: return false
    case Register.Inserted:
      inserted &= ~bits
      return false
    case Register.Asked:
      leaving |= asked & bits
      asked &= ~bits
      return false
  }
  if (offset == Register.Eject) return eject(value)
  if (offset == Register.Reporter) reporter = value
  else if (offset == Register.Event) event = value
  else reportStatus(value)
  return false
}

@inline function bitOf(offset: u32): u32 { return (offset & 3) << 3 }
@inline function byteOf(set: u32, offset: u32): u32 { return set >> bitOf(offset) & 0xff }

/**
 * The guest has done with a processor. The boot processor stays, and one that the administrator wants to stay after all comes again at once; one that the guest
 * gave up by itself does not.
 */
function eject(processor: u32): bool {
  if (processor == 0 || processor >= 32 || (present >> processor & 1) == 0) return false
  const bit: u32 = 1 << processor
  const again = leaving & wanted() & bit
  present &= ~bit
  inserted &= ~bit
  asked &= ~bit
  leaving &= ~bit
  plug(processor, false)
  insert(again)
  return again != 0
}

/** The administrator is told of what the guest could not do. */
function reportStatus(status: u32): void {
  const ejection = event == Notification.EjectRequest
  if (status == OstStatus.Success || status == (ejection ? OstStatus.EjectionInProgress : OstStatus.InsertionInProgress)) return
  if (ejection && reporter < 32) leaving &= ~(<u32>1 << reporter)
  say('its guest ')
  say(ejection ? 'keeps vCPU ' : 'does not take vCPU ')
  sayDecimal(reporter)
  say(' (_OST status ')
  sayHexadecimal(status)
  report(')')
}
