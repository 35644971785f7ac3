export { readRtc } from '../../kernel/time/rtc'
