/**
 * The values of `node:http` that the gateway uses. An `import` of `node:http` reads all its exports, which loads Node's own
 * `fetch`: 13 MB of memory and a tenth of the start. A type is still imported from there.
 */
export const { Agent, createServer, IncomingMessage, request, ServerResponse, STATUS_CODES } =
  process.getBuiltinModule('node:http')
