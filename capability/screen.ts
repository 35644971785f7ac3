/** The screen granted to a driver, in the mode that the boot loader left it in: what it is like, and its memory. */

/** As Multiboot has it. Multiboot 2 specification, 3.6.12. */
export namespace ScreenType {
  export const Indexed: u32 = 0 // pixels of one byte with the 16 colors of the VGA's text mode first
  export const Rgb: u32 = 1 // pixels with bits for red, green and blue
  export const Text: u32 = 2 // VGA text: a byte of character, a byte of attribute
}

/** What a screen is like. */
@unmanaged export class Screen {
  type: u32 //         00h  ScreenType
  width: u32 //        04h  pixels; characters in text mode
  height: u32 //       08h
  pitch: u32 //        0Ch  bytes from one line's start to the next one's
  bitsPerPixel: u32 // 10h
  redPosition: u8 //   14h  of Rgb only: bit of a pixel at which a color begins, and how many bits it has
  redSize: u8
  greenPosition: u8
  greenSize: u8
  bluePosition: u8
  blueSize: u8
}

/** Copies the Screen to `target`. */
@external('screen', 'describe') export declare function describe(target: usize): bool

/** Writes to the screen's memory; `offset` counts bytes from its start. Dropped where any byte would lie outside. */
@external('screen', 'write8') export declare function write8(offset: u32, value: u32): void
@external('screen', 'write16') export declare function write16(offset: u32, value: u32): void
@external('screen', 'write32') export declare function write32(offset: u32, value: u32): void
