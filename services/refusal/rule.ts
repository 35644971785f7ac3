/** Why the hardware refused to run a guest, in words: what it says itself, and the first rule that does not hold for what is looked at. */
export let refusedAs = ''
export let refusedPart = ''
export let refusedValue: u64 = 0
export let brokenRule = ''

/** Begins anew: `kind` is what the hardware says by itself. */
export function beginRefusal(kind: string): void { refusedAs = kind, brokenRule = '' }

/** The part of the state that the next rules are about; answers its value. */
export function look(part: string, value: u64): u64 {
  if (brokenRule.length == 0) refusedPart = part, refusedValue = value
  return value
}

/** Notes the rule if it is the first that does not hold. */
export function must(holds: bool, rule: string): void { if (!holds && brokenRule.length == 0) brokenRule = rule }
