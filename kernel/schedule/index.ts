/** The scheduler. */
export { charge, Entry, Weight } from './entry'
export { add, block, giveWay, initialize, Never, pickNext, Queue, release, remove, setWeight, settle, slice, wake } from './queue'
