/** Sandboxes that are started at boot and kept alive: drivers and the console. */
import * as hw from '../hw'
import { beginLine } from '../capability/log'
import { commit, say } from '../log/log'
import * as words from '../log/text'
import { call, findExport, findModule, instantiate, reserveSandbox, Sandbox, sandbox, SandboxState, SandboxStatus, scrub, setName, trapAddress } from '../sandbox/sandbox'
import { toTicks } from '../time/clock'
import { noteDeadline } from '../vm/timers'

/** Takes a record for a sandbox of `module`. 0 when there is none left. */
export function create(kind: u32, module: string, name: string): u32 {
  const subject = reserveSandbox(kind, findModule(module))
  if (subject == 0) return 0
  words.text(name)
  setName(sandbox(subject))
  return subject
}

/** Gives it an instance and calls its `start`. False when it is not ready; the log says why. */
export function begin(subject: u32): bool {
  const box = sandbox(subject)
  const status = instantiate(box)
  if (status == SandboxStatus.Ok && <u32>call(box, findExport(box, 'start')) == 0 && box.state == SandboxState.Running) return true
  box.state = SandboxState.Failed
  beginLine(box)
  words.text(status == SandboxStatus.NoMemory ? 'not enough memory to start' : status == SandboxStatus.Forbidden ? 'it imports what it may not have' : 'did not start ')
  words.bytes(trapAddress(box), box.trapLength)
  commit()
  return false
}

/** Takes its memory away, so that `begin` can give it fresh one. */
export function clear(box: Sandbox): void {
  scrub(box)
  box.restarts++
  box.retryAt = 0
}

/** A failure this soon after a start counts as one more in a row, and each in a row doubles the wait, up to a limit; nanoseconds. */
const SoonAfterStart: u64 = 10_000_000_000
const FirstBackOff: u64 = 100_000_000
const BackOffDoublings: u32 = 7

/** True when a failed sandbox is to be started again, its back-off being over: one that fails at once must not take the CPU. */
export function isRestartDue(box: Sandbox): bool {
  if (box.state == SandboxState.Running) return false
  if (box.retryAt == 0) {
    noteFailure(box)
    return false
  }
  if (hw.readTsc() < box.retryAt) {
    noteDeadline(box.retryAt)
    return false
  }
  beginLine(box)
  say('started again')
  return true
}

function noteFailure(box: Sandbox): void {
  const now = hw.readTsc()
  box.quickFailures = now - box.startedAt < toTicks(SoonAfterStart) ? min(box.quickFailures + 1, BackOffDoublings + 1) : 1
  box.retryAt = now + toTicks(FirstBackOff << (box.quickFailures - 1))
  noteDeadline(box.retryAt)
  beginLine(box)
  words.text('failed: ')
  words.bytes(trapAddress(box), box.trapLength)
  commit()
}
