/** The scheduler. */
export { setCore } from './core'
export { Entry, Group } from './entry'
export { addProcessor, initialize, Never, Pool, PoolBytes, Processor, processorAt } from './pool'
export { add, block, chargeExtra, remove, setGroup, wake } from './ready'
export { giveWay, pickNext, release, settle } from './run'
