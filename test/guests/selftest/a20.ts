/**
 * The A20 gate by its two controls. In a VM it is always open, as software since the 286 wants it: what closes it is remembered and reads back,
 * and addresses with bit 20 still are what they are. Intel ICH9 data sheet, 13.7.3; IBM PS/2 technical reference, "8042 output port".
 */
import { in8, load32, out8, store32 } from '../platform/hw'
import { equal, onEmulator, skip, subject } from './report'

const Control: u32 = 0x92
const Open: u32 = 2
// Conventional memory that nobody uses, and what a closed gate would make of the megabyte above it.
@inline const Low: u64 = 0x6F000
@inline const High: u64 = 0x16F000
const Status: u32 = 0x64
const Data: u32 = 0x60
const ReadOutputPort: u32 = 0xD0
const WriteOutputPort: u32 = 0xD1

function command(byte: u32): void {
  for (let tries = 0; tries < 100000 && in8(Status) & 2; tries++) {}
  out8(Status, byte)
  for (let tries = 0; tries < 100000 && in8(Status) & 2; tries++) {}
}

function outputPort(): u32 {
  command(ReadOutputPort)
  for (let tries = 0; tries < 100000 && !(in8(Status) & 1); tries++) {}
  return in8(Data)
}

/** Whether the two addresses are one. */
function wraps(): bool {
  const low = load32(Low)
  const high = load32(High)
  store32(Low, 0x11111111)
  store32(High, 0x22222222)
  const one = load32(Low) == 0x22222222
  store32(High, high)
  store32(Low, low)
  return one
}

export function testA20(): void {
  if (onEmulator()) return skip('A20', 'a board without a hypervisor closes the gate, and this program lies above it')
  subject('A20')
  equal('  open at first', wraps(), 0)
  out8(Control, in8(Control) & ~(Open | 1))
  equal('  closed by port 92h, addresses stay', wraps(), 0)
  equal('  closed by port 92h, reads back', in8(Control) & Open, 0)
  out8(Control, in8(Control) & ~1 | Open)
  equal('  opened by port 92h', in8(Control) & Open, Open)
  equal('  and is open', wraps(), 0)
  const before = outputPort()
  equal('  open in the 8042\'s output port', before & Open, Open)
  command(WriteOutputPort)
  out8(Data, before & ~Open)
  equal('  closed by the 8042, addresses stay', wraps(), 0)
  equal('  closed by the 8042, reads back', outputPort() & Open, 0)
  command(WriteOutputPort)
  out8(Data, before | Open)
  equal('  opened by the 8042', outputPort() & Open, Open)
  equal('  and is open again', wraps(), 0)
}
