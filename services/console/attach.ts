/** Connects the terminal to a VM's serial port until Ctrl-] is typed. */
import { serialBegin, serialRead, serialWrite } from '../../capability/admin'
import { changeOf } from './announce'
import { requestWake, uptime } from './deadline'
import { distance, drop, fill, full, start, waiting } from './input'
import { limitBacklog, skipMirrored } from './mirror'
import { enterMode, Mode } from './mode'
import { tailOf } from './source'
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

const seen: u64[] = [] // up to where each VM's output was shown while attached; u64.MAX_VALUE: never attached
let attached: u32 = 0

/** Attaches to a VM and replays what was missed. */
export function attach(vm: u32): void {
  while (<i32>vm >= seen.length) seen.push(u64.MAX_VALUE)
  attached = vm
  print(`Attached to ${nameOfVm(vm)}. Ctrl-] detaches.\n`)
  if (seen[vm] == u64.MAX_VALUE) seen[vm] = tailOf(vm, firstReplay)
  enterMode(Mode.Attached)
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
  const change = changeOf(attached)
  if (change.length) print(`\n*** ${nameOfVm(attached)} ${change}\n`)
}

function showOutput(): void {
  for (let i = 0; i < chunksPerWake; i++) {
    if (pending() > most && (!flush() || pending() > most)) return
    const begin = serialBegin(attached)
    if (seen[attached] < begin) {
      print(`\n... ${begin - seen[attached]} bytes lost\n`)
      seen[attached] = begin
    }
    const count = serialRead(attached, seen[attached], chunk, chunkCapacity)
    if (!count) return
    if (serialBegin(attached) > seen[attached]) continue // overwritten while it was read
    raw(chunk, count)
    seen[attached] += count
  }
  requestWake(0)
}

function send(count: u32): u32 {
  if (!count) return 0
  const taken = serialWrite(attached, start(), count)
  drop(taken)
  return taken
}

function detach(): void {
  drop(distance(detachKey) + 1) // with what the guest did not take
  control(restoreTerminal)
  print(`\nDetached from ${nameOfVm(attached)}.\n`)
  skipMirrored(attached, seen[attached])
  limitBacklog()
  enterMode(Mode.Prompt)
}
