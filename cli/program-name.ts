/** How the user runs the gateway, for commands that a message shows to be copied. */

/** `agentos-gateway`; in a checkout, run by npm, `npm start --`. */
export function programName(): string {
  return process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'agentos-gateway'
}
