/** The host's own power, and the restarts of sandboxes that an administrator asked for. ACPI 6.5, 4.8.3.2 and 4.8.3.6. */
import * as hw from '../hw'
import { PowerOrder } from '../../capability/admin'
import { Register, RegisterSpace } from '../../capability/firmware'
import { beginLine } from '../capability/log'
import { endOthers } from '../cpu/kick'
import { acpi } from '../firmware/acpi'
import { say, startEarly } from '../log/log'
import { isAllShown } from '../log/terminal'
import { Sandbox, sandbox, SandboxLimit, SandboxState } from '../sandbox/sandbox'
import { SandboxKind } from '../security/policy'
import { later, toTicks } from '../time/clock'
import { restart } from '../service/console'
import { requestOrders } from '../vm/attention'
import { endVirtualization } from '../vm/host'
import { reset } from '../vm/power'
import { holdVm } from '../vm/scheduling'
import { vmAt } from '../vm/vm'

const None: u32 = 0xFF
let requested: u32 = None

/** How long power waits for what is still to be shown, nanoseconds: a guest that floods the terminal must not hold it up. */
@inline const Patience: u64 = 2_000_000_000
let deadline: u64 = 0

/** Takes effect when the current call into the console is over. */
export function requestPower(order: u32): void {
  requested = order
  deadline = later(hw.readTsc(), toTicks(Patience))
}

/** Carries out what was asked of the host. Power waits until what the console said has been shown. */
export function settleHost(): void {
  for (let subject: u32 = 1; subject < SandboxLimit; subject++) {
    const box = sandbox(subject)
    if (!box.restartRequested || box.kind == SandboxKind.Machine && box.state != SandboxState.Free && !holdVm(vmAt(box.vm))) continue
    box.restartRequested = false
    restartSandbox(box)
  }
  if (requested == None) return
  if (!isAllShown() && hw.readTsc() < deadline) return requestOrders()
  endOthers()
  startEarly()
  endVirtualization()
  if (requested == PowerOrder.Off) powerOff()
  else reboot()
}

/** A machine cannot go on without its state: its VM is reset. Drivers and the console get a fresh instance, and the guests do not notice. */
function restartSandbox(box: Sandbox): void {
  if (box.state == SandboxState.Free) return
  beginLine(box)
  say('restarted by the administrator')
  if (box.kind == SandboxKind.Machine) reset(vmAt(box.vm))
  else restart(box)
}

function write(register: Register, value: u32): void {
  if (register.space == RegisterSpace.Port) {
    if (register.bits <= 8) hw.out8(<u32>register.address, value)
    else hw.out16(<u32>register.address, value)
  } else if (register.space == RegisterSpace.Memory) {
    if (register.bits <= 8) hw.store8(register.address, value)
    else hw.store16(register.address, value)
  }
}

/** S5: SLP_TYP and SLP_EN. */
function powerOff(): void {
  say('power off')
  if (acpi().hasSleepState5 != 0) {
    write(acpi().pm1aControl, acpi().sleepTypeA << 10 | 1 << 13)
    write(acpi().pm1bControl, acpi().sleepTypeB << 10 | 1 << 13)
  }
  shutDownBochs()
  say('this machine cannot switch itself off: it is safe to do it now')
  hw.stop()
}

/** Bochs without ACPI tables listens for this word at port 8900h. */
function shutDownBochs(): void {
  const word = 'Shutdown'
  for (let i = 0; i < word.length; i++) hw.out8(0x8900, word.charCodeAt(i))
}

/** The ACPI reset register, port CF9h, the keyboard controller, at last a triple fault. */
function reboot(): void {
  say('reboot')
  write(acpi().resetRegister, acpi().resetValue)
  hw.out8(0xCF9, 0x02)
  hw.out8(0xCF9, 0x06)
  hw.out8(0x64, 0xFE)
  hw.emptyIdt()
}
