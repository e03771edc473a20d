/** Knows the user ids that AgentOS issues itself. No token and no key of a caller may claim one. */

const RESERVED_PREFIXES = ['sa:', '__oauth__:'] as const
const SCHEDULER = '__scheduler__'

export function isReservedSubject(subject: string): boolean {
  return subject === SCHEDULER || RESERVED_PREFIXES.some((prefix) => subject.startsWith(prefix))
}
