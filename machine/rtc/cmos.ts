/** The battery-backed bytes behind the clock: what AT firmware leaves there for boot loaders and old kernels. */
import * as ram from '../../capability/ram'
import { Register } from './registers'

const bytes: usize = memory.data(128)

/** Reads a byte. */
@inline export function readByte(index: u32): u32 { return load<u8>(bytes + index) }

/** Writes a byte. */
@inline export function writeByte(index: u32, value: u32): void { store<u8>(bytes + index, value) }

/** As firmware leaves it: memory sizes and an FPU, no disks. */
export function reset(): void {
  memory.fill(bytes, 0, Register.Count)
  const below = min<u64>(ram.size(), 0xc000_0000)
  const extended = below > 0x10_0000 ? (below - 0x10_0000) >> 10 : 0
  const above16MiB = below > 0x100_0000 ? (below - 0x100_0000) >> 16 : 0
  writeByte(Register.EquipmentByte, 0x02) // coprocessor
  writeWord(Register.BaseMemory, 640)
  writeWord(Register.ExtendedMemory, <u32>min<u64>(extended, 0xffff))
  writeWord(Register.ExtendedMemoryFound, <u32>min<u64>(extended, 0xffff))
  writeWord(Register.MemoryAbove16MiB, <u32>min<u64>(above16MiB, 0xffff))
  const above4GiB = (ram.size() - below) >> 16
  writeWord(Register.MemoryAbove4GiB, <u32>above4GiB & 0xffff)
  writeByte(Register.MemoryAbove4GiB + 2, <u32>(above4GiB >> 16))
  writeChecksum()
}

/** The AT's checksum: the sum of bytes 10h–2Dh, high byte first, at 2Eh. */
function writeChecksum(): void {
  let sum: u32 = 0
  for (let index: u32 = 0x10; index < 0x2e; index++) sum += readByte(index)
  writeByte(0x2e, sum >> 8)
  writeByte(0x2f, sum)
}

function writeWord(index: u32, value: u32): void {
  writeByte(index, value)
  writeByte(index + 1, value >> 8)
}
