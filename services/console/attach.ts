/** Connects the terminal to a VM's serial port, or a port of its console, until Ctrl-] is typed. */
import { changeOf } from './announce'
import { portNames } from './channels'
import { requestWake, uptime } from './deadline'
import { distance, drop, fill, full, start, waiting } from './input'
import { limitBacklog, skipMirrored } from './mirror'
import { enterMode, Mode } from './mode'
import { beginOf, channelOfSource, readFrom, sendTo, tailOf, vmOfSource } from './source'
import { control, flush, pending, print, raw } from './terminal'
import { nameOfVm } from './text'

const detachKey: i32 = 0x1d // Ctrl-]
const firstReplay: u64 = 4096 // bytes shown when a VM is attached for the first time
const most: u32 = 4096 // bytes that may wait for the terminal before the guest's output waits in its ring
const chunkCapacity: u32 = 1024
const chunk = memory.data(1024, 16)
const retry: u64 = 20000000 // nanoseconds until a guest that took no input is offered it again
const chunksPerWake: i32 = 64

/**
 * Undoes what a guest may have left behind: ends an unfinished sequence or string, then resets attributes, character set,
 * scrolling region (which moves the cursor, hence save and restore), cursor keys, keypad, wrapping, paste and mouse modes and shows
 * the cursor. xterm's control sequences document, DECSET and DECRST.
 */
const restoreTerminal: string =
  '\x18\x1b\\\x1b[0m\x1b(B\x0f\x1b7\x1b[r\x1b8\x1b[?1l\x1b>\x1b[?7h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[4l\x1b[?25h'

const seen = new Map<i32, u64>() // up to where a source's output was shown while attached, once it was
let attached: i32 = 0 // a source

/** Attaches to a source of a VM and replays what was missed. */
export function attach(source: i32): void {
  attached = source
  print(`Attached to ${nameOfAttached()}. Ctrl-] detaches.\n`)
  if (!seen.has(source)) seen.set(source, tailOf(source, firstReplay))
  enterMode(Mode.Attached)
}

function nameOfAttached(): string {
  const name = nameOfVm(vmOfSource(attached))
  const channel = channelOfSource(attached)
  return channel ? `${name} ${portNames(vmOfSource(attached))[channel - 1]}` : name
}

/** Moves bytes in both directions, as far as there is room. */
export function passThrough(): void {
  showOutput()
  let taken: u32 = 1
  for (let i = 0; taken && i < chunksPerWake; i++) {
    fill()
    const typed = distance(detachKey)
    taken = send(typed < 0 ? waiting() : typed)
    if (typed >= 0) return detach()
  }
  if (taken) requestWake(0)
  else if (waiting()) requestWake(uptime() + retry)
  // A guest that takes no input must not keep Ctrl-] from being seen.
  if (full()) {
    drop(waiting())
    control('\x07')
    requestWake(0)
  }
  const change = changeOf(vmOfSource(attached))
  if (change.length) print(`\n*** ${nameOfVm(vmOfSource(attached))} ${change}\n`)
}

function showOutput(): void {
  for (let i = 0; i < chunksPerWake; i++) {
    if (pending() > most && (!flush() || pending() > most)) return
    const begin = beginOf(attached)
    const from = max(seen.get(attached), begin)
    if (seen.get(attached) < begin) print(`\n... ${begin - seen.get(attached)} bytes lost\n`)
    seen.set(attached, from)
    const count = readFrom(attached, from, chunk, chunkCapacity)
    if (!count) return
    if (beginOf(attached) > from) continue // overwritten while it was read
    raw(chunk, count)
    seen.set(attached, from + count)
  }
  requestWake(0)
}

function send(count: u32): u32 {
  if (!count) return 0
  const taken = sendTo(attached, start(), count)
  drop(taken)
  return taken
}

function detach(): void {
  drop(distance(detachKey) + 1) // with what the guest did not take
  control(restoreTerminal)
  print(`\nDetached from ${nameOfAttached()}.\n`)
  if (!channelOfSource(attached)) skipMirrored(attached, seen.get(attached))
  limitBacklog()
  enterMode(Mode.Prompt)
}
