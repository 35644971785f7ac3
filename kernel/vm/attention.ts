/** Everything that must be looked at before the guest that runs goes on: whose turn it is, and on the first CPU what these bits say. */
export namespace Attention {
  export const Turn: u32 = 1 << 0
  export const Service: u32 = 1 << 1 // the console and the terminals
  export const Orders: u32 = 1 << 2 //  one of the VMs or sandboxes, of which there may be many, waits for something to be done with it
}

export let attention: u32 = 0
@inline export function requestAttention(): void { attention |= Attention.Turn }
export function requestService(): void { attention |= Attention.Service }
export function requestOrders(): void { attention |= Attention.Orders | Attention.Service }
export function clearAttention(): void { attention = 0 }
