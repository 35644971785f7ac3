/** The host's serial console: granted one UART's eight ports, its interrupt and the terminal's two streams. */
export { interrupt, start, transmit } from './uart'
