/** The pieces of code in handlers.asm: each import gives an address, but for `thousand`, which executes that many instructions. */
@external('code', 'taken') export declare function taken(): u64
@external('code', 'arrived') export declare function arrived(): u64
@external('code', 'xapicHandler') export declare function xapicHandler(): u64
@external('code', 'x2apicHandler') export declare function x2apicHandler(): u64
@external('code', 'timedHandler') export declare function timedHandler(): u64
@external('code', 'thousand') export declare function thousand(): void
