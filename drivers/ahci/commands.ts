/** Commands as the HBA and the device read them. AHCI 1.3.1, 4.2; ATA8-ACS-3, 7; Serial ATA Revision 3, 10.5.5. */

/** DW0 of a command header, whose length of the FIS is that of a Register FIS, host to device. AHCI, 4.2.2. */
export namespace Header {
  export const FisDwords: u32 = 5 // CFL
  export const Packet: u32 = 1 << 5 // A
  export const Write: u32 = 1 << 6 // W
  export const EntriesShift: u32 = 16 // PRDTL
}
/** Bytes of a command header, as a power of 2. */
export const HeaderShift: u32 = 5

/** A command table. AHCI, 4.2.3. */
export namespace Table {
  export const Packet: u32 = 0x40 // ACMD
  export const Regions: u32 = 0x80 // PRDT
}

/** A physical region descriptor: its bytes as a power of 2, and the most that it describes. AHCI, 4.2.3.3. */
export const RegionShift: u32 = 4
export const RegionLimit: u32 = 1 << 22

export namespace Opcode {
  export const DataSetManagement: u32 = 0x06
  export const ReadDmaExt: u32 = 0x25
  export const ReadLogExt: u32 = 0x2f
  export const WriteDmaExt: u32 = 0x35
  export const ReadQueued: u32 = 0x60 // READ FPDMA QUEUED
  export const WriteQueued: u32 = 0x61
  export const Packet: u32 = 0xa0
  export const IdentifyPacket: u32 = 0xa1
  export const FlushCacheExt: u32 = 0xea
  export const Identify: u32 = 0xec
}

/** Operation codes of packets. MMC-6, 6.22 and 6.15. */
export namespace PacketOpcode {
  export const ReadCapacity: u32 = 0x25
  export const Read: u32 = 0xa8 // READ (12)
}

/** FEATURES of DATA SET MANAGEMENT and of PACKET. */
export const Trim: u32 = 1 << 0
export const PacketDma: u32 = 1 << 0
export const PacketToHost: u32 = 1 << 2 // DMADIR

/** The log of the queued command that failed. ACS-3, 9.15: NQ and the tag in its first byte, then the device's status and error. */
export const QueuedErrorLog: u32 = 0x10

/** DEVICE: addresses are of blocks. */
const BlockAddress: u32 = 0x40

/** Writes a Register FIS to a command table. */
export function writeFis(table: usize, opcode: u32, features: u32, block: u64, count: u32): void {
  store<u32>(table, 0x8027 | opcode << 16 | (features & 0xff) << 24)
  store<u32>(table, <u32>(block & 0xffffff) | BlockAddress << 24, 4)
  store<u32>(table, <u32>(block >> 24 & 0xffffff) | features >> 8 << 24, 8)
  store<u32>(table, count & 0xffff, 12)
  store<u32>(table, 0, 16)
}

/** Describes a region, of an even number of bytes at an even address. */
export function writeRegion(region: usize, physical: u64, bytes: u32): void {
  store<u64>(region, physical)
  store<u32>(region, 0, 8)
  store<u32>(region, bytes - 1, 12)
}
