/** The host's 8259s, its local APIC and what the nucleus does when they interrupt. */
export { onInterrupt, takeFired } from '../../kernel/interrupts/interrupt'
export { initializeLocalApic } from '../../kernel/interrupts/localapic'
export { maskPics, openLine, openLines } from '../../kernel/interrupts/pic'
