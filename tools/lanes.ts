/** Commands that run beside each other, told apart by what stands before each of their lines. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const started = Date.now()

/** Minutes and seconds since this program began, as in `12:03`. */
function elapsed(): string {
  const seconds = Math.floor((Date.now() - started) / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** Prints a line of a lane, with the time. */
export function say(lane: string, line: string): void {
  process.stdout.write(`${elapsed().padStart(5)} ${lane.padEnd(8)} ${line}\n`)
}

/** Runs a command in `folder` and prints its lines as those of `lane`. Resolves to whether it ended well. */
export function run(lane: string, folder: string, command: string, parameters: string[]): Promise<boolean> {
  // A make that calls us has flags of its own in the environment, which are not meant for a make that we call.
  const env = { ...process.env, MAKEFLAGS: '', MAKELEVEL: '' }
  const child = spawn(command, parameters, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env })
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream, crlfDelay: Infinity }).on('line', line => say(lane, line))
  return new Promise(resolve => {
    child.on('error', error => {
      say(lane, `${command}: ${error.message}`)
      resolve(false)
    })
    child.on('close', code => resolve(code === 0))
  })
}
