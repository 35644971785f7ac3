/** The limit on what a sandbox logs. */
import { countedSince, countLine, linesCounted, linesCut } from '../../kernel/log/flood'

export { countLine }
export function cut(): u32 { return linesCut }
export function counted(): u32 { return linesCounted }
export function since(): u64 { return countedSince }
