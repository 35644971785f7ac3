/** The `log` and `env` capabilities. */
import * as hw from '../hw'
import { countedSince, countLine, linesCounted, linesCut } from '../log/flood'
import { commit, say } from '../log/log'
import * as words from '../log/text'
import { nameAddress, Sandbox, sandbox, takeBytes } from '../sandbox/sandbox'
import { tscFrequency } from '../time/calibrate'
import { recordAbort } from '../sandbox/trap'

const LineLimit: u32 = 400
const buffer: usize = memory.data(400)

/** `log.line`: so many lines in a second, each after the sandbox's name. */
export function logLine(subject: u32, text: usize, length: u32): void {
  const box = sandbox(subject)
  const count = min(length, LineLimit)
  if (!takeBytes(box, buffer, text, count)) return
  const allowed = countLine(box.logLines, box.logSince, hw.readTsc(), tscFrequency)
  box.logLines = linesCounted
  box.logSince = countedSince
  if (!allowed) return
  if (linesCut != 0) {
    beginLine(box)
    words.decimal(linesCut)
    say(' lines in one second were too many and were cut')
  }
  beginLine(box)
  words.printable(buffer, count)
  commit()
}

/** Starts a line of the log that is a sandbox's, or about it. */
export function beginLine(box: Sandbox): void {
  words.clear()
  words.bytes(nameAddress(box), box.nameLength)
  words.text(': ')
}

/** `env.abort`: what AssemblyScript says before the trap that follows. UTF-16 strings with their byte length at -4. */
export function envAbort(subject: u32, message: usize, file: usize, line: u32, column: u32): void {
  const box = sandbox(subject)
  appendString(subject, message)
  words.text(' at ')
  appendString(subject, file)
  words.byte(0x3A)
  words.decimal(line)
  recordAbort(subject, words.address(), words.size())
  words.clear()
}

function appendString(subject: u32, address: usize): void {
  const box = sandbox(subject)
  if (address < 4 || !takeBytes(box, buffer, address - 4, 4)) return
  const bytes = min(load<u32>(buffer), 200)
  if (!takeBytes(box, buffer, address, bytes)) return
  for (let i: u32 = 0; i + 1 < bytes; i += 2) {
    const code = load<u16>(buffer + i)
    words.byte(code >= 0x20 && code < 0x7F ? code : 0x3F)
  }
}
