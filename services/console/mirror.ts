/** Shows what mirrored VMs write, in whole lines above the prompt, each with the VM's name. */
import { vmCount } from '../../capability/admin'
import { requestWake, uptime } from './deadline'
import { printLine } from './guestline'
import { Found, LineFeed } from './linefeed'
import { endOf, tailOf } from './source'
import { flush, pending, print } from './terminal'
import { nameOfVm } from './text'
import { hide } from './view'
import { vmOf } from './vm'

const backlog: u64 = 4096 // bytes of one VM that are made up for after an absence
const most: u32 = 2048 // bytes that may wait for the terminal; more would delay the echo of what is typed
const linesPerWake: i32 = 256

const feeds: LineFeed[] = []
let turn: i32 = 0 // the VM that comes first, so that none can keep the others from the screen

/** Begins with what the rings hold, within reason. */
export function startMirror(): void {
  for (let vm: u32 = 0; vm < vmCount(); vm++) watch(vm, tailOf(vm, backlog))
}

/** Shows lines while there is room for them. */
export function showMirrored(): void {
  const count = <i32>vmCount()
  const now = uptime()
  let idle = 0
  for (let lines = 0; idle < count; ) {
    if (pending() > most && (!flush() || pending() > most)) return // woken again when there is room
    if (lines == linesPerWake) return requestWake(0)
    if (turn >= count) turn = 0
    const shown = showNext(turn++, now, false)
    idle = shown ? 0 : idle + 1
    lines += i32(shown)
  }
  for (let vm = 0; vm < count; vm++) if (isMirrored(vm)) requestWake(feeds[vm].deadline)
}

/** Shows the unfinished line of a VM, if there is one: nothing more comes soon. */
export function finishLine(vm: u32): void {
  while (pending() <= most && showNext(vm, uptime(), true)) {}
}

/** Counts a VM's output up to `position` as shown: it was, by other means. */
export function skipMirrored(vm: u32, position: u64): void {
  if (<i32>vm < feeds.length) feeds[vm].position = max(feeds[vm].position, position)
}

/** After an absence: leaves out what is too much to be read, and says so. */
export function limitBacklog(): void {
  for (let vm = 0; vm < feeds.length; vm++) {
    if (!isMirrored(vm)) continue
    const skipped = feeds[vm].skipTo(backlog)
    if (skipped) print(`[${nameOfVm(vm)}] ... ${skipped} bytes not shown; see them with: vm log ${nameOfVm(vm)}\n`)
  }
}

function isMirrored(vm: u32): bool {
  return vmOf(vm).mirror != 0
}

function watch(vm: u32, position: u64): void {
  feeds.push(new LineFeed(vm, position))
}

function showNext(vm: u32, now: u64, all: bool): bool {
  if (<i32>vm >= feeds.length) watch(vm, tailOf(vm, backlog))
  if (!isMirrored(vm)) {
    feeds[vm].position = endOf(vm) // should it be switched on, then from now on
    return false
  }
  const found = feeds[vm].next(u64.MAX_VALUE, now, all)
  if (found == Found.Nothing) return false
  hide()
  print(`[${nameOfVm(vm)}] `)
  if (found == Found.Gap) print(`... ${feeds[vm].lost} bytes lost`)
  else printLine()
  print('\n')
  return true
}
