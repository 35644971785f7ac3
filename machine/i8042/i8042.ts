/**
 * The 8042 keyboard controller, ports 60h and 64h, with nothing plugged into it. It answers everything at once: a
 * kernel that probes for a keyboard or a mouse learns that there is none without waiting for a timeout.
 */
import * as power from '../../capability/power'
import { Line } from '../addresses'
import { setIrq } from '../wires'
import { Command, CommandByte, OutputPort, Reply, Status } from './registers'

const controllerRam: usize = memory.data(32) // the controller's RAM; location 0 is the command byte
let status: u32 = Status.Unlocked
let output: u32 = 0
let outputPort: u32 = OutputPort.Fixed | OutputPort.NotReset | OutputPort.A20
let parameterOf: u32 = 0 // the command that the next write to port 60h belongs to; 0 for none

/** As firmware leaves it: self-test passed, A20 open, interrupts off. */
export function reset(): void {
  memory.fill(controllerRam, 0, 32)
  store<u8>(controllerRam, CommandByte.System | CommandByte.Translate)
  status = Status.Unlocked | Status.System
  output = 0
  outputPort = OutputPort.Fixed | OutputPort.NotReset | OutputPort.A20
  parameterOf = 0
}

/** Reads port 64h. */
export function readStatus(): u32 { return status }

/** Reads port 60h: takes what is in the output buffer. */
export function readData(): u32 {
  status &= ~(Status.OutputFull | Status.AuxiliaryData | Status.Timeout)
  update()
  return output
}

/** Writes port 64h. */
export function writeCommand(value: u32): void {
  value &= 0xff
  status |= Status.Command
  parameterOf = 0
  if ((value & 0xe0) == Command.ReadRam) answer(load<u8>(controllerRam + (value & 0x1f)))
  else if (value >= Command.PulseOutput) {
    if (!(value & OutputPort.NotReset)) power.reset(power.ResetCause.KeyboardController)
  } else if (takesParameter(value)) parameterOf = value
  else execute(value)
}

/** Writes port 60h: the parameter of a command, or a byte for the keyboard. */
export function writeData(value: u32): void {
  value &= 0xff
  const command = parameterOf
  status &= ~Status.Command
  parameterOf = 0
  if ((command & 0xe0) == Command.WriteRam) writeRam(command & 0x1f, value)
  else if (command == Command.WriteOutputPort) writeOutputPort(value)
  // An auxiliary loop test is answered, but not as auxiliary data: there is no auxiliary port.
  else if (command == Command.WriteKeyboardOutput || command == Command.WriteAuxiliaryOutput) answer(value)
  else noDevice()
}

@inline function takesParameter(command: u32): bool {
  return (command & 0xe0) == Command.WriteRam || (command >= Command.WriteOutputPort && command <= Command.WriteAuxiliary)
}

function execute(command: u32): void {
  switch (command) {
    case Command.DisableAuxiliary:
      writeRam(0, load<u8>(controllerRam) | CommandByte.DisableAuxiliary)
      break
    case Command.EnableAuxiliary:
      writeRam(0, load<u8>(controllerRam) & ~CommandByte.DisableAuxiliary)
      break
    case Command.TestAuxiliary:
      answer(Reply.ClockStuckLow)
      break
    case Command.SelfTest:
      status |= Status.System
      answer(Reply.SelfTestPassed)
      break
    case Command.TestKeyboard:
      answer(Reply.TestPassed)
      break
    case Command.DisableKeyboard:
      writeRam(0, load<u8>(controllerRam) | CommandByte.DisableKeyboard)
      break
    case Command.EnableKeyboard:
      writeRam(0, load<u8>(controllerRam) & ~CommandByte.DisableKeyboard)
      break
    case Command.ReadInputPort:
      answer(0x80) // keyboard not locked
      break
    case Command.ReadOutputPort:
      answer(outputPort | (status & Status.OutputFull ? OutputPort.OutputFull : 0))
      break
    case Command.ReadTestInputs:
      answer(0)
      break
  }
}

/** Puts a byte into the output buffer. */
function answer(value: u32): void {
  output = value & 0xff
  status = (status & ~(Status.Timeout | Status.AuxiliaryData)) | Status.OutputFull
  update()
}

/** What the controller says when a byte to a device gets no answer. */
function noDevice(): void {
  answer(Reply.Resend)
  status |= Status.Timeout
}

function writeRam(location: u32, value: u32): void {
  store<u8>(controllerRam + location, value)
  if (location) return
  status = value & CommandByte.System ? status | Status.System : status & ~Status.System
  update()
}

function writeOutputPort(value: u32): void {
  outputPort = OutputPort.Fixed | (value & (OutputPort.A20 | OutputPort.NotReset))
  if (!(value & OutputPort.NotReset)) power.reset(power.ResetCause.KeyboardController)
}

function update(): void {
  setIrq(Line.Keyboard, (status & Status.OutputFull) != 0 && (load<u8>(controllerRam) & CommandByte.KeyboardInterrupt) != 0)
}
