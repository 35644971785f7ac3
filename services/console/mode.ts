/** What the terminal is being used for. */
export const enum Mode {
  /** A line is being typed. */
  Prompt,
  /** The terminal is connected to a guest's serial port. */
  Attached,
  /** The log or a guest's output is being shown. */
  Reading,
  /** Counters are being shown as they grow. */
  Watching,
  /** A service has an order and is waited for. */
  Waiting,
  /** VMs were asked to shut down so that the host can. */
  Leaving,
}

let mode: Mode = Mode.Prompt

/** What the terminal is being used for now. */
export function currentMode(): Mode {
  return mode
}

/** Changes it. */
export function enterMode(next: Mode): void {
  mode = next
}
