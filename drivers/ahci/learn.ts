/** What is made of a device's answers to the driver's own commands. */
import { append, say } from '../message'
import { data16, data32, Step } from './ask'
import { commandSlots } from './capabilities'
import { describe, takeDisk, takePacketDevice, takeSerial } from './identify'
import { Port } from './port'
import { PortRegister } from './registers'
import { blame, failAll } from './requests'
import { clearDraft, draftOf, present, sayName } from './units'

/** What follows. */
export namespace Next {
  export const Work: u32 = 0
  export const Ask: u32 = 1 // for the disc
  export const AskAgain: u32 = 2
  export const Reset: u32 = 3
  export const Fail: u32 = 4
  export const End: u32 = 5 // it was said why
}

/** How often a drive is asked for its disc: it tells first of what has happened to it, once for each. */
const CapacityTries: u32 = 5

/** Sense key, in the upper half of the error of a packet that failed. MMC-6 and SPC-3, 4.5.6. */
const NotReady: u32 = 2

/** Of the log of the queued command that failed: it was not a queued one. */
const NotQueued: u32 = 1 << 7

/** Takes the answer, or that there was none but an error. */
export function learn(port: Port, isGiven: bool): u32 {
  switch (port.step) {
    case Step.Identify:
      if (!isGiven) return Next.Fail
      clearDraft(port)
      return identified(port, takeDisk(port, draftOf(port), commandSlots()))
    case Step.IdentifyPacket:
      if (!isGiven) return Next.Fail
      clearDraft(port)
      takePacketDevice(port)
      takeSerial(port, draftOf(port))
      return Next.Ask
    case Step.Capacity: return isGiven ? identified(port, takeDisc(port)) : withoutDisc(port)
  }
  return takeLog(port, isGiven)
}

/** The device is known, or why it cannot be used. What waits is not for another one. */
function identified(port: Port, reason: string): u32 {
  if (reason.length) return refuse(port, reason)
  if (!port.isPacket) takeSerial(port, draftOf(port))
  if (!present(port)) failAll(port)
  return Next.Work
}

/** READ CAPACITY: the last block, and how long it is. MMC-6, 6.25. */
function takeDisc(port: Port): string {
  const last = data32(port, 0)
  const bytes = data32(port, 4)
  if (bytes < 512 || bytes > 4096 || popcnt(bytes) != 1) return 'has a disc whose blocks are not of 512 to 4096 bytes'
  describe(port, draftOf(port), <u64>last + 1, bytes)
  return ''
}

function withoutDisc(port: Port): u32 {
  const isEmpty = port.read(PortRegister.TaskFile) >> 12 == NotReady
  return isEmpty || ++port.asked == CapacityTries ? refuse(port, 'has no disc in its drive') : Next.AskAgain
}

/** Which of the queued commands failed. A device that does not say so is reset, and given none again: of one at a time it is clear. */
function takeLog(port: Port, isGiven: bool): u32 {
  const tag = data16(port, 0) & 31
  if (isGiven && !(data16(port, 0) & NotQueued) && port.issued >> tag & 1) {
    blame(port, tag, data16(port, 2))
    return Next.Work
  }
  sayName(port)
  append(' does not say which of its queued commands failed: it is given one at a time')
  say()
  port.tellsNot = true
  return Next.Reset
}

function refuse(port: Port, reason: string): u32 {
  sayName(port)
  append(' ')
  append(reason)
  say()
  return Next.End
}
