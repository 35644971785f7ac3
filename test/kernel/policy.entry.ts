export { allowedSpaces, importedSpaces } from '../../kernel/security/policy'
