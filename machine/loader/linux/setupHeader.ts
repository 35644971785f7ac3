/** The header of a bzImage: read, checked and explained. Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header". */
import * as image from '../image'
import { refuse, say, sayDecimal, sayHexadecimal } from '../../message'

/** Offsets, the same in the file and in the zero page. */
export namespace SetupField {
  export const SetupSects: u32 = 0x1f1
  export const Syssize: u32 = 0x1f4
  export const VidMode: u32 = 0x1fa
  export const BootFlag: u32 = 0x1fe
  export const Jump: u32 = 0x200
  export const Header: u32 = 0x202
  export const Version: u32 = 0x206
  export const TypeOfLoader: u32 = 0x210
  export const Loadflags: u32 = 0x211
  export const Code32Start: u32 = 0x214
  export const RamdiskImage: u32 = 0x218
  export const RamdiskSize: u32 = 0x21c
  export const HeapEndPtr: u32 = 0x224
  export const CmdLinePtr: u32 = 0x228
  export const InitrdAddrMax: u32 = 0x22c
  export const KernelAlignment: u32 = 0x230
  export const RelocatableKernel: u32 = 0x234
  export const MinAlignment: u32 = 0x235
  export const Xloadflags: u32 = 0x236
  export const CmdlineSize: u32 = 0x238
  export const SetupData: u32 = 0x250
  export const PrefAddress: u32 = 0x258
  export const InitSize: u32 = 0x260
}

/** `Loadflags` bits. */
export namespace Loadflags {
  export const LoadedHigh: u32 = 1 << 0
  export const KeepSegments: u32 = 1 << 6
  export const CanUseHeap: u32 = 1 << 7
}

/** `Xloadflags` bits. */
export namespace Xloadflags {
  export const Kernel64: u32 = 1 << 0
  export const CanBeLoadedAbove4G: u32 = 1 << 1
}

const HDRS_MAGIC: u32 = 0x5372_6448 // "HdrS"
const ELF_MAGIC: u32 = 0x464c_457f
const GZIP_MAGIC: u32 = 0x8b1f
const SECTOR_BYTES: u64 = 512
/** Where the zero page's own fields go on: a header cannot be longer. */
const HEADER_LIMIT: u64 = 0x290
const ENTRY64_OFFSET: u64 = 0x200
const DEFAULT_ADDRESS: u64 = 0x10_0000
const DEFAULT_CMDLINE_SIZE: u64 = 255
const DEFAULT_INITRD_ADDR_MAX: u64 = 0x37ff_ffff

/** What the loader needs to know of a kernel that passed `readSetupHeader`. */
export namespace setup {
  export let version: u32 = 0
  export let headerEnd: u64 = 0 // offset of the first byte after the header
  export let codeOffset: u64 = 0 // the protected-mode kernel in the file
  export let codeLength: u64 = 0
  export let runLength: u64 = 0 // memory it needs from its load address on until it has read the memory map
  export let code32Start: u64 = 0
  export let prefAddress: u64 = 0
  export let relocatable: bool = false
  export let alignment: u64 = 0
  export let minAlignment: u64 = 0 // what it tolerates when memory is short
  export let is64Bit: bool = false // has the 64-bit entry point
  export let above4G: bool = false // takes an initrd above 4 GiB
  export let cmdlineSize: u64 = 0 // without the terminating zero
  export let initrdAddrMax: u64 = 0 // the last byte that an initrd may occupy
}

/** Reads and checks the header. False, with the reason logged, when the file is no bzImage that this loader can start. */
export function readSetupHeader(): bool {
  if (image.bytes() < HEADER_LIMIT || image.word(SetupField.BootFlag) != 0xaa55 || image.dword(SetupField.Header) != HDRS_MAGIC) return refuseFormat()
  setup.version = image.word(SetupField.Version)
  if (setup.version < 0x202) {
    say('kernel: its Linux boot protocol is ')
    sayDecimal(setup.version >> 8)
    say('.')
    sayDecimal(setup.version & 0xff)
    return refuse(', older than 2.02: use Linux 2.4 or later')
  }
  if (image.byte(SetupField.Jump) != 0xeb) return refuse('kernel: no short jump at file offset 200h, where the setup code starts: the bzImage is damaged')
  setup.headerEnd = <u64>SetupField.Header + image.byte(SetupField.Jump + 1)
  if (setup.headerEnd > HEADER_LIMIT || setup.headerEnd < SetupField.InitrdAddrMax) {
    say('kernel: the setup header ends at ')
    sayHexadecimal(setup.headerEnd)
    return refuse(', not between 22Ch and 290h: the bzImage is damaged')
  }
  if ((image.byte(SetupField.Loadflags) & Loadflags.LoadedHigh) == 0) return refuse('kernel: a zImage, loaded below 1 MiB, cannot be started: build it as bzImage')
  return readExtent() && readPlacement()
}

/** Where the protected-mode kernel lies in the file. */
function readExtent(): bool {
  const sectors = image.byte(SetupField.SetupSects)
  setup.codeOffset = (<u64>(sectors == 0 ? 4 : sectors) + 1) * SECTOR_BYTES
  if (setup.codeOffset >= image.bytes()) {
    say('kernel: its protected-mode part should start at file offset ')
    sayHexadecimal(setup.codeOffset)
    say(' but the file ends at ')
    sayHexadecimal(image.bytes())
    return refuse(': the bzImage is cut short')
  }
  setup.codeLength = image.bytes() - setup.codeOffset
  // Paragraphs of 16 bytes; before protocol 2.04 the field was too narrow to be trusted.
  const stated = setup.version >= 0x204 ? <u64>image.dword(SetupField.Syssize) * 16 : 0
  if (stated > ((setup.codeLength + 15) & ~15)) {
    say('kernel: its header says ')
    sayDecimal(stated)
    say(' bytes of protected-mode kernel but the file has ')
    sayDecimal(setup.codeLength)
    return refuse(': the bzImage is cut short')
  }
  return true
}

function readPlacement(): bool {
  const flags = hasField(0x20c, SetupField.Xloadflags, 2) ? image.word(SetupField.Xloadflags) : 0
  setup.is64Bit = (flags & Xloadflags.Kernel64) != 0
  setup.above4G = (flags & Xloadflags.CanBeLoadedAbove4G) != 0
  setup.code32Start = image.dword(SetupField.Code32Start)
  if (setup.is64Bit && setup.codeLength <= ENTRY64_OFFSET) return refuse('kernel: it claims a 64-bit entry point but ends before it: the bzImage is damaged')
  if (!setup.is64Bit && (setup.code32Start < DEFAULT_ADDRESS || setup.code32Start - DEFAULT_ADDRESS >= setup.codeLength)) {
    say('kernel: its 32-bit entry point ')
    sayHexadecimal(setup.code32Start)
    return refuse(' is not in its protected-mode part: it can be started by a BIOS only, or is damaged')
  }

  setup.relocatable = hasField(0x205, SetupField.RelocatableKernel, 1) && image.byte(SetupField.RelocatableKernel) != 0
  setup.alignment = setup.relocatable ? image.dword(SetupField.KernelAlignment) : 1
  if (setup.alignment == 0 || (setup.alignment & (setup.alignment - 1)) != 0) {
    say('kernel: kernel_alignment at file offset 230h is ')
    sayHexadecimal(setup.alignment)
    return refuse(', no power of two: the bzImage is damaged')
  }
  const shift = hasField(0x20a, SetupField.MinAlignment, 1) ? image.byte(SetupField.MinAlignment) : 0
  setup.minAlignment = shift > 0 && shift < 32 ? min(<u64>1 << shift, setup.alignment) : setup.alignment

  setup.prefAddress = hasField(0x20a, SetupField.PrefAddress, 8) ? image.qword(SetupField.PrefAddress) : DEFAULT_ADDRESS
  // Before init_size existed kernels needed up to three times their size to unpack themselves; GRUB allows as much.
  setup.runLength = hasField(0x20a, SetupField.InitSize, 4) ? image.dword(SetupField.InitSize) : setup.codeLength * 3
  setup.runLength = max(setup.runLength, setup.codeLength)

  setup.cmdlineSize = hasField(0x206, SetupField.CmdlineSize, 4) ? image.dword(SetupField.CmdlineSize) : DEFAULT_CMDLINE_SIZE
  setup.initrdAddrMax = hasField(0x203, SetupField.InitrdAddrMax, 4) ? image.dword(SetupField.InitrdAddrMax) : DEFAULT_INITRD_ADDR_MAX
  return true
}

/** A field counts when the protocol has it and the header is long enough to hold it. */
function hasField(since: u32, offset: u32, length: u32): bool {
  return setup.version >= since && <u64>offset + length <= setup.headerEnd
}

function refuseFormat(): bool {
  if (image.bytes() == 0) return refuse('kernel: the file is missing or empty: name one in boot.kernel')
  if (image.dword(0) == ELF_MAGIC) return refuse('kernel: an ELF file, not a bzImage: take the vmlinuz, or set boot.protocol to pvh, multiboot or multiboot2')
  if (image.word(0) == GZIP_MAGIC) return refuse('kernel: a gzip file, not a bzImage: unpack it first')
  return refuse('kernel: no Linux boot header (AA55h at file offset 1FEh and HdrS at 202h): give a bzImage, or set another boot.protocol')
}
