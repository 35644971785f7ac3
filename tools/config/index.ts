/** What a `typervisor.config.ts` imports. */
import type { Config } from './schema.ts'

export type { Config } from './schema.ts'

/** Gives a configuration its type, so that an editor completes and checks it. It changes nothing. */
export function defineConfig(config: Config): Config {
  return config
}
