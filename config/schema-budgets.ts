/** Defines the section `budgets`: limits of tokens and cost. */
import * as z from 'zod'
import {
  componentPattern,
  count,
  expects,
  list,
  oneOf,
  optional,
  section,
  withDefault,
} from './fields.ts'

/** 31 days, the longest month. */
const MAX_DAYS = 31
const MINUTES = { m: 1, h: 60, d: 1_440 } as const
const MS_PER_MINUTE = 60_000

const name = () => {
  const what =
    'a name of up to 64 letters, digits, ".", "_" or "-", starting with a letter or digit'
  return z
    .string({ error: expects(what) })
    .refine((value) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value), { error: expects(what) })
}

const by = () => {
  const what = 'user, key, component, upstream, all or claim:NAME'
  return z
    .string({ error: expects(what) })
    .refine((value) => /^(?:user|key|component|upstream|all|claim:.+)$/s.test(value), {
      error: expects(what),
    })
    .meta({ pattern: '^(?:user|key|component|upstream|all|claim:.+)$|\\$\\{' })
}

/** A length in whole minutes, hours or days, or `month`. */
function windowLength() {
  const error = expects('a length such as "30m", "1h" or "7d", at most 31 days, or month')
  return z
    .string({ error })
    .transform((value, context) => {
      if (value === 'month') return value
      const [, digits, unit] = /^(\d{1,6}) ?([mhd])$/.exec(value) ?? []
      const minutes = Number(digits) * MINUTES[(unit ?? 'm') as keyof typeof MINUTES]
      if (minutes >= 1 && minutes <= MAX_DAYS * MINUTES.d) return { ms: minutes * MS_PER_MINUTE }
      context.addIssue({ code: 'custom', message: error({ input: value }) })
      return z.NEVER
    })
    .meta({ title: 'window', pattern: '^(?:\\d{1,6} ?[mhd]|month)$|\\$\\{' })
}

/** A cost; also as text, because a `${REFERENCE}` becomes text. */
function cost() {
  const error = expects('a number from 0 to 1000000000')
  return z.preprocess(
    (value) =>
      typeof value === 'string' && /^\d{1,9}(?:\.\d{1,9})?$/.test(value) ? Number(value) : value,
    z.number({ error }).min(0, { error }).max(1_000_000_000, { error }),
  )
}

const MAX_TOKENS = 1_000_000_000_000

const limit = {
  tokens: optional(count(0, MAX_TOKENS)).describe(
    'Largest number of input and output tokens in a window. Default: no limit of tokens.',
  ),
  cost: optional(cost()).describe(
    'Largest cost in a window, in the unit in which AgentOS reports `metrics.cost`. Default: no limit of costs.',
  ),
}

const NO_LIMIT = 'sets no limit: write tokens, cost or both'

const override = section({ tokens: limit.tokens, cost: limit.cost }).refine(
  ({ tokens, cost: most }) => tokens !== undefined || most !== undefined,
  { error: NO_LIMIT },
)

const budget = section({
  name: name().describe('Unique name for errors, headers, logs and metrics.'),
  by: withDefault(by(), 'user').describe(
    "Whose runs are counted together: `user` (the `sub` of the verified token), `key` (the name of the caller's key), `claim:NAME` (a claim of the verified token), `component`, `upstream`, or `all`. Callers without the user, key or claim share one count.",
  ),
  ...limit,
  window: withDefault(windowLength(), '1d').describe(
    'Length of the window: minutes, hours or days such as `30m`, `1h` or `7d`, or `month`. Windows are aligned to UTC: days begin at midnight, seven days on Monday.',
  ),
  components: withDefault(list(componentPattern()), []).describe(
    'Components whose runs count: `agent/ID`, `team/ID`, `workflow/ID` or a bare id; `*` matches any text. Default: all.',
  ),
  over: withDefault(oneOf(['reject', 'warn']), 'reject').describe(
    'Treatment of a new run when the limit is reached: `reject` answers 429, `warn` lets it run and writes a log line.',
  ),
  overrides: withDefault(
    z.record(z.string(), override, { error: expects('a mapping of subjects to limits') }),
    {},
  ).describe(
    'Other limits of single subjects, by their value of `by`, such as a `sub`, or `agents/echo` for a component.',
  ),
}).refine(({ tokens, cost: most }) => tokens !== undefined || most !== undefined, {
  error: NO_LIMIT,
})

/** Top-level key. */
export const budgets = withDefault(
  list(budget).refine((all) => new Set(all.map((one) => one.name)).size === all.length, {
    error: 'two budgets have the same name',
  }),
  [],
).describe(
  'Limits of the tokens or the cost of runs in a window of time; a run that starts above one gets 429. See docs/budgets.md. Gateways with the same `store` count together.',
)
