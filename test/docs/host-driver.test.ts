/** The driver of docs/host-driver.md, taken from the page itself: it is added to a copy of what drivers are made of, compiled, and its own tests are run. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blocks, page } from './blocks.ts'
import { copyOf, runTests } from './copy.ts'

const code = blocks(page('docs/host-driver.md'))
const driver = 'drivers/edu/edu.ts'
let copy: string

beforeAll(() => { copy = copyOf('docs-driver', ['capability', 'drivers/message.ts', 'asconfig.json', 'test/sandbox.ts', 'test/drivers/bench.ts'], code) })
afterAll(() => { rmSync(copy, { recursive: true, force: true }) })

test('the page has the driver, its registers, its entry and its tests', () => {
  expect(code.map(({ language, title }) => `${language} ${title}`)).toEqual(['ts drivers/edu/registers.ts', `ts ${driver}`, 'ts drivers/edu/index.ts', 'ts test/drivers/edu.test.ts'])
})

test('it compiles and does what its data sheet says', () => {
  expect(runTests(copy, 'edu')).toEqual({ passed: 9, failed: 0 })
})

test('its tests notice a fault in it', () => {
  const place = join(copy, driver)
  writeFileSync(place, readFileSync(place, 'utf8').replace('asked.block > blocks - asked.blocks', 'false'))
  expect(runTests(copy, 'edu').failed).toBeGreaterThan(0)
})
