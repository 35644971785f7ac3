/** One flag for everything that must be looked at before the guest that runs goes on. */
export let attention = false
@inline export function requestAttention(): void { attention = true }
export function clearAttention(): void { attention = false }

/** Beside it, on the first CPU: one of the VMs or sandboxes, of which there may be many, waits for something to be done with it. */
export let orders = false
export function requestOrders(): void { attention = orders = true }
export function clearOrders(): void { orders = false }
