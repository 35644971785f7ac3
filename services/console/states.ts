/** States and protocols in words. */
import { VmState } from '../../capability/admin'
import { BootProtocol } from '../../capability/config'

/** A VM's state in words; `state` is of VmState. */
export function stateName(state: u32): string {
  switch (state) {
    case VmState.Stopped: return 'stopped'
    case VmState.Running: return 'running'
    case VmState.Paused: return 'paused'
    case VmState.Crashed: return 'crashed'
    default: return state.toString()
  }
}

/** The commands that are possible in a state. */
export function commandsIn(state: u32): string[] {
  switch (state) {
    case VmState.Running: return ['stop', 'kill', 'reset', 'pause']
    case VmState.Paused: return ['resume', 'kill', 'reset']
    default: return ['start']
  }
}

/** A boot protocol as the configuration writes it. */
export function protocolName(protocol: u64): string {
  switch (<u32>protocol) {
    case BootProtocol.Linux: return 'linux'
    case BootProtocol.Multiboot: return 'multiboot'
    case BootProtocol.Multiboot2: return 'multiboot2'
    case BootProtocol.Pvh: return 'pvh'
    case BootProtocol.Firmware: return 'firmware'
    default: return protocol.toString()
  }
}

/** A sandbox's state in words; see `SandboxNumber.State`. */
export function sandboxStateName(state: u64): string {
  switch (<u32>state) {
    case 0: return 'free'
    case 1: return 'running'
    default: return 'failed'
  }
}
