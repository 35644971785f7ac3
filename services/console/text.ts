/** Fetches texts from the nucleus. */
import { line } from '../../capability/log'
import { hostText, sandboxText, vmText, VmText } from '../../capability/admin'

const capacity: u32 = 8192
const buffer = memory.data(8192, 16)

function decoded(length: u32): string {
  return String.UTF8.decodeUnsafe(buffer, min(length, capacity))
}

/** A text of the host; `key` is of HostText. */
export function textOfHost(key: u32): string {
  return decoded(hostText(key, buffer, capacity))
}

/** A text of a VM; `key` is of VmText. */
export function textOfVm(vm: u32, key: u32): string {
  return decoded(vmText(vm, key, buffer, capacity))
}

/** A VM's name. */
export function nameOfVm(vm: u32): string {
  return textOfVm(vm, VmText.Name)
}

/** A text of a sandbox; `key` is of SandboxText. */
export function textOfSandbox(sandbox: u32, key: u32): string {
  return decoded(sandboxText(sandbox, key, buffer, capacity))
}

/** A hash (FNV-1a) of why a VM last stopped, to notice a new reason without keeping the text. */
export function reasonHash(vm: u32): u64 {
  const length = min(vmText(vm, VmText.Reason, buffer, capacity), capacity)
  let hash: u64 = 0xcbf29ce484222325
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ load<u8>(buffer + i)) * 0x100000001b3
  return hash
}

/** Adds a line to the host's log. */
export function logText(text: string): void {
  const words = String.UTF8.encode(text)
  line(changetype<usize>(words), words.byteLength)
}

/** ASCII at an address, up to a zero or `capacity` bytes; what is none becomes '?'. */
export function textAt(address: usize, capacity: u32): string {
  let text = ''
  for (let i: u32 = 0; i < capacity && load<u8>(address + i) != 0; i++) {
    const code: i32 = load<u8>(address + i)
    text += String.fromCharCode(code < 0x80 ? code : 0x3f)
  }
  return text
}
