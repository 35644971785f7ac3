/** Makes everything in memory that a pool needs, as for a pool that is empty, and lets it go. */
import { clearArena } from './arena'
import { beginCommits } from './commit'
import { clearConveying } from './conveying'
import { clearChanges } from './change'
import { clearDevices } from './device'
import { takeDirty } from './dirty'
import { clearLimits, makeLimits } from './limit'
import { makePages } from './page'
import { clearParts } from './part'
import { clearReads, PoolState, setGeneration, setPoolState } from './pool'
import { clearQueue } from './queue'
import { forgetReclaim } from './reclaim'
import { clearRequests } from './request'
import { makeSuperblocks } from './superblock'
import { makeTables } from './tables'
import { makeTableWrites } from './tablewrite'
import { makeVolumes } from './volumes'

/** Pages for metadata: 4 KiB each. */
const PageCount: u32 = 4096

/** Forgets the pool that was there. */
export function forgetPool(): void {
  setPoolState(PoolState.None)
  setGeneration(0)
  clearReads()
  clearArena()
  clearConveying()
  clearDevices()
  clearQueue()
  clearChanges()
  clearParts()
  clearRequests()
  clearLimits()
  forgetReclaim()
  takeDirty()
  beginCommits(0)
}

/** Makes room for the pool on the devices that were added. False without memory. */
export function makePool(): bool { return makeTables() && makeTableWrites() && makeSuperblocks() && makeVolumes() && makeLimits() && makePages(PageCount) }
