/** docs/scheduler.svg is what the scheduler does. */
import { expect, test } from 'vitest'
import { page } from './blocks.ts'
import { schedulerPlot } from './scheduler-plot.ts'

test('the scheduler\'s picture is drawn from its simulation', async () => {
  expect(page('docs/scheduler.svg')).toBe(await schedulerPlot())
})
