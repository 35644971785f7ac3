/** What the drivers of network cards have in common is told of a card here; the functions are the driver's. */
@unmanaged export class Card {
  mac: u64 //          the first byte lowest
  maximumBytes: u32 // of what a frame carries: the MTU
  offloads: u32 //     NetOffload
  underWay: u32 //     frames that it has and has not sent
  sent: u32 //         frames that it has sent so far
  received: u32
  linkUp: bool
  hasMessages: bool // it tells when there is something; another is looked at

  /** Begins its reset, whatever state it is in; and whether that is done, so that it touches no memory any more. */
  reset: () => void
  isReset: () => bool
  /** Makes it ready, while it may not yet transfer. Answers why it cannot be used, or nothing. */
  prepare: () => string
  /** It may: from now on it works. */
  begin: () => void
  /** It has sent its message, or something else has that shares its line. */
  hear: () => void
  /** Brings frames from the card to the nucleus and back, as many as there are pages for at most; one of Exchange. */
  exchange: () => u32
  /** Whether it is to send its message when there is something. What comes afterwards is told. */
  listen: (wanted: bool) => void
  /** Looks at its state, and at its link. Answers why it has to be reset, or nothing. */
  inspect: () => string
  /** The function is no longer there. */
  isGone: () => bool
}

/** What an exchange has found. */
export namespace Exchange {
  export const Nothing: u32 = 0
  export const Something: u32 = 1
  export const Nonsense: u32 = 2 // what the card was not given
}
