/** An AHCI host bus adapter's registers, by their offset in the memory of base address register 5. Serial ATA AHCI 1.3.1, 3. */

/** Generic host control. 3.1. */
export namespace Register {
  export const Capabilities: u32 = 0x00 // CAP
  export const GlobalControl: u32 = 0x04 // GHC
  export const InterruptStatus: u32 = 0x08 // IS, a bit for each port
  export const PortsImplemented: u32 = 0x0c // PI
  export const Capabilities2: u32 = 0x24 // CAP2
  export const Handoff: u32 = 0x28 // BOHC
  export const Ports: u32 = 0x100
}

/** The base address register that they are at. 2.1.11. */
export const RegistersBar: u32 = 5

/** Bytes of a port's registers. */
export const PortBytes: u32 = 0x80

/** CAP. 3.1.1. */
export namespace Capability {
  export const Wide: u32 = 1 << 31 // S64A
  export const Queueing: u32 = 1 << 30 // SNCQ
}

/** GHC. 3.1.2. */
export namespace GlobalControl {
  export const Reset: u32 = 1 << 0 // HR
  export const Interrupts: u32 = 1 << 1 // IE
  export const Enable: u32 = 1 << 31 // AE
}

/** BOHC, where CAP2 has BOH. 3.1.10 and 3.1.11. */
export const HasHandoff: u32 = 1 << 0
export namespace Handoff {
  export const FirmwareOwns: u32 = 1 << 0 // BOS
  export const SystemOwns: u32 = 1 << 1 // OOS
}

/** A port's. 3.3. */
export namespace PortRegister {
  export const CommandList: u32 = 0x00 // PxCLB, 64 bits
  export const ReceivedFis: u32 = 0x08 // PxFB, 64 bits
  export const InterruptStatus: u32 = 0x10 // PxIS
  export const InterruptEnable: u32 = 0x14 // PxIE
  export const Command: u32 = 0x18 // PxCMD
  export const TaskFile: u32 = 0x20 // PxTFD: the device's status, and its error in bits 15:8
  export const Signature: u32 = 0x24 // PxSIG
  export const LinkStatus: u32 = 0x28 // PxSSTS
  export const LinkControl: u32 = 0x2c // PxSCTL
  export const LinkError: u32 = 0x30 // PxSERR
  export const Active: u32 = 0x34 // PxSACT
  export const Issue: u32 = 0x38 // PxCI
}

/** PxIS and PxIE. 3.3.5. */
export namespace Cause {
  export const Completed: u32 = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 // DHRS, PSS, DSS, SDBS
  export const Changed: u32 = 1 << 6 | 1 << 22 // PCS, PRCS
  export const Fatal: u32 = 1 << 27 | 1 << 28 | 1 << 29 // IFS, HBDS, HBFS
  export const TaskFile: u32 = 1 << 30 // TFES
}

/** PxCMD. 3.3.7. */
export namespace PortCommand {
  export const Start: u32 = 1 << 0 // ST
  export const SpinUp: u32 = 1 << 1 // SUD
  export const PowerOn: u32 = 1 << 2 // POD
  export const ReceiveFis: u32 = 1 << 4 // FRE
  export const Running: u32 = 1 << 15 // CR
  export const Active: u32 = 1 << 28 // ICC
}

/** PxTFD. 3.3.8. */
export namespace TaskFile {
  export const Failed: u32 = 1 << 0 | 1 << 5 // ERR, DF
  export const Busy: u32 = 1 << 3 | 1 << 7 // DRQ, BSY
}

/** PxSSTS and PxSCTL: DET in the low four bits. 3.3.10 and 3.3.11. */
export namespace Link {
  export const None: u32 = 0
  export const Established: u32 = 3
  export const Detection: u32 = 0xf
  export const Reset: u32 = 1 // COMRESET is sent as long as PxSCTL has it
  export const AlwaysOn: u32 = 3 << 8 // IPM of PxSCTL: what is saved by sleeping is not told from a device that was pulled out
}

/** PxSIG. Serial ATA Revision 3, 11.4 and 11.5. */
export namespace Signature {
  export const Disk: u32 = 0x00000101
  export const Packet: u32 = 0xeb140101
}

/** What every register of a function that is no longer there reads. */
export const Nothing: u32 = 0xffffffff
