/** sandbox list, restart. */
import { AdminStatus, sandboxCount, SandboxNumber, sandboxNumber, sandboxRestart, SandboxText } from '../../../capability/admin'
import { add, Arguments, Kind } from '../command'
import { duration, size } from '../format'
import { Json } from '../json'
import { sandboxStateName } from '../states'
import { Table } from '../table'
import { print } from '../terminal'
import { textOfSandbox } from '../text'
import { findSandbox } from './find'

/** Adds them. */
export function addSandboxCommands(): void {
  add('sandbox list', 'all sandboxes', 'sandbox list', list).option('--json')
  add('sandbox restart', 'replace one by a new one', 'sandbox restart console', restart).takesSeveral('NAME', Kind.Sandbox)
    .explain('Ends the instance, scrubs its memory and starts a new one. A VM whose machine is restarted is reset.')
}

function list(given: Arguments): void {
  const json = new Json().array()
  const table = new Table(['NAME', 'STATE', '>MEMORY', '>CALLS', '>CPU TIME', '>RESTARTS'])
  let traps = ''
  for (let sandbox: u32 = 0; sandbox < sandboxCount(); sandbox++) {
    const state = sandboxNumber(sandbox, SandboxNumber.State)
    if (!state) continue
    const name = textOfSandbox(sandbox, SandboxText.Name)
    const trap = textOfSandbox(sandbox, SandboxText.Trap)
    const bytes = sandboxNumber(sandbox, SandboxNumber.MemoryBytes)
    const calls = sandboxNumber(sandbox, SandboxNumber.Calls)
    const time = sandboxNumber(sandbox, SandboxNumber.CpuTime)
    const restarts = sandboxNumber(sandbox, SandboxNumber.Restarts)
    table.row([name, sandboxStateName(state), size(bytes), calls.toString(), duration(time), restarts.toString()])
    if (trap.length) traps += `\nLast trap of ${name}: ${trap}`
    json.object().name('name').text(name).name('state').text(sandboxStateName(state)).name('memoryBytes').number(bytes)
      .name('calls').number(calls).name('cpuTimeNanoseconds').number(time).name('restarts').number(restarts)
      .name('generation').number(sandboxNumber(sandbox, SandboxNumber.Generation)).name('trap').text(trap).endObject()
  }
  if (given.has('--json')) return json.endArray().show()
  table.show()
  if (traps.length) print(traps + '\n')
}

function restart(given: Arguments): void {
  const name = given.positions.join(' ')
  const sandbox = findSandbox(name)
  if (sandbox < 0) return
  const status = sandboxRestart(sandbox)
  switch (status) {
    case AdminStatus.Ok: return print(`Restarting ${name}.\n`)
    case AdminStatus.WrongState: return print(`${name} cannot be restarted now; see: sandbox list\n`)
    case AdminStatus.NoMemory: return print(`There is not enough free memory for a new ${name}; see: host memory\n`)
    default: return print(`${name}: the nucleus refused the order (status ${status}).\n`)
  }
}
