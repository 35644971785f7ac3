/** Replays the transcripts of docs/console.md. */
import { boot, state, World } from './world'

/** A fenced block: which scene it plays, and its lines. */
export interface Transcript {
  scene: string
  lines: string[]
}

export function transcripts(page: string): Transcript[] {
  return [...page.matchAll(/^```console ?(\w*)\n([^]*?)^```$/gm)].map(([, scene, body]) => ({ scene, lines: body.split('\n').slice(0, -1) }))
}

/** What the screen shows when the commands of a transcript are typed in its scene. */
export async function replay({ scene, lines }: Transcript): Promise<string[]> {
  const host = await boot((world) => {
    world.screen.width = 10_000
    world.log.write('[     0.412] nucleus: 2 VMs configured\n[     0.518] web: started\n')
    if (scene === 'mirrored') for (const vm of world.vms) vm.mirror = 1n
    else world.vm('web').output.write('Run /init as init process\r\nWelcome.\r\n')
    if (scene === 'blocked') {
      world.guestsBlocked = 'AMD-V is switched off by the firmware (VM_CR.SVMDIS).\nSwitch on SVM or virtualization in the firmware\'s setup.'
      for (const vm of world.vms) vm.state = state.stopped
    }
  })
  const from = scene === 'banner' || scene === 'blocked' ? 0 : host.screen.row
  // In the mirrored scene the one line typed is not yet finished.
  for (const line of scene === 'mirrored' ? [] : lines) if (line.startsWith('typervisor> ')) host.type(line.slice(12) + '\r')
  play(host, scene)
  const shown = host.screen.lines().slice(from)
  while (shown[0] === '') shown.shift()
  while (shown.at(-1) === 'typervisor>' || shown.at(-1) === '') shown.pop()
  return shown
}

function play(host: World, scene: string): void {
  const guest = (name: string, text: string) => {
    host.vm(name).output.write(text)
    host.wake()
  }
  if (scene === 'attached') {
    guest('web', '~ # ')
    for (const character of 'uname -r') {
      host.type(character)
      guest('web', character) // the guest's echo
    }
    guest('web', '\r\n6.1.0-cloud-amd64\r\n~ # ')
    host.type('\x1d')
  }
  if (scene === 'mirrored') {
    host.type('vm li')
    guest('web', 'Run /init as init process\r\n')
    guest('db', '\x1b[32mdatabase ready\x1b[0m\r\n')
    host.vm('db').state = state.crashed
    host.vm('db').reason = 'triple fault'
    host.wake()
    host.type('st')
  }
}
