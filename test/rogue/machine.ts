/**
 * The machine, of whose instances some turn rogue: at its guest's first OUT a VM whose name is a crime's commits it, and some start their guests in
 * states that no processor runs.
 * Everything else is machine/index.ts.
 */
import { ConfigText, text } from '../../capability/config'
import { epoch } from '../../capability/clock'
import { line } from '../../capability/log'
import { size, zero } from '../../capability/ram'
import { segment, StartSegment } from '../../capability/start'
import { portWrite as write, start as begin } from '../../machine/index'
import { giveState, state } from '../../machine/loader/startState'
import { commit, Crime } from './crimes'
import { askForEverything } from './machine-pointers'
import { describeRefusals } from './pointers'

export {
  acknowledge, diskCompleted, endOfInterrupt, ferr, mmioRead, mmioWrite, msrRead, msrWrite, portRead, powerButton, processors, serialInput, switchTask, tick, unbackedAccesses,
} from '../../machine/index'

const name: usize = memory.data(64)
let begun = false

export function portWrite(port: u32, size: u32, value: u32): void {
  if (!begun) {
    begun = true
    turn(text(ConfigText.Name, name, 64))
  }
  write(port, size, value)
}

export function start(): i32 {
  const outcome = begin()
  startBadly(text(ConfigText.Name, name, 64))
  giveState()
  return outcome
}

function startBadly(length: u32): void {
  if (is(length, 'bad-rflags')) state.rflags = 0
  else if (is(length, 'bad-task')) segment(StartSegment.Tr, 0, 0, 0x67, 0x89)
  else if (is(length, 'bad-paging')) state.cr0 = 0x8000_0010
  else if (is(length, 'bad-table')) state.cr3 = 1 << 60
  else if (is(length, 'bad-reader')) state.cr3 = 0xBA << 56 | Crime.Null
  else if (is(length, 'bad-looper')) state.cr3 = 0xBA << 56 | Crime.Loop
  else if (is(length, 'bad-forger')) state.cr3 = 0xBA << 56 | 100
  else if (is(length, 'bad-cache')) state.cr0 = 0x2000_0011
  else if (is(length, 'bad-half')) state.cr0 = 0x1_0000_0011
  else if (is(length, 'bad-address')) state.rip = 0xFFFF_0000_0000_0000
}

function turn(length: u32): void {
  if (is(length, 'null')) commit(Crime.Null)
  else if (is(length, 'far-load')) commit(Crime.FarLoad)
  else if (is(length, 'far-store')) commit(Crime.FarStore)
  else if (is(length, 'division')) commit(Crime.Division)
  else if (is(length, 'overflow')) commit(Crime.Overflow)
  else if (is(length, 'abort')) commit(Crime.Abort)
  else if (is(length, 'unreachable')) commit(Crime.Unreachable)
  else if (is(length, 'loop')) commit(Crime.Loop)
  else if (is(length, 'recursion')) commit(Crime.Recursion)
  else if (is(length, 'recursion-growing')) commit(Crime.GrowingRecursion)
  else if (is(length, 'recursion-copying')) commit(Crime.CopyingRecursion)
  else if (is(length, 'recursion-asking')) diveAsking(1)
  else if (is(length, 'growth')) commit(Crime.BeyondGrowth)
  else if (is(length, 'wrong-function')) commit(Crime.WrongFunction)
  else if (is(length, 'no-function')) commit(Crime.NoFunction)
  else if (is(length, 'copy')) commit(Crime.Copy)
  else if (is(length, 'loop-asking')) for (;;) zero(0, size())
  else if (is(length, 'pointers')) {
    askForEverything()
    line(name, describeRefusals(name))
  }
}

/** Calls the nucleus at every depth. */
function diveAsking(depth: u32): u64 { return epoch() + diveAsking(depth + 1) + depth }

function is(length: u32, word: string): bool {
  if (length != <u32>word.length) return false
  for (let i = 0; i < word.length; i++) if (load<u8>(name + i) != word.charCodeAt(i)) return false
  return true
}
