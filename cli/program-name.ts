/** Names the command with which the user runs the gateway, for messages with commands to copy. */

/** `agentos-gateway`; in a checkout, run by npm, `npm start --`. */
export function programName(): string {
  return process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'agentos-gateway'
}
