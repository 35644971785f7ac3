/** Reads a configuration file and checks all of it. */
import { readFileSync, statSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { bundleConfig } from './bundle.ts'
import { describeIssues, foundText, problemText, type Problem } from './describe.ts'
import { ConfigError } from './error.ts'
import { checkRules } from './rules.ts'
import { configSchema, type FullConfig } from './schema.ts'

/** A configuration that was read and found in order. */
export interface LoadedConfig {
  config: FullConfig
  /** The folder that the paths in it are relative to. */
  folder: string
}

/** Checks `raw`, whose paths are relative to `folder`; throws a `ConfigError` that names `source` and everything wrong with it. */
export function checkConfig(raw: unknown, folder: string, source: string): FullConfig {
  const result = configSchema.safeParse(raw)
  if (!result.success) refuse(source, describeIssues(result.error.issues, raw, configSchema))
  const problems = checkRules(result.data, folder)
  if (problems.length) refuse(source, problems)
  return result.data
}

/** Reads and checks the configuration at `path`, a .ts or a .json file. */
export async function loadConfig(path: string): Promise<LoadedConfig> {
  const place = resolve(path)
  if (!statSync(place, { throwIfNoEntry: false })?.isFile()) throw new ConfigError(`there is no configuration file ${place}`)
  const folder = dirname(place)
  return { config: checkConfig(await read(place), folder, place), folder }
}

async function read(place: string): Promise<unknown> {
  switch (extname(place)) {
    case '.json': return readJson(place)
    case '.ts': return readTypeScript(place)
  }
  throw new ConfigError(`${place} is neither a .ts nor a .json file`)
}

function readJson(place: string): unknown {
  try {
    return JSON.parse(readFileSync(place, 'utf8'))
  } catch (error) {
    throw new ConfigError(`${place} is not JSON: ${(error as Error).message}`)
  }
}

async function readTypeScript(place: string): Promise<unknown> {
  const bundle = await bundleConfig(place)
  let module: { default?: unknown }
  try {
    module = await import(`data:text/javascript;base64,${Buffer.from(bundle).toString('base64')}`)
  } catch (error) {
    throw new ConfigError(`${place} cannot be loaded: ${(error as Error).message}`)
  }
  if (typeof module.default !== 'object') {
    throw new ConfigError(`${place} exports ${foundText(module.default)} as its default; allowed: export default defineConfig({ … })`)
  }
  return module.default
}

function refuse(source: string, problems: Problem[]): never {
  throw new ConfigError(`${source} is not in order:\n${problemText(problems)}`)
}
