/** The host's keyboard: granted ports 60h to 64h, interrupt 1 and the terminal's streams. */
export { interrupt, start, transmit } from './keyboard'
