/** An Intel controller as a card: its reset, its set-up, its messages. 8254x 14; 82574 4.6. */
import { DeviceNumber, now, number, read32, write32 } from '../../capability/device'
import { Capability } from '../../capability/pci'
import { hasCapability } from '../capability'
import { Exchange } from '../net/card'
import { card } from '../net/life'
import { beginReceive, exchangeReceived, prepareReceive } from './receive'
import {
  AddressValid, AllVector0, Cause, Control, CountDescriptors, ExtendedControl, Nothing, ReceiveControl, Register, RegistersBar, Status, TransmitControl, TransmitGap,
} from './registers'
import { exchangeTransmitted, prepareTransmit } from './transmit'

/** The one that is on PCI Express; the others have a line and no messages. */
const Device82574: u32 = 0x10d3
/** What Ethernet carries. */
const UsualBytes: u32 = 1500
/** Nanoseconds in which it comes to rest before it is reset, and in which it reads its memory afterwards. */
@inline const RestPeriod: u64 = 10_000_000
@inline const LoadPeriod: u64 = 20_000_000

let is82574: bool = false
let hasMsiX: bool = false
let isResting: bool = false // it has yet to be reset
let settledAt: u64 = 0 //     no register is read before

/** Makes the card this controller; false when its registers are not there. */
export function install(): bool {
  if (number(DeviceNumber.MemoryBytes + RegistersBar) < Register.Bytes) return false
  is82574 = <u32>number(DeviceNumber.Identity) >> 16 == Device82574
  hasMsiX = is82574 && hasCapability(Capability.MsiX)
  card().hasMessages = is82574
  card().reset = () => { reset() }
  card().isReset = () => isReset()
  card().isGone = () => now() >= settledAt && read32(RegistersBar, Register.Status) == Nothing
  card().prepare = () => prepare()
  card().begin = () => { begin() }
  card().exchange = () => exchange()
  card().listen = (wanted: bool) => { listen(wanted) }
  card().hear = () => { hear() }
  card().inspect = () => inspect()
  return true
}

function reset(): void {
  write32(RegistersBar, Register.InterruptMaskClear, Cause.All)
  write32(RegistersBar, Register.ReceiveControl, 0)
  write32(RegistersBar, Register.TransmitControl, TransmitControl.PadShort)
  isResting = true
  settledAt = now() + RestPeriod
}

function isReset(): bool {
  if (now() < settledAt) return false
  const control = read32(RegistersBar, Register.Control)
  if (!isResting) return !(control & Control.Reset)
  isResting = false
  settledAt = now() + LoadPeriod
  write32(RegistersBar, Register.Control, control | Control.Reset)
  return false
}

function prepare(): string {
  write32(RegistersBar, Register.InterruptMaskClear, Cause.All)
  const high = read32(RegistersBar, Register.AddressHigh)
  if (!(high & AddressValid)) return 'it has no hardware address'
  card().mac = read32(RegistersBar, Register.AddressLow) | <u64>(high & 0xffff) << 32
  card().maximumBytes = UsualBytes
  const cleared = Control.LinkReset | Control.InvertLossOfSignal | Control.ForceSpeed | Control.ForceDuplex | Control.VlanMode | Control.PhyReset
  write32(RegistersBar, Register.Control, (read32(RegistersBar, Register.Control) & ~cleared) | Control.SetLinkUp)
  write32(RegistersBar, Register.ReceiveChecksum, 0)
  if (is82574) prepare82574()
  else write32(RegistersBar, Register.TransmitGap, TransmitGap)
  prepareReceive()
  prepareTransmit()
  return ''
}

/** What the others do not have: descriptors of another kind, which are not used, and messages. */
function prepare82574(): void {
  write32(RegistersBar, Register.ReceiveFilter, 0)
  write32(RegistersBar, Register.TransmitDescriptorControl, CountDescriptors)
  write32(RegistersBar, Register.ExtendedControl, read32(RegistersBar, Register.ExtendedControl) | ExtendedControl.DriverLoaded | (hasMsiX ? ExtendedControl.PendingClear : 0))
  write32(RegistersBar, Register.InterruptVectors, AllVector0)
  write32(RegistersBar, Register.InterruptAutoClear, hasMsiX ? Cause.ReceiveQueue0 | Cause.Other : 0)
}

/** Everything on the wire is to come, since it is for whoever is behind the switch. */
function begin(): void {
  write32(RegistersBar, Register.TransmitControl, TransmitControl.Enable | TransmitControl.PadShort | TransmitControl.Collisions)
  const all = ReceiveControl.UnicastPromiscuous | ReceiveControl.MulticastPromiscuous | ReceiveControl.Broadcast
  write32(RegistersBar, Register.ReceiveControl, ReceiveControl.Enable | all | ReceiveControl.StripCrc)
  beginReceive()
  if (!is82574) testLine()
}

/** Causes an interrupt: where the line leads the firmware says, if it says anything, and until that was seen to be true the card is looked at. */
function testLine(): void {
  write32(RegistersBar, Register.InterruptMaskSet, Cause.LinkStatusChange)
  write32(RegistersBar, Register.InterruptCauseSet, Cause.LinkStatusChange)
}

/** A line is held down until the causes are read. */
function hear(): void { if (!is82574 && read32(RegistersBar, Register.InterruptCause) & Cause.LinkStatusChange) card().hasMessages = true }

function exchange(): u32 {
  const received = exchangeReceived()
  return received == Exchange.Nonsense ? received : max(received, exchangeTransmitted())
}

/** Causes from before are forgotten, and what came with them is looked for. */
function listen(wanted: bool): void {
  write32(RegistersBar, Register.InterruptMaskClear, Cause.All)
  if (!wanted) return
  write32(RegistersBar, Register.InterruptCause, Cause.All)
  const causes = hasMsiX ? Cause.ReceiveQueue0 | Cause.Other : Cause.ReceiveTimer | Cause.ReceiveMinimum | Cause.ReceiveOverrun
  write32(RegistersBar, Register.InterruptMaskSet, causes | Cause.LinkStatusChange)
}

function inspect(): string {
  if (!(read32(RegistersBar, Register.ReceiveControl) & ReceiveControl.Enable)) return 'it has stopped by itself'
  card().linkUp = (read32(RegistersBar, Register.Status) & Status.LinkUp) != 0
  return ''
}
