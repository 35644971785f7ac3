/** The UART's driver, which turns rogue when Ctrl-\ (a null reference) or Ctrl-^ (an endless loop) is typed. */
import { read8 } from '../../capability/port'
import { push } from '../../capability/stream'
import { LineStatus, Register } from '../../drivers/uart/registers'
import { interrupt as serve } from '../../drivers/uart/index'
import { commit, Crime } from './crimes'

export { start, transmit } from '../../drivers/uart/index'

/** Takes what has arrived before the driver sees it. */
export function interrupt(): void {
  while (read8(Register.LineStatus) & LineStatus.DataReady) {
    const byte = read8(Register.ReceiverBuffer)
    if (byte == 0x1C) commit(Crime.Null)
    if (byte == 0x1E) commit(Crime.Loop)
    push(byte)
  }
  serve()
}
