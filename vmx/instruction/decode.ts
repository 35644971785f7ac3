import { controlRegister } from './control'
import { Form } from './form'
import { decodeImmediate } from './immediate'
import { Instruction, NoRegister, OpcodeMap, Prefix, Rex, Segment } from '../../capability/instruction'
import { DecodeStatus, LongestInstruction } from './status'
import { oneByte, threeByte38, threeByte3A, twoByte } from './maps'
import { decodeAddress, decodeAddress16 } from './modrm'

/**
 * Decodes the instruction at linear address `bytes`, of which `available` bytes (at most 15) are the instruction stream; DecodeWindow
 * bytes must be readable. `codeSize` is 16, 32 or 64. Answers a DecodeStatus; `out` is complete only with Ok.
 * Intel SDM vol. 2, chapter 2 and appendix A; AMD APM vol. 3, chapter 1 and appendix A.
 */
export function decode(bytes: usize, available: u32, codeSize: u32, out: Instruction): i32 {
  clear(out)
  const long = codeSize == 64
  let at = bytes
  let prefixes: u32 = 0
  let rex: u32 = 0
  let segment: u32 = NoRegister
  let opcode: u32 = 0
  let form: u32 = 0

  while (true) {
    opcode = load<u8>(at)
    form = load<u16>(oneByte + (<usize>opcode << 1))
    if (long && (opcode & 0xF0) == 0x40) rex = opcode
    else if (form & Form.Prefix) {
      rex = 0 // a REX that is not the last before the opcode is ignored. Intel SDM vol. 2, 2.2.1
      if (!(form & Form.Segment)) {
        if (form & (Prefix.RepeatNotEqual | Prefix.Repeat)) prefixes &= ~(Prefix.RepeatNotEqual | Prefix.Repeat)
        prefixes |= form & 0x1F
      } else if (!long || (form & 7) >= Segment.Fs) segment = form & 7
    } else break
    if (++at - bytes >= LongestInstruction) return refuse(LongestInstruction + 1, available)
  }
  at++

  let map: u32 = OpcodeMap.OneByte
  if (form & Form.Escape) {
    if (opcode == 0x0F) {
      opcode = load<u8>(at++)
      form = load<u16>(twoByte + (<usize>opcode << 1))
      map = OpcodeMap.TwoByte
      if (form & Form.Escape) {
        map = opcode == 0x38 ? OpcodeMap.ThreeByte38 : OpcodeMap.ThreeByte3A
        opcode = load<u8>(at++)
        form = threeByteForm(map, opcode)
      }
    } else if (isVector(opcode, load<u8>(at), long)) {
      const status = refuse(<u32>(at - bytes) + 1, available)
      return status == DecodeStatus.Invalid ? DecodeStatus.Vector : status
    }
  }
  if (form & (Form.Undefined | (long ? Form.Invalid64 : 0))) return refuse(<u32>(at - bytes), available)

  out.opcode = <u8>opcode
  out.map = <u8>map
  out.prefixes = <u8>prefixes
  out.rex = <u8>rex
  out.segment = <u8>(segment == NoRegister ? Segment.Ds : segment)
  out.operandSize = <u8>operandSize(codeSize, prefixes, rex, form)
  const addressBytes = addressSize(codeSize, prefixes)
  out.addressSize = <u8>addressBytes

  if (form & Form.E) {
    const modrm = <u32>load<u8>(at++)
    out.modrm = <u8>modrm
    out.register = <u8>(modrm >> 3 & 7 | (rex & Rex.R) << 1)
    if (modrm >= 0xC0 || (form & Form.Control) != 0) out.rm = <u8>(modrm & 7 | (rex & Rex.B) << 3)
    else if (addressBytes == 2) at = decodeAddress16(at, modrm, segment, out)
    else at = decodeAddress(at, modrm, rex, long, segment, out)
    if (form & Form.Control) {
      const register = controlRegister(opcode, modrm, rex, (prefixes & Prefix.Lock) != 0)
      if (register == u32.MAX_VALUE) return refuse(<u32>(at - bytes), available)
      out.register = <u8>register
    } else if ((prefixes & Prefix.Lock) != 0 && !(form & Form.Lock)) return refuse(<u32>(at - bytes), available)
  } else {
    if (prefixes & Prefix.Lock) return refuse(<u32>(at - bytes), available) // #UD. Intel SDM vol. 2, LOCK
    if (form & Form.Embedded) out.register = <u8>(opcode & 7 | (rex & Rex.B) << 3)
  }
  if (form & Form.Immediate) {
    if ((form & Form.Immediate) == Form.O) noBase(out)
    at = decodeImmediate(at, form & Form.Immediate, long, out)
  }
  return finish(bytes, at, available, out)
}

/**
 * True where C4h, C5h, 62h or 8Fh starts VEX, EVEX or XOP and not LES, LDS, BOUND or POP; `next` is the byte after it.
 * Intel SDM vol. 2, 2.3.5 and 2.7.1; AMD APM vol. 3, 1.8.
 */
@inline function isVector(opcode: u32, next: u32, long: bool): bool {
  if (opcode == 0x8F) return (next & 0x1F) >= 8
  return long || next >= 0xC0
}

@inline function clear(out: Instruction): void {
  const address = changetype<usize>(out)
  store<u64>(address, 0)
  store<u64>(address, 0, 8)
  store<u64>(address, 0, 16)
  store<u64>(address, 0, 24)
  store<u64>(address, 0, 32)
}

@inline function addressSize(codeSize: u32, prefixes: u32): u32 {
  const toggled = (prefixes & Prefix.AddressSize) != 0
  if (codeSize == 64) return toggled ? 4 : 8
  return (codeSize == 16) == toggled ? 4 : 2
}

/** Intel SDM vol. 1, 3.6.1; AMD APM vol. 3, 1.2.2. */
@inline function operandSize(codeSize: u32, prefixes: u32, rex: u32, form: u32): u32 {
  if (form & Form.Byte) return 1
  const toggled = (prefixes & Prefix.OperandSize) != 0
  if (codeSize != 64) return form & Form.Control ? 4 : (codeSize == 16) == toggled ? 4 : 2
  if (rex & Rex.W || form & Form.Control) return form & Form.Port ? 4 : 8
  if (toggled) return 2
  return form & Form.Default64 ? 8 : 4
}

@inline function threeByteForm(map: u32, opcode: u32): u32 {
  const defined = map == OpcodeMap.ThreeByte38 ? threeByte38 : threeByte3A
  if (!(load<u32>(defined + <usize>(opcode >> 5 << 2)) >> (opcode & 31) & 1)) return Form.Undefined
  return map == OpcodeMap.ThreeByte38 ? Form.E : Form.E | Form.Ib
}

/** The offset of A0h–A3h is a memory operand without registers. */
@inline function noBase(out: Instruction): void {
  out.memory = 1
  out.base = <u8>NoRegister
  out.index = <u8>NoRegister
}

@inline function finish(bytes: usize, end: usize, available: u32, out: Instruction): i32 {
  const length = <u32>(end - bytes)
  if (length > available) return refuse(length, available)
  out.length = <u8>length
  return DecodeStatus.Ok
}

/** `consumed` bytes were looked at before the instruction turned out wrong; if not all of them were there, more must come first. */
function refuse(consumed: u32, available: u32): i32 {
  if (consumed <= available) return DecodeStatus.Invalid
  return available >= LongestInstruction ? DecodeStatus.TooLong : DecodeStatus.TooShort
}
