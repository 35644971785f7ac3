/** A VM's name, as its configuration gives it. */
import { PackVmText, vmText } from '../config/pack'
import * as words from '../log/text'
import { Vm } from './vm'

const buffer: usize = memory.data(64)

/** Appends the name to the line being built. */
export function nameOf(vm: Vm): void { words.bytes(buffer, min(vmText(vm.index, PackVmText.Name, buffer, 64), 64)) }
