/** Commands that take too long: looked for once a second, so that none has to ask for the time. */
import { busy, pairAt, PairLimit, slotAt } from './slot'

/** Seconds after which a command is to be aborted, and after which the controller is to be reset. */
const AbortAge: u32 = 30
const ResetAge: u32 = 40

/** What a second made of them. */
export namespace Late {
  export const None: u32 = 0
  export const Abort: u32 = 1 // of `lateCommand`
  export const Reset: u32 = 2
}

let command: u32 = 0

/** The command to abort: its submission queue | its identifier << 16, as Abort's CDW10 has it (figure 147). */
export function lateCommand(): u32 { return command }

/** A second has passed for every command. */
export function age(): u32 {
  let late: u32 = Late.None
  for (let number: u32 = 0; number < PairLimit; number++) {
    const pair = pairAt(number)
    for (let left = busy(pair); left; left &= left - 1) {
      const slot = slotAt(pair, <u32>ctz(left))
      slot.age++
      if (slot.age >= ResetAge) return Late.Reset
      if (slot.age == AbortAge && late == Late.None) {
        late = Late.Abort
        command = pair.identifier | slot.identifier << 16
      }
    }
  }
  return late
}
