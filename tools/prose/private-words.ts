/** Lists words that the prose of this repository does not use, each with the standard term. */

export interface PrivateWord {
  readonly pattern: RegExp
  /** Advice that follows "say". */
  readonly say: string
}

export const PRIVATE_WORDS: readonly PrivateWord[] = [
  { pattern: /\bwho(?:m)?ever\b/i, say: 'the caller, the client or the upstream' },
  { pattern: /\bwhatever\b/i, say: '"any" or "every" with a noun' },
  { pattern: /\bthose (?:that|who|which)\b/i, say: 'the noun, such as "requests that"' },
  { pattern: /\b(?:no|some|every|any)body\b/i, say: '"no caller", "a client" or another noun' },
  { pattern: /\btells?\b|\btold\b/i, say: 'report, send, show or distinguish' },
  { pattern: /\bhears?\b|\bheard\b/i, say: 'receive or read' },
  { pattern: /\bmourn\w*/i, say: 'fail the runs' },
  { pattern: /\bdoors?\b/i, say: 'listener' },
  { pattern: /\bwish(?:es)?\b/i, say: 'preference or option' },
  { pattern: /\bgo(?:es)? by\b/i, say: 'is called, or depends on' },
  { pattern: /\b(?:go|goes|going|went|gone) on\b/i, say: 'continue' },
  { pattern: /\bgives? up\b/i, say: 'stop, fail or time out' },
  { pattern: /\bunder way\b/i, say: 'in progress or in flight' },
  { pattern: /\banew\b/i, say: 'again' },
  { pattern: /\bas it is\b/i, say: 'unchanged' },
  { pattern: /\bstands? (?:for|in|between|behind|beside|before|there)\b/i, say: 'means, or is in' },
  { pattern: /\bput right\b/i, say: 'repaired' },
  { pattern: /\bheld against\b/i, say: 'counted against' },
  { pattern: /\bmakes nothing of\b/i, say: 'ignores' },
  { pattern: /\bbehind the caller's back\b/i, say: 'in the background' },
]
