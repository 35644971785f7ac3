/** The devices as units, which are announced together once all are known: a VM that begins before has no disk. */
import { announce, BlockUnit } from '../../capability/block'
import { append, appendDecimal, appendText, say } from '../message'
import { Port, PortLimit, unitOf } from './port'

/** A description with the text of its serial number, as `announce` takes it: 64 characters at most. */
const DescriptionBytes: u32 = 96

const descriptions = memory.data(PortLimit * DescriptionBytes, 8)
const drafts = memory.data(PortLimit * DescriptionBytes, 8)
let isOpen: bool = false

@inline function descriptionAt(unit: u32): BlockUnit { return changetype<BlockUnit>(descriptions + <usize>unit * DescriptionBytes) }

/** What is going to be announced of a port's device. */
@inline export function draftOf(port: Port): BlockUnit { return changetype<BlockUnit>(drafts + <usize>unitOf(port) * DescriptionBytes) }
/** Begins it anew. */
export function clearDraft(port: Port): void { memory.fill(changetype<usize>(draftOf(port)), 0, DescriptionBytes) }

/** Announces the draft where it is new; true when it is what it was before. */
export function present(port: Port): bool {
  const unit = unitOf(port)
  const description = descriptionAt(unit)
  const draft = changetype<usize>(draftOf(port))
  if (memory.compare(draft, changetype<usize>(description), DescriptionBytes) == 0) return true
  memory.copy(changetype<usize>(description), draft, DescriptionBytes)
  sayName(port)
  append(port.isPacket ? ' reads discs: ' : ' works: ')
  appendText(changetype<usize>(description) + offsetof<BlockUnit>(), description.serialLength)
  append(', blocks: ')
  appendDecimal(description.blocks)
  append(', commands: ')
  appendDecimal(max(port.depth, 1))
  say()
  if (isOpen) announce(unit, changetype<usize>(description))
  return false
}

/** A unit is gone. */
export function withdraw(port: Port): void {
  const unit = unitOf(port)
  if (descriptionAt(unit).blocks == 0) return
  memory.fill(changetype<usize>(descriptionAt(unit)), 0, DescriptionBytes)
  sayName(port)
  append(' is gone')
  say()
  if (isOpen) announce(unit, changetype<usize>(descriptionAt(unit)))
}

/** Tells of all units at once, and from now on of each as it comes. Of none it is told too: nobody has to wait for one. */
export function open(): void {
  if (isOpen) return
  isOpen = true
  for (let unit: u32 = 0; unit < PortLimit; unit++) if (unit == 0 || descriptionAt(unit).blocks) announce(unit, changetype<usize>(descriptionAt(unit)))
}

/** Begins a line on a port. */
export function sayName(port: Port): void {
  append('port ')
  appendDecimal(port.number)
}
