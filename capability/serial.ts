/**
 * The far end of a VM's serial line. Where the VM has a console (ConfigText.ConsolePorts) both directions carry several channels: 0 is the serial port, the others are the console's ports in
 * their order. Escape and a number below ChannelLimit begin what is that channel's, Escape and EscapedByte stand for a byte Escape. Whoever begins in the middle knows the channel after
 * MarkPeriod bytes of it at the latest. The machine says of a channel, by Escape and its number + Full, that nothing more is to come for it, and + Free that more may: at the beginning, that is
 * so of each.
 */
@inline export const Escape: u32 = 0xff // in no text that is UTF-8
@inline export const EscapedByte: u32 = 0xfe
@inline export const Full: u32 = 0x40
@inline export const Free: u32 = 0x60
export const Com1: u32 = 0
export const ChannelLimit: u32 = 32
export const MarkPeriod: u32 = 512

/** One byte that the guest transmitted. */
@external('serial', 'output') export declare function output(byte: u32): void

/** The next byte waiting at the far end, 0–255, or -1 when none is. */
@external('serial', 'input') export declare function input(): i32
