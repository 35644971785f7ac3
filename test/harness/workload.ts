/** Work for several processors of a Linux guest, whose answer is known. */
import { createHash } from 'node:crypto'

/** Numbers that a job goes through, where nothing else is said. */
const SPAN = 20_000

/** A line of shell that begins so many jobs at once, each a sum of its own numbers. */
export function work(jobs: number, span = SPAN): string {
  return `for j in $(seq 0 ${jobs - 1}); do seq $((j * ${span})) $((j * ${span} + ${span - 1})) | md5sum > /tmp/$(printf %03d $j) & done`
}

/** Shell that prints what all jobs came to, when they are over: the sum of their sums, as busybox's md5sum has it. */
export const sum = 'wait; echo "answer $(cat /tmp/0?? | md5sum)"'

/** What that must print. */
export function answer(jobs: number, span = SPAN): RegExp {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const lines = Array.from({ length: jobs }, (_, job) => `${md5(Array.from({ length: span }, (_, i) => `${job * span + i}\n`).join(''))}  -\n`)
  return new RegExp(`answer ${md5(lines.join(''))}`, 'm')
}

/** A line of shell that counts what Linux has complained of, and what it prints when that is nothing. */
export const complaints = 'echo "complaints $(dmesg | grep -c -i -E \'lockup|rcu.*stall|blocked for more|not responding|eject incomplete|ACPI Error\')"'
export const none = /complaints 0$/m
