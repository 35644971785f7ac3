/** What the host has of chance. */

/**
 * 64 bits to seed a generator with: of RDSEED, else of RDRAND, where the processor has them (SDM vol. 1, 7.3.17), mixed with the TSC, whose low bits
 * jitter. Without either there is only the jitter, about a bit in each: a generator takes hundreds.
 */
@external('entropy', 'word') export declare function word(): u64
