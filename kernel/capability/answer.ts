/** How an import answers with text: it is built as a line, then copied to the sandbox that asked. */
import * as words from '../log/text'
import { giveBytes, sandbox } from '../sandbox/sandbox'

/** Copies at most `capacity` bytes of the line built to the sandbox; returns its whole length. */
export function giveText(subject: u32, target: usize, capacity: u32): u32 {
  const length = words.size()
  const count = min(length, capacity)
  if (count > 0) giveBytes(sandbox(subject), target, words.address(), count)
  words.clear()
  return length
}
