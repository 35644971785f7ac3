/** The `screen` capability, but for its writes, which are inline. */
import { screenValue } from '../host/screen'

export function screenNumber(subject: u32, key: u32): u32 { return screenValue(key) }
