/** Reports a Node version that is too old, before Node fails with an unclear error. */

/**
 * @param version of Node, such as `22.19.0`
 * @param range `engines.node` of package.json, such as `>=22.19`
 * @returns the message for the user, or undefined when the version is recent enough
 */
export function complaintAbout(version: string, range: string): string | undefined {
  const [major = 0, minor = 0] = numbersIn(version)
  const [leastMajor = 0, leastMinor = 0] = numbersIn(range)
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined
  return `needs Node ${leastMajor}.${leastMinor} or later; this is Node ${version}`
}

function numbersIn(text: string): number[] {
  return (text.match(/\d+/g) ?? []).map(Number)
}
