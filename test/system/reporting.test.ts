/** Memory that a guest does not use goes to another, with nobody asking, and is the first one's again when it uses it. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, guestFile, linux } from '../harness/config.ts'
import { drive, pathOf } from '../harness/drive.ts'
import type { Host } from '../harness/host.ts'
import { complaints, none } from '../harness/workload.ts'

const MIB = 2 ** 20
/** What a file of "TYPETYP\n" over and over has for upper halves of its quadwords, and what the next owner of that memory seeks. */
const SECRET = '0x0a50595445505954'
const Reason = 'it uses memory that it had given back, and the host has none'

let host: Host

beforeAll(async () => {
  host = await boot({
    name: 'reporting', memory: 768, extra: drive('nvme', 'REPORTS', 160, { 0: guestFile('initrd.cpio'), 80: guestFile('vmlinuz') }),
    config: {
      vms: [
        linux('web', { memory: '448 MiB', memoryReporting: true, disks: [{ raw: 'REPORTS' }] }),
        guest('memory', 'heir', `seek=${SECRET} hold=${SECRET}`, { memory: '512 MiB', autostart: false }),
      ],
    },
  })
})

afterAll(() => host?.close())

async function has(): Promise<number> {
  const { vms } = await host.json<{ vms: { name: string, bytes: number }[] }>('host memory')
  return vms.find(({ name }) => name === 'web')!.bytes
}

/** Waits until the VM has as much memory as it should. */
async function hasCome(enough: (mebibytes: number) => boolean): Promise<void> {
  const end = Date.now() + 60_000
  for (let bytes = await has(); !enough(bytes / MIB); bytes = await has()) if (Date.now() > end) throw host.emulator.failure(`web has ${bytes / MIB} MiB`)
}

const run = (line: string, pattern: RegExp): Promise<unknown> => host.vm('web').carriesOut(line, pattern, { within: 200 })
const fill = (file: string): string => `yes TYPETYP | head -c 128k > ${file}.1; for i in $(seq 1408); do cat ${file}.1; done > ${file}; rm ${file}.1`

test('what its guest has used and does not use any more goes to another VM, and is zero there', async () => {
  await host.vm('web').sees(/web:~#/, { within: 400 })
  await hasCome(mebibytes => mebibytes < 200)
  await run(`${fill('/tmp/secret')}; echo "$(wc -c < /tmp/secret) written"`, /184549376 written/)
  expect(await has()).toBeGreaterThan(250 * MIB)
  await host.command('vm start heir')
  expect(await host.vm('heir').info()).toMatchObject({ state: 'stopped', reason: 'not enough free memory to start it' })
  await run('rm /tmp/secret; echo "$(echo is) removed"', /is removed/)
  await hasCome(mebibytes => mebibytes < 200)
  expect(await host.command('vm list')).toMatch(/^web +running +\d+ MiB of 448 MiB /m)
  await host.command('vm start heir')
  await host.vm('heir').sees(/memory round=0 found=0/, { within: 200 })
  await host.vm('heir').sees(/memory round=1 changed=0/, { within: 200 })
})

test('a VM that uses it again where the host has none is paused, says so, and goes on when there is', async () => {
  await host.vm('web').attach()
  host.type(`${fill('/tmp/again')}; yes TYPETYP | head -c 128k > /tmp/m; for i in 0 700 1407; do dd if=/tmp/again bs=128k skip=$i count=1 2> /dev/null | cmp - /tmp/m && echo "$(echo as) written"; done; rm /tmp/again; echo "$(echo end) of it"\n`)
  await host.sees(new RegExp(Reason), { within: 200 })
  await host.vm('web').detach()
  expect(await host.vm('web').info()).toMatchObject({ state: 'paused', reason: Reason })
  await host.vm('heir').sees(/memory round=\d+ changed=0/, { within: 200 })
  await host.command('vm kill heir')
  await host.command('vm resume web')
  await run('', /(as written\s+){3}end of it/)
})

test('a disk reads into memory that nobody has touched since', async () => {
  await hasCome(mebibytes => mebibytes < 200)
  const sum = createHash('sha256').update(readFileSync(pathOf('REPORTS'))).digest('hex')
  await run('sha256sum /dev/vda', new RegExp(`^${sum} {2}/dev/vda`, 'm'))
  expect(await has()).toBeGreaterThan(200 * MIB)
  await run(complaints, none)
})
