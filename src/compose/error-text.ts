/** Formats an error for an output: the upstream's own message, if it sent one. */
export function errorText(error: unknown): string {
  if (error instanceof Error && 'detail' in error) {
    const { detail } = error
    return typeof detail === 'string' ? detail : JSON.stringify(detail)
  }
  return error instanceof Error ? error.message : String(error)
}
