/** A 16550's registers, as offsets from its base port. National Semiconductor PC16550D data sheet, table II. */
export namespace Register {
  export const ReceiverBuffer: u32 = 0 // read, DLAB 0
  export const TransmitterHolding: u32 = 0 // write, DLAB 0
  export const DivisorLow: u32 = 0 // DLAB 1
  export const InterruptEnable: u32 = 1 // DLAB 0
  export const DivisorHigh: u32 = 1 // DLAB 1
  export const InterruptIdentification: u32 = 2 // read
  export const FifoControl: u32 = 2 // write
  export const LineControl: u32 = 3
  export const ModemControl: u32 = 4
  export const LineStatus: u32 = 5
  export const ModemStatus: u32 = 6
  export const Scratch: u32 = 7
}

/** Interrupt enable register. PC16550D, 8.5. */
export namespace InterruptEnable {
  export const ReceivedData: u32 = 1 << 0
  export const TransmitterEmpty: u32 = 1 << 1
  export const LineStatus: u32 = 1 << 2
  export const ModemStatus: u32 = 1 << 3
}

/** Interrupt identification register. PC16550D, 8.6 and table IV. */
export namespace InterruptIdentification {
  export const NonePending: u32 = 1 << 0
  export const Source: u32 = 0xe // the bits that name the source:
  export const ModemStatus: u32 = 0x0
  export const TransmitterEmpty: u32 = 0x2
  export const ReceivedData: u32 = 0x4
  export const LineStatus: u32 = 0x6
  export const CharacterTimeout: u32 = 0xc
  export const FifosEnabled: u32 = 0xc0
}

/** FIFO control register. PC16550D, 8.7. Bits 6 and 7 at 0: an interrupt for every byte, so that 15 more fit while it waits. */
export namespace FifoControl {
  export const Enable: u32 = 1 << 0
  export const ClearReceiver: u32 = 1 << 1
  export const ClearTransmitter: u32 = 1 << 2
}

/** Line control register. PC16550D, 8.1. */
export namespace LineControl {
  export const EightBits: u32 = 3 // no parity and one stop bit have all other bits 0
  export const DivisorLatch: u32 = 1 << 7
}

/** Modem control register. PC16550D, 8.8. */
export namespace ModemControl {
  export const DataTerminalReady: u32 = 1 << 0
  export const RequestToSend: u32 = 1 << 1
  export const Out2: u32 = 1 << 3 // on a PC it connects the interrupt line
}

/** Line status register. PC16550D, 8.4. */
export namespace LineStatus {
  export const DataReady: u32 = 1 << 0
  export const Overrun: u32 = 1 << 1
  export const Parity: u32 = 1 << 2
  export const Framing: u32 = 1 << 3
  export const Break: u32 = 1 << 4
  export const TransmitterEmpty: u32 = 1 << 5
}
