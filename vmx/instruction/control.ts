import { Rex } from '../../capability/instruction'
import { hasAlternateCr8 } from './immediate'

// Control registers that exist: 0, 2, 3, 4, 8.
const ControlRegisters: u32 = 0x011D

/** The control or debug register that MOV names, or all ones where there is none. Intel SDM vol. 2, MOV; AMD APM vol. 3, MOV CRn. */
export function controlRegister(opcode: u32, modrm: u32, rex: u32, lock: bool): u32 {
  const debug = (opcode & 1) != 0
  let register = modrm >> 3 & 7 | (rex & Rex.R) << 1
  if (lock) {
    if (debug || !hasAlternateCr8()) return u32.MAX_VALUE
    register += 8
  }
  if (debug) return register < 8 ? register : u32.MAX_VALUE
  return (ControlRegisters >> register & 1) != 0 ? register : u32.MAX_VALUE
}
