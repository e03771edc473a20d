/**
 * What stands behind a status in the first line of an answer (RFC 9110 §15). `import` from `node:http` would touch every name
 * it exports, and so load all of Node's own fetch for a dozen words.
 */
export const STATUS_TEXTS: Readonly<Record<number, string | undefined>> =
  process.getBuiltinModule('node:http').STATUS_CODES
