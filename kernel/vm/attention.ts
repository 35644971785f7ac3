/** One flag for everything that must be looked at before the guest that runs goes on. */
export let attention = false
@inline export function requestAttention(): void { attention = true }
export function clearAttention(): void { attention = false }
