/** A configuration that cannot be used; the message names every field that is wrong. */
export class ConfigError extends Error {}
