/** Makes one JavaScript module of a configuration written in TypeScript. */
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, formatMessagesSync, type BuildFailure } from 'esbuild'
import { ConfigError } from './error.ts'

/**
 * The configuration at `place` with all that it imports. Bundling lets a configuration lie anywhere: `typervisor` is found
 * from every folder, and no package.json beside it decides how it is read.
 */
export async function bundleConfig(place: string): Promise<string> {
  try {
    const { outputFiles } = await build({
      entryPoints: [place],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      charset: 'utf8',
      logLevel: 'silent',
      alias: { typervisor: fileURLToPath(new URL('index.ts', import.meta.url)) },
      define: {
        'import.meta.url': JSON.stringify(pathToFileURL(place).href),
        'import.meta.dirname': JSON.stringify(dirname(place)),
        __dirname: JSON.stringify(dirname(place)),
      },
    })
    return outputFiles[0].text
  } catch (error) {
    const messages = formatMessagesSync((error as BuildFailure).errors ?? [], { kind: 'error' })
    throw new ConfigError(`${place} cannot be loaded:\n${messages.join('').trimEnd() || (error as Error).message}`)
  }
}
