/** Says in one line each when a VM starts, stops, crashes, restarts, pauses or goes on. */
import { vmCount, VmState, VmText } from '../../capability/admin'
import { finishLine } from './mirror'
import { print } from './terminal'
import { nameOfVm, reasonHash, textOfVm } from './text'
import { hide } from './view'
import { vmOf } from './vm'

class Known {
  state: u32 = 0
  restarts: u64 = 0
  reason: u64 = 0

  constructor(vm: u32) {
    this.refresh(vm)
  }

  refresh(vm: u32): void {
    this.state = vmOf(vm).state
    this.restarts = vmOf(vm).restarts
    this.reason = reasonHash(vm)
  }
}

const known: Known[] = []

/** Takes the present state of all VMs as known. */
export function startAnnouncing(): void {
  for (let vm: u32 = 0; vm < vmCount(); vm++) known.push(new Known(vm))
}

/** Announces what has changed. */
export function announceChanges(): void {
  for (let vm: u32 = 0; vm < vmCount(); vm++) {
    const text = changeOf(vm)
    if (!text.length) continue
    finishLine(vm)
    hide()
    print(`*** ${nameOfVm(vm)} ${text}\n`)
  }
}

/** What changed of one VM since it was last asked for, in words that follow its name; '' when nothing did. */
export function changeOf(vm: u32): string {
  if (<i32>vm >= known.length) known.push(new Known(vm))
  const before = known[vm]
  const state = vmOf(vm).state
  const restarted = vmOf(vm).restarts != before.restarts
  const newReason = reasonHash(vm) != before.reason
  if (state == before.state && !restarted && !newReason) return ''
  const previous = before.state
  before.refresh(vm)
  const reason = textOfVm(vm, VmText.Reason)
  const because = reason.length ? ': ' + reason : ''
  switch (state) {
    case VmState.Running:
      if (restarted) return `restarted${because}`
      if (previous == VmState.Paused) return 'goes on'
      return previous == VmState.Running ? '' : 'started'
    case VmState.Paused: return newReason ? `paused${because}` : 'paused'
    case VmState.Crashed: return `crashed${because}`
    default: return previous == VmState.Stopped ? `did not start${because}` : `stopped${because}`
  }
}
