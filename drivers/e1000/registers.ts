/**
 * Registers of Intel's gigabit controllers, by their offset in the memory of base address register 0. PCI/PCI-X Family of Gigabit Ethernet Controllers Software
 * Developer's Manual (8254x), 13; 82574 GbE Controller Family Datasheet, 10. What only the latter has says so.
 */
export namespace Register {
  export const Control: u32 = 0x0000 // CTRL
  export const Status: u32 = 0x0008
  export const ExtendedControl: u32 = 0x0018 // CTRL_EXT
  export const InterruptCause: u32 = 0x00c0 // ICR: ones clear, and so does reading
  export const InterruptCauseSet: u32 = 0x00c8 // ICS
  export const InterruptMaskSet: u32 = 0x00d0 // IMS
  export const InterruptMaskClear: u32 = 0x00d8 // IMC
  export const InterruptAutoClear: u32 = 0x00dc // EIAC; 82574
  export const InterruptVectors: u32 = 0x00e4 // IVAR; 82574
  export const ReceiveControl: u32 = 0x0100 // RCTL
  export const TransmitControl: u32 = 0x0400 // TCTL
  export const TransmitGap: u32 = 0x0410 // TIPG
  export const ReceiveBase: u32 = 0x2800 // RDBAL, and RDBAH
  export const ReceiveBytes: u32 = 0x2808 // RDLEN
  export const ReceiveHead: u32 = 0x2810 // RDH
  export const ReceiveTail: u32 = 0x2818 // RDT
  export const ReceiveDelay: u32 = 0x2820 // RDTR
  export const TransmitBase: u32 = 0x3800 // TDBAL, and TDBAH
  export const TransmitBytes: u32 = 0x3808 // TDLEN
  export const TransmitHead: u32 = 0x3810 // TDH
  export const TransmitTail: u32 = 0x3818 // TDT
  export const TransmitDescriptorControl: u32 = 0x3828 // TXDCTL
  export const ReceiveChecksum: u32 = 0x5000 // RXCSUM
  export const ReceiveFilter: u32 = 0x5008 // RFCTL; 82574
  export const AddressLow: u32 = 0x5400 // RAL0
  export const AddressHigh: u32 = 0x5404 // RAH0
  export const Bytes: u32 = 0x5408 // as far as they are used
}

/** The base address register that they are at. */
export const RegistersBar: u32 = 0

/** CTRL. 8254x 13.4.1; 82574 10.2.2.1. */
export namespace Control {
  export const LinkReset: u32 = 1 << 3
  export const SetLinkUp: u32 = 1 << 6
  export const InvertLossOfSignal: u32 = 1 << 7
  export const ForceSpeed: u32 = 1 << 11
  export const ForceDuplex: u32 = 1 << 12
  export const Reset: u32 = 1 << 26
  export const VlanMode: u32 = 1 << 30 // tags are taken off
  export const PhyReset: u32 = 1 << 31
}

export namespace Status { export const LinkUp: u32 = 1 << 1 }

/** CTRL_EXT of the 82574. 10.2.2.3. */
export namespace ExtendedControl {
  export const DriverLoaded: u32 = 1 << 28
  export const PendingClear: u32 = 1 << 31 // PBA_CLR: MSI-X's pending bits follow the causes
}

/** ICR, IMS, IMC. 8254x 13.4.17; 82574 10.2.4.1. */
export namespace Cause {
  export const LinkStatusChange: u32 = 1 << 2
  export const ReceiveMinimum: u32 = 1 << 4 // RXDMT0
  export const ReceiveOverrun: u32 = 1 << 6
  export const ReceiveTimer: u32 = 1 << 7 // RXT0
  export const ReceiveQueue0: u32 = 1 << 20 // 82574, with MSI-X
  export const Other: u32 = 1 << 24 // likewise
  export const All: u32 = u32.MAX_VALUE
}

/** IVAR of the 82574: all causes are message 0. 10.2.4.9. */
export const AllVector0: u32 = 0x88888

/** RCTL, with buffers of 2048 bytes. 8254x 13.4.22. */
export namespace ReceiveControl {
  export const Enable: u32 = 1 << 1
  export const UnicastPromiscuous: u32 = 1 << 3
  export const MulticastPromiscuous: u32 = 1 << 4
  export const Broadcast: u32 = 1 << 15
  export const StripCrc: u32 = 1 << 26
}

/** TCTL, with the collision threshold and distance that are advised. 8254x 13.4.33. */
export namespace TransmitControl {
  export const Enable: u32 = 1 << 1
  export const PadShort: u32 = 1 << 3
  export const Collisions: u32 = 0x0f << 4 | 0x40 << 12
}

/** TIPG, as advised for copper. 8254x 13.4.34. */
export const TransmitGap: u32 = 10 | 8 << 10 | 6 << 20

/** TXDCTL of the 82574: it counts descriptors, and bit 22 is to be set. 10.2.6.13. */
export const CountDescriptors: u32 = 1 << 22 | 1 << 24

/** RAH0: the address is one. */
export const AddressValid: u32 = 1 << 31

/** What every register of a function that is no longer there reads. */
export const Nothing: u32 = u32.MAX_VALUE
