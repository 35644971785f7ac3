/** The `stream` capability of a terminal's driver. */
import { OutputLimit, terminalInput, terminalOutput } from '../log/terminal'
import { sandbox } from '../sandbox/sandbox'

export function streamPush(subject: u32, byte: u32): bool { return terminalInput().push(byte) }

/** A driver is given what its own terminal is to show. */
export function streamPull(subject: u32): i32 {
  const terminal = sandbox(subject).terminal
  return terminal < OutputLimit ? terminalOutput(terminal).pull() : -1
}
