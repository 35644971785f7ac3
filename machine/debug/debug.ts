/** Port E9h, where kernels under development and Bochs's own firmware print. What is written becomes lines of the log. */
import * as log from '../../capability/log'

const capacity: u32 = 120
const text: usize = memory.data(120)
let length: u32 = 0

/** As after power-on. */
export function reset(): void { length = 0 }

/** A guest that reads E9h finds out that the port is there. */
export function read(): u32 { return 0xe9 }

/** Writes a character. The log takes UTF-8: what is not printable ASCII is shown as a question mark. */
export function write(value: u32): void {
  value &= 0xff
  if (value == 0x0a) {
    flush()
    return
  }
  if (value == 0x0d) return
  store<u8>(text + length++, value >= 0x20 && value < 0x7f ? value : 0x3f)
  if (length == capacity) flush()
}

function flush(): void {
  log.line(text, length)
  length = 0
}
