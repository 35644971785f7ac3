/** The console, which turns rogue when the first VM is given one of certain weights: 9000 + a crime's number, or 9100 for all bad pointers. */
import { line } from '../../capability/log'
import { vmSet, VmSetting } from '../../capability/admin'
import { wake as serve } from '../../services/console/index'
import { vmOf } from '../../services/console/vm'
import { askForEverything } from './console-pointers'
import { commit } from './crimes'
import { describeRefusals } from './pointers'

export { start } from '../../services/console/index'

const Usual: u64 = 100
const Crimes: u32 = 9000
const Pointers: u32 = 9100
const text: usize = memory.data(64)

export function wake(): void {
  const weight = vmOf(0).weight
  if (weight > Crimes) vmSet(0, VmSetting.Weight, Usual)
  if (weight == Pointers) {
    askForEverything()
    line(text, describeRefusals(text))
  } else if (weight > Crimes) commit(weight - Crimes)
  serve()
}
