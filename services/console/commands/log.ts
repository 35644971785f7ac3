/** log */
import { add, Arguments } from '../command'
import { read } from '../reading'
import { lastLines, LogSource } from '../source'
import { lineCount } from './find'

const standardLines: u64 = 40

/** Adds `log`. */
export function addLog(): void {
  add('log', "the nucleus's log", 'log -n 100', log).option('-n', '--lines', 'N').option('-f', '--follow')
    .explain(`Shows the last N lines (${standardLines} without -n). -f goes on until Ctrl-C.`)
}

function log(given: Arguments): void {
  const lines = lineCount(given.value('-n'), standardLines)
  if (lines != u64.MAX_VALUE) read(LogSource, lastLines(LogSource, lines), given.has('-f'))
}
