export { writeTables } from '../../machine/acpi/index'
