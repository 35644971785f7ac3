/** The text screen of a PC, for kernels that demand a video mode: memory that they may write, which nothing shows. */
export namespace TextScreen {
  export const Address: u64 = 0xb8000
  export const Columns: u32 = 80
  export const Rows: u32 = 25
  export const BitsPerCharacter: u32 = 16
  export const BytesPerRow: u32 = 160
  export const FramebufferType: u32 = 2 // Multiboot: EGA text
}
