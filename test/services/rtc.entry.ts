export { readRtc } from '../../services/firmware/rtc'
