/**
 * Every way through a program whose next step is chosen: it is run again and again, each time with the first choices of the run before and another one
 * where that still had alternatives. Alternatives cost; runs that would cost more than the bound are left out (Musuvathi and Qadeer, "Iterative context
 * bounding for systematic testing of multithreaded programs", PLDI 2007: few preemptions at the right places are enough for almost every race).
 */
interface Point { taken: number, costs: readonly number[] }

export class Explorer {
  #path: Point[] = []
  #at = 0
  runs = 0

  constructor(readonly bound: number, path: readonly number[] = []) {
    this.#path = path.map(taken => ({ taken, costs: [] }))
  }

  /** Which of some alternatives is taken; the first costs nothing. */
  choose(costs: readonly number[]): number {
    const point = this.#path[this.#at++]
    if (point === undefined) this.#path.push({ taken: 0, costs })
    else if (point.costs.length === 0) point.costs = costs
    else if (point.costs.length !== costs.length) throw new Error(`the program does not do the same when it is run again: ${point.costs.length} alternatives were ${costs.length}`)
    return point?.taken ?? 0
  }

  /** What was taken at each point of this run. */
  get path(): number[] { return this.#path.slice(0, this.#at).map(({ taken }) => taken) }

  /** Goes on to the next run; false when there is none. */
  next(): boolean {
    this.runs++
    this.#path.length = this.#at
    this.#at = 0
    let spent = this.#path.reduce((sum, { taken, costs }) => sum + costs[taken], 0)
    for (let point = this.#path.pop(); point; point = this.#path.pop()) {
      spent -= point.costs[point.taken]
      for (let taken = point.taken + 1; taken < point.costs.length; taken++) {
        if (spent + point.costs[taken] > this.bound) continue
        this.#path.push({ ...point, taken })
        return true
      }
    }
    return false
  }
}
