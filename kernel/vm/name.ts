/** A VM's name, as its configuration gives it. */
import { ConfigText } from '../../capability/config'
import { appendName, configuration } from '../config/configuration'
import { Vm } from './vm'

/** Appends the name to the line being built. */
export function nameOf(vm: Vm): void { appendName(configuration().vm(vm.index).text(ConfigText.Name)) }
