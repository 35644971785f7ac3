/** The two Intel 8259A of a PC: the slave's INT is input 2 of the master, the master's INT goes to LINT0 of the boot processor. */
import * as interrupt from '../../capability/interrupt'
import { Chip, pending, read as readChip, setLevel, setTriggers, take, write as writeChip } from './chip'
import { Cascade, ElcrMask } from './registers'

const master: Chip = changetype<Chip>(memory.data(offsetof<Chip>(), 8))
const slave: Chip = changetype<Chip>(memory.data(offsetof<Chip>(), 8))
let output: bool = false

/** As firmware leaves the pair: vectors 08h and 70h, everything masked. */
export function reset(): void {
  memory.fill(changetype<usize>(master), 0, offsetof<Chip>())
  memory.fill(changetype<usize>(slave), 0, offsetof<Chip>())
  master.base = 0x08
  slave.base = 0x70
  master.mask = 0xff
  slave.mask = 0xff
  output = false
}

/** Sets the level of ISA interrupt line 0–15. */
export function setInput(line: u32, level: bool): void {
  setLevel(line < 8 ? master : slave, line & 7, level)
  update()
}

/** True while a request on `line` is unmasked and not yet acknowledged. */
export function isWaiting(line: u32): bool {
  const chip = line < 8 ? master : slave
  return (((chip.request & ~chip.mask) >> (line & 7)) & 1) != 0
}

/** The CPU's interrupt acknowledge cycle: the vector. With no request it is that of input 7, and nothing is put in service. */
export function acknowledge(): u32 {
  const ir = pending(master)
  if (ir < 0) return master.base | 7
  take(master, ir)
  let vector = master.base | ir
  if (ir == Cascade.Input) {
    const slaveIr = pending(slave)
    if (slaveIr < 0) vector = slave.base | 7
    else {
      take(slave, slaveIr)
      vector = slave.base | slaveIr
    }
    // INT falls during the cycle, so that what still waits in the slave makes a new edge.
    setLevel(master, Cascade.Input, false)
  }
  update()
  return vector
}

/** Reads port 20h (+1) when `second` is false, A0h (+1) when it is true. */
export function read(second: bool, a0: u32): u32 {
  const chip = second ? slave : master
  const polled = chip.poll
  const value = readChip(chip, a0)
  if (polled) {
    if (second) setLevel(master, Cascade.Input, false)
    update()
  }
  return value
}

/** Writes port 20h (+1) or A0h (+1). */
export function write(second: bool, a0: u32, value: u32): void {
  writeChip(second ? slave : master, a0, value)
  update()
}

/** Reads the edge/level control register of the master or the slave. */
export function readTriggers(second: bool): u32 { return (second ? slave : master).levelTriggered }

/** Writes it; inputs that the board needs edge-triggered stay so. */
export function writeTriggers(second: bool, value: u32): void {
  if (second) setTriggers(slave, value & ElcrMask.Slave)
  else setTriggers(master, value & ElcrMask.Master)
  update()
}

function update(): void {
  setLevel(master, Cascade.Input, pending(slave) >= 0)
  const level = pending(master) >= 0
  if (level == output) return
  output = level
  interrupt.intr(level)
}
