/** This release, as package.json has it. */
export const Version: string = '0.1.0'
