/** A board with network interfaces, which board.ts does not plug in while the nucleus does not answer `net`. */
import * as board from '../../machine/board'
import * as clock from '../../capability/clock'
import { armIfChanged, Deadline, isDue } from '../../machine/deadlines'
import * as net from '../../machine/net/net'

export { acknowledge, diskCompleted, endOfInterrupt, ferr, mmioRead, mmioWrite, portRead, portWrite, powerButton, processors, serialInput, unbackedAccesses } from '../../machine/board'
export { assignAddresses } from '../../machine/pci/assign'

export function reset(): void {
  board.reset()
  net.plug()
}

export function tick(): void {
  board.tick()
  if (isDue(Deadline.Net, clock.now())) net.tick()
  armIfChanged()
}

export function netProgress(): void {
  net.netProgress()
  armIfChanged()
}
