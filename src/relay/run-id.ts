/** Reads the id of a run out of the first bytes of its answer. */

const RUN_ID = /"run_id"\s*:\s*"([^"\\]{1,128})"/
const SESSION_ID = /"session_id"\s*:\s*"([^"\\]{1,256})"/
/** The id stands in the first event, and among the first members of a JSON answer. */
const SEARCHED_BYTES = 4096

/** @returns the id, or undefined where the first bytes hold none */
export function runIdIn(firstBytes: Buffer): string | undefined {
  return RUN_ID.exec(firstBytes.toString('latin1', 0, SEARCHED_BYTES))?.[1]
}

/** The same for the session of the run. */
export function sessionIdIn(firstBytes: Buffer): string | undefined {
  return SESSION_ID.exec(firstBytes.toString('utf8', 0, SEARCHED_BYTES))?.[1]
}
