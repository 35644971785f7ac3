/**
 * What each vCPU should get of the processors, worked out by itself: weighted max-min fairness. All rates grow together, each as fast as its weight, until
 * a vCPU has a whole processor, its VM's cap, or all of the processors that it may use are full; what is left goes to the others.
 */

/** A vCPU that never sleeps: its part of its VM's weight and cap, and the processors that it may use. */
export interface Demand { weight: number, limit: number, processors: number[] }

const Tiny = 1e-9

/** Shares of one processor. */
export function fairShares(demands: Demand[], processors: number): number[] {
  const rates = demands.map(() => 0)
  const fixed = demands.map(() => false)
  for (;;) {
    const growing = demands.map((_, n) => n).filter(n => !fixed[n])
    if (growing.length === 0) return rates
    const at = (level: number) => demands.map((one, n) => fixed[n] ? rates[n] : Math.min(one.limit, level * one.weight))
    let [low, high] = [0, Math.max(...growing.map(n => demands[n].limit / demands[n].weight)) + 1]
    for (let step = 0; step < 60; step++) {
      const middle = (low + high) / 2
      if (fits(demands, at(middle), processors)) low = middle
      else high = middle
    }
    at(low).forEach((rate, n) => { rates[n] = rate })
    // Whoever cannot have a little more is done.
    const done = growing.filter(n => rates[n] >= demands[n].limit - Tiny || !fits(demands, rates.map((rate, other) => other === n ? rate + 1e-6 : rate), processors))
    for (const n of done.length ? done : growing) fixed[n] = true
  }
}

/** Whether the processors have room for such rates: a flow from vCPUs to the processors that each may use, found by augmenting paths. */
function fits(demands: Demand[], rates: number[], processors: number): boolean {
  const flow = demands.map(() => new Array<number>(processors).fill(0))
  const used = new Array<number>(processors).fill(0)
  for (let n = 0; n < demands.length; n++) {
    let missing = rates[n]
    while (missing > Tiny) {
      const path = findPath(demands, flow, used, n)
      if (!path) return false
      let amount = Math.min(missing, 1 - used[path.at(-1)!.processor])
      for (const { from, processor } of path.slice(1)) amount = Math.min(amount, flow[from][path[path.findIndex(step => step.from === from && step.processor === processor) - 1].processor])
      path.forEach(({ from, processor }, index) => {
        flow[from][processor] += amount
        if (index > 0) flow[from][path[index - 1].processor] -= amount
      })
      used[path.at(-1)!.processor] += amount
      missing -= amount
    }
  }
  return true
}

/** The way from a vCPU over processors, whose other users move on, to one with room. */
function findPath(demands: Demand[], flow: number[][], used: number[], start: number): { from: number, processor: number }[] | undefined {
  const reached = new Map<number, { from: number, via: number }>() // processor → who goes there, and from which processor
  const queue: number[] = []
  for (const processor of demands[start].processors) { reached.set(processor, { from: start, via: -1 }); queue.push(processor) }
  for (let processor = queue.shift(); processor !== undefined; processor = queue.shift()) {
    if (used[processor] < 1 - Tiny) {
      const path = []
      for (let at = processor; at !== -1;) {
        const { from, via } = reached.get(at)!
        path.unshift({ from, processor: at })
        at = via
      }
      return path
    }
    demands.forEach((one, other) => {
      if (flow[other][processor!] <= Tiny) return
      for (const next of one.processors) if (!reached.has(next)) { reached.set(next, { from: other, via: processor! }); queue.push(next) }
    })
  }
  return undefined
}
