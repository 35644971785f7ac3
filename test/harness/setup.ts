/** What vitest runs once, before the first system test. */
import { build } from './config.ts'

export const setup = build
