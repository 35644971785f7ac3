/** The screen granted to a driver, in the mode that the boot loader left it in: numbers that describe it, and its memory. */
export namespace ScreenMode {
  export const None: u32 = 0 // the boot loader told of no screen
  export const Text: u32 = 1 // VGA text: a byte of character, a byte of attribute
  export const Rgb: u32 = 2 // pixels with bits for red, green and blue
  export const Indexed: u32 = 3 // pixels of one byte with the 16 colors of the VGA's text mode first
}

/** Keys of `number`. */
export namespace ScreenNumber {
  export const Mode: u32 = 0 // ScreenMode
  export const Width: u32 = 1 // pixels; characters in text mode
  export const Height: u32 = 2
  export const Pitch: u32 = 3 // bytes from one line's start to the next one's
  export const BitsPerPixel: u32 = 4
  export const RedPosition: u32 = 5 // bit of a pixel at which a color begins, and how many bits it has
  export const RedSize: u32 = 6
  export const GreenPosition: u32 = 7
  export const GreenSize: u32 = 8
  export const BluePosition: u32 = 9
  export const BlueSize: u32 = 10
}

/** What the screen is like; 0 for an unknown key. */
@external('screen', 'number') export declare function number(key: u32): u32

/** Writes to the screen's memory; `offset` counts bytes from its start. Dropped where any byte would lie outside. */
@external('screen', 'write8') export declare function write8(offset: u32, value: u32): void
@external('screen', 'write16') export declare function write16(offset: u32, value: u32): void
@external('screen', 'write32') export declare function write32(offset: u32, value: u32): void
