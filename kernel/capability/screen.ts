/** The `screen` capability, but for its writes, which are inline. */
import { Screen } from '../../capability/screen'
import { framebuffer } from '../firmware/bootinformation'
import { giveBytes, sandbox } from '../sandbox/sandbox'

export function screenDescribe(subject: u32, target: usize): bool { return giveBytes(sandbox(subject), target, changetype<usize>(framebuffer()), offsetof<Screen>()) }
