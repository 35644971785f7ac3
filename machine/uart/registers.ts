/** 16550A registers. National Semiconductor PC16550D data sheet, section 8. */

/** Offsets from the base port. */
export namespace Register {
  export const Data: u32 = 0 // RBR, THR; DLL with DLAB
  export const InterruptEnable: u32 = 1 // IER; DLM with DLAB
  export const Identification: u32 = 2 // IIR to read, FCR to write
  export const LineControl: u32 = 3 // LCR
  export const ModemControl: u32 = 4 // MCR
  export const LineStatus: u32 = 5 // LSR
  export const ModemStatus: u32 = 6 // MSR
  export const Scratch: u32 = 7 // SCR
}

/** IER bits. */
export namespace Enable {
  export const Received: u32 = 1 << 0 // ERBFI
  export const TransmitterEmpty: u32 = 1 << 1 // ETBEI
  export const LineStatus: u32 = 1 << 2 // ELSI
  export const ModemStatus: u32 = 1 << 3 // EDSSI
}

/** IIR values in the order of their priority, table IV. */
export namespace Identification {
  export const LineStatus: u32 = 0x06
  export const Received: u32 = 0x04
  export const Timeout: u32 = 0x0c
  export const TransmitterEmpty: u32 = 0x02
  export const ModemStatus: u32 = 0x00
  export const None: u32 = 0x01
  export const FifosEnabled: u32 = 0xc0
}

/** FCR bits. */
export namespace FifoControl {
  export const Enable: u32 = 1 << 0
  export const ResetReceiver: u32 = 1 << 1
  export const TriggerShift: u32 = 6
}

/** LCR bits. */
export namespace LineControl {
  export const WordLength: u32 = 3 // 5 bits and up
  export const TwoStopBits: u32 = 1 << 2
  export const Parity: u32 = 1 << 3
  export const Break: u32 = 1 << 6
  export const DivisorLatch: u32 = 1 << 7
}

/** MCR bits. */
export namespace ModemControl {
  export const Dtr: u32 = 1 << 0
  export const Rts: u32 = 1 << 1
  export const Out1: u32 = 1 << 2
  export const Out2: u32 = 1 << 3
  export const Loop: u32 = 1 << 4
  export const Writable: u32 = 0x1f
}

/** LSR bits. */
export namespace LineStatus {
  export const DataReady: u32 = 1 << 0
  export const Overrun: u32 = 1 << 1
  export const Break: u32 = 1 << 4
  export const TransmitterHoldingEmpty: u32 = 1 << 5
  export const TransmitterEmpty: u32 = 1 << 6
  export const ErrorInFifo: u32 = 1 << 7
  export const Errors: u32 = 0x1e // overrun, parity, framing, break
}

/** MSR bits. */
export namespace ModemStatus {
  export const DeltaCts: u32 = 1 << 0
  export const DeltaDsr: u32 = 1 << 1
  export const TrailingEdgeRi: u32 = 1 << 2
  export const DeltaDcd: u32 = 1 << 3
  export const Cts: u32 = 1 << 4
  export const Dsr: u32 = 1 << 5
  export const Ri: u32 = 1 << 6
  export const Dcd: u32 = 1 << 7
  export const Deltas: u32 = 0x0f
}
