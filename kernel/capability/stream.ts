/** The `stream` capability of a terminal's driver. */
import { terminalInput, terminalOutput } from '../log/terminal'

export function streamPush(subject: u32, byte: u32): bool { return terminalInput().push(byte) }
export function streamPull(subject: u32): i32 { return terminalOutput().pull() }
