/** The nucleus: what boot/ calls, and what the sandboxes' imports reach. */
export { boot } from './boot'
export { onException, onTrap, onAbort } from './debug/fault'
export { onInterrupt } from './interrupts/interrupt'
export { growMemory } from './sandbox/sandbox'
export { logLine, envAbort } from './capability/log'
export { streamPull, streamPush } from './capability/stream'
