/** The pieces of code in handlers.asm: each import gives an address, but for the last two, which are called. */
@external('code', 'taken') export declare function taken(): u64
@external('code', 'arrived') export declare function arrived(): u64
@external('code', 'xapicHandler') export declare function xapicHandler(): u64
@external('code', 'x2apicHandler') export declare function x2apicHandler(): u64
@external('code', 'timedHandler') export declare function timedHandler(): u64
/** Executes that many instructions. */
@external('code', 'thousand') export declare function thousand(): void
/** Looks at 16 bits at an address until they are `value`; how often, each time with InstructionsOfLook. */
@external('code', 'lookFor') export declare function lookFor(address: u64, value: u32): u64
/** Instructions of a look, and of `timedHandler`. */
export const InstructionsOfLook: u32 = 3
export const InstructionsOfHandler: u32 = 11
