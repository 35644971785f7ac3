/** The board with the VM's disks plugged in. */
import * as block from '../../machine/block/block'
import * as board from '../../machine/board'
import { armIfChanged, Deadline, isDue } from '../../machine/deadlines'
import { now } from '../../capability/clock'

export { mmioRead, mmioWrite, portRead, portWrite } from '../../machine/board'
export { assignAddresses } from '../../machine/pci/assign'

export function reset(): void {
  board.reset()
  block.plug()
}

export function tick(): void {
  board.tick()
  if (isDue(Deadline.Block, now())) block.tick()
  armIfChanged()
}

export function diskCompleted(): void {
  block.diskCompleted()
  armIfChanged()
}
