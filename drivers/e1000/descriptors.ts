/** Rings of descriptors, a page each, of 16 bytes. 8254x 3.2.3 and 3.3.3; 82574 7.1.4 and 7.2.10. */

export const RingBytes: u32 = 4096
export const DescriptorShift: u32 = 4
export const DescriptorLimit: u32 = RingBytes >> DescriptorShift

/** Of a descriptor that receives: address of 64 bits, then length, checksum, status, errors, a tag. */
export namespace Received {
  export const Length: u32 = 8 // 16 bits
  export const Status: u32 = 12 // errors in the second byte
  export const Done: u32 = 1 << 0
  export const EndOfPacket: u32 = 1 << 1
  export const Errors: u32 = 0x97 << 8 // CE, SE, SEQ, CXE, RXE
}

/** The second 64 bits of one that transmits, whose lowest 20 are a length. */
@inline export const Data: u64 = 1 << 20 | 1 << 29 // DTYP, DEXT
@inline export const Context: u64 = 1 << 29 // likewise, with a DTYP of 0
@inline export const EndOfPacket: u64 = 1 << 24
@inline export const InsertCrc: u64 = 1 << 25
@inline export const ReportStatus: u64 = 1 << 27
@inline export const InsertChecksum: u64 = 1 << 41 // TXSM

/** Where, in a descriptor, DD is when it has been sent. */
export const SentStatus: u32 = 12
export const SentDone: u32 = 1 << 0
