/**
 * The boot files granted to one VM: 0 is the kernel, 1 the initrd, 2 and up the Multiboot modules, in the order of the
 * configuration. A file that was not configured has size 0.
 */
export namespace BootFile {
  export const Kernel: u32 = 0
  export const Initrd: u32 = 1
  export const FirstModule: u32 = 2
}

/** Bytes in a file; 0 when there is no such file. */
@external('file', 'size') export declare function size(file: u32): u64

/** Copies bytes of a file into this sandbox's memory; false when the range leaves the file. */
@external('file', 'read') export declare function read(file: u32, offset: u64, target: usize, length: u32): bool

/** Copies bytes of a file straight into guest RAM; false when the range leaves the file or the RAM. */
@external('file', 'toRam') export declare function toRam(file: u32, offset: u64, gpa: u64, length: u64): bool
