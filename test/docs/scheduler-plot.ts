/** Draws docs/scheduler.svg: what the simulated scheduler gives three VMs on two processors while one wakes and others' settings change. `tsx test/docs/scheduler-plot.ts` writes it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fairShares } from '../kernel/shares.ts'
import { instantiate } from '../sandbox.ts'

const Processors = 2
const Step = 0.1 // s
const Seconds = 10

interface Vm { name: string, color: string, weight: number, cap: number, mask: number, works: boolean }

const begin: Vm[] = [
  { name: 'web', color: '#2166ac', weight: 256, cap: 0, mask: 3, works: true },
  { name: 'batch', color: '#b2182b', weight: 256, cap: 0, mask: 3, works: true },
  { name: 'build', color: '#1a7a3a', weight: 512, cap: 0, mask: 3, works: false },
]

/** What happens when, in seconds. Each VM has two vCPUs that never sleep once they work. */
const events: { at: number, text: string, vm: number, change: Partial<Vm> }[] = [
  { at: 2, text: 'build, weight 512, wakes', vm: 2, change: { works: true } },
  { at: 4, text: 'build gets a cap of 50 %', vm: 2, change: { cap: 50 } },
  { at: 6, text: 'batch gets weight 768', vm: 1, change: { weight: 768 } },
  { at: 8, text: 'the cap is lifted', vm: 2, change: { cap: 0 } },
]

/** Percent of one processor that each VM should have. */
function shouldHave(vms: Vm[]): number[] {
  const demands = vms.flatMap(({ weight, cap, mask, works }) => [0, 1].map(() => ({
    weight: weight / 2, limit: works ? cap ? cap / 200 : 1 : 0, processors: [0, 1].filter(n => mask >> n & 1),
  })))
  const rates = fairShares(demands, Processors)
  return vms.map((_, n) => (rates[2 * n] + rates[2 * n + 1]) * 100)
}

interface Sample { time: number, had: number[], should: number[] }

async function simulate(): Promise<Sample[]> {
  const s = (await instantiate('test/kernel/simulator.entry.ts')).exports as Record<string, any>
  const vms = begin.map(one => ({ ...one }))
  s.start(Processors, 1n)
  vms.forEach(({ weight, cap, mask, works }, n) => {
    s.addVm(weight, cap, BigInt(mask), 0n)
    for (const vcpu of [2 * n, 2 * n + 1]) {
      s.addVcpu(0n, 0n)
      if (!works) s.pause(vcpu)
    }
  })
  const samples: Sample[] = []
  const times = () => vms.map((_, n) => Number(s.time(2 * n) + s.time(2 * n + 1)))
  for (let step = 0; step < Seconds / Step; step++) {
    for (const { vm, change } of events.filter(({ at }) => Math.round(at / Step) === step)) {
      const one = Object.assign(vms[vm], change)
      s.setVm(vm, one.weight, one.cap, BigInt(one.mask), 0n)
      if (change.works) for (const vcpu of [2 * vm, 2 * vm + 1]) s.resume(vcpu)
    }
    const before = times()
    s.run(BigInt(Step * 1e9))
    samples.push({ time: step * Step, had: times().map((time, n) => (time - before[n]) / 1e7 / Step), should: shouldHave(vms) })
  }
  return samples
}

const [Width, Height, Left, Top, PlotWidth, PlotHeight] = [860, 340, 56, 40, 700, 240]
const x = (time: number) => (Left + time / Seconds * PlotWidth).toFixed(1)
const y = (percent: number) => (Top + PlotHeight - percent / 150 * PlotHeight).toFixed(1)

/** Each sample as a step, so that nothing is drawn that was not measured. */
const path = (samples: Sample[], value: (sample: Sample) => number) =>
  samples.map((sample, n) => `${n ? 'V' : `M${x(0)} `}${y(value(sample))}H${x(sample.time + Step)}`).join('')

function draw(samples: Sample[]): string {
  const grid = [0, 50, 100, 150].map(percent =>
    `<path d="M${x(0)} ${y(percent)}H${x(Seconds)}" stroke="#ddd"/><text x="${Left - 8}" y="${Number(y(percent)) + 4}" text-anchor="end">${percent} %</text>`)
  const marks = events.map(({ at, text }) =>
    `<path d="M${x(at)} ${Top}V${Top + PlotHeight}" stroke="#999" stroke-dasharray="2 3"/><text x="${Number(x(at)) + 4}" y="${Top - 8}">${text}</text>`)
  const seconds = [0, 2, 4, 6, 8, 10].map(time => `<text x="${x(time)}" y="${Top + PlotHeight + 18}" text-anchor="middle">${time} s</text>`)
  const lines = begin.map(({ color }, n) =>
    `<path d="${path(samples, sample => sample.should[n])}" fill="none" stroke="${color}" stroke-opacity=".3" stroke-width="6"/>` +
    `<path d="${path(samples, sample => sample.had[n])}" fill="none" stroke="${color}" stroke-width="1.5"/>`)
  const names = begin.map(({ name, color }, n) => `<text x="${Left + PlotWidth + 16}" y="${Top + 16 + 20 * n}" fill="${color}" font-weight="bold">${name}</text>`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Width} ${Height}" font-family="sans-serif" font-size="12" fill="#333">`,
    '<title>What three VMs get of two processors, in percent of one</title>',
    `<rect width="${Width}" height="${Height}" fill="#fff"/>`,
    ...grid, ...marks, ...seconds, ...lines, ...names,
    `<text x="${Left}" y="${Height - 14}">Thin: had, in each tenth of a second. Broad: the share worked out by itself.</text>`,
    '</svg>', '',
  ].join('\n')
}

/** The picture, the same each time. */
export async function schedulerPlot(): Promise<string> { return draw(await simulate()) }

if (process.argv[1] === import.meta.filename) writeFileSync(join(import.meta.dirname, '../../docs/scheduler.svg'), await schedulerPlot())
