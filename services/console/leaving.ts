/** Shuts the host down or reboots it: asks the VMs to stop, waits for them, then switches off. */
import { AdminStatus, power, PowerOrder, vmCount, VmOrder, vmOrder, VmState } from '../../capability/admin'
import { requestWake, uptime } from './deadline'
import { distance, drop, fill, full, waiting } from './input'
import { enterMode, Mode } from './mode'
import { pending, print } from './terminal'
import { nameOfVm } from './text'
import { vmOf } from './vm'

const interruptKey: i32 = 0x03 // Ctrl-C
/** How long the VMs have to shut down, in nanoseconds. */
const patience: u64 = 30000000000

/** How long the terminal has to show the last words. */
const farewell: u64 = 5000000000

const enum Phase { Waiting, LastWords, Ordered }

let order: u32 = PowerOrder.Off
let phase: Phase = Phase.Waiting
let forced: bool = false
let deadline: u64 = 0 // of the phase

/** Begins. Without `force` the running VMs are asked to stop first; a paused one cannot hear that, so the order is refused. */
export function leaveHost(powerOrder: u32, force: bool): void {
  order = powerOrder
  forced = force
  phase = Phase.Waiting
  deadline = uptime()
  const paused = namesIn(VmState.Paused)
  const running = namesIn(VmState.Running)
  const command = order == PowerOrder.Off ? 'shutdown' : 'reboot'
  if (!force && paused.length) {
    print(`Paused VMs cannot shut down: ${paused.join(', ')}. Resume them (vm resume ${paused[0]}), or use: ${command} --force\n`)
    return
  }
  if (!force && running.length) {
    for (let vm: u32 = 0; vm < vmCount(); vm++) if (vmOf(vm).state == VmState.Running) vmOrder(vm, VmOrder.PowerButton)
    deadline += patience
    print(`Pressed the power button of ${running.join(', ')}. Waiting up to 30 s; Ctrl-C cancels.\n`)
  } else if (running.length + paused.length) {
    print(`Ending without shutdown: ${running.concat(paused).join(', ')}.\n`)
  }
  enterMode(Mode.Leaving)
}

/** Goes on waiting, or leaves when nothing is left to wait for. */
export function leaveOn(): void {
  switch (phase) {
    case Phase.Waiting: return wait()
    case Phase.LastWords: return pending() && uptime() < deadline ? requestWake(deadline) : switchOff()
    default: return refused() // the order was carried out when the call that gave it returned: it was not possible
  }
}

function wait(): void {
  fill()
  const interrupted = distance(interruptKey) >= 0
  if (full()) requestWake(0)
  drop(waiting())
  if (interrupted) {
    print('^C\nCancelled. VMs that have heard the power button may still stop.\n')
    return enterMode(Mode.Prompt)
  }
  const running = namesIn(VmState.Running)
  if (running.length) {
    if (uptime() < deadline) return requestWake(deadline)
    if (!forced) print(`Still running: ${running.join(', ')}. Not waiting any longer.\n`)
  }
  print(order == PowerOrder.Off ? 'Powering off.\n' : 'Rebooting.\n')
  phase = Phase.LastWords
  deadline = uptime() + farewell
  requestWake(0)
}

function switchOff(): void {
  phase = Phase.Ordered
  if (power(order) != AdminStatus.Ok) refused()
}

function refused(): void {
  print(order == PowerOrder.Off ? 'This host cannot switch itself off; its power can be cut now.\n' : 'This host cannot reboot itself.\n')
  enterMode(Mode.Prompt)
}

function namesIn(state: u32): string[] {
  const names: string[] = []
  for (let vm: u32 = 0; vm < vmCount(); vm++) if (vmOf(vm).state == state) names.push(nameOfVm(vm))
  return names
}
