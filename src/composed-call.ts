/** Names the headers by which the gateway recognises the composer's call of a member. */

/** The composed component of the run, such as `teams/desk`: the gateway counts the call for it. */
export const COMPOSED_HEADER = 'x-agentos-composed'
/** Id of the composed run, for the audit log. */
export const COMPOSED_RUN_HEADER = 'x-agentos-composed-run'
