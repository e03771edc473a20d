/** Looks up one header in the raw headers of a response. */

/** Value of the first header with this name. @param name in lower case */
export function headerOf(
  { rawHeaders }: { readonly rawHeaders: readonly string[] },
  name: string,
): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) return rawHeaders[i + 1]
  }
  return undefined
}
