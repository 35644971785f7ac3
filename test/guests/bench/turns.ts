/**
 * Beside another VM that wants the processor as well, each sees by its TSC how long it has it at a time, and how long it is without. What one is
 * without beyond what the other has is two switches.
 */
import { ticksOf } from '../platform/clock'
import { enableInterrupts, readTsc } from '../platform/hw'
import { median, setSample } from '../platform/samples'
import { print, printField, printLine } from '../platform/serial'

/** Turns that are left out at first, while the other VM and the host's console come to rest; and that both go on afterwards, so that neither is ever alone. */
const Rest: i32 = 16
const Turns: i32 = 32

const had: usize = memory.data(Turns * 8, 8)
const without: usize = memory.data(Turns * 8, 8)

/** Prints `bench turns had=N without=N`, each the median of several turns, in ticks from exit to entry and from entry to exit. */
export function takeTurns(): void {
  const absence = ticksOf(1000) // nothing but a turn of the other's is as long
  enableInterrupts()
  let step = u64.MAX_VALUE // between two looks at the TSC: an exit comes somewhere in it
  let since = readTsc()
  let last = since
  for (let turn = -Rest; turn < Turns + Rest;) {
    const now = readTsc()
    const passed = now - last
    step = min(step, passed)
    if (passed > absence) {
      if (turn >= 0 && turn < Turns) {
        setSample(had, turn, last - since + step)
        setSample(without, turn, passed - step)
      }
      since = now
      turn++
    }
    last = now
  }
  print('bench turns')
  printField('had', median(had, Turns))
  printField('without', median(without, Turns))
  printLine('')
}
