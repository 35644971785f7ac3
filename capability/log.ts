/** The nucleus's log. The nucleus adds the time and the sandbox's name; a flood is cut and counted. */

/** One line of UTF-8 text without a line end. */
@external('log', 'line') export declare function line(text: usize, length: u32): void
