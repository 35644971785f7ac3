export { boot } from '../../machine/loader/index'
