/**
 * Scripts the agents `desk`, which pauses in all of AgentOS's ways except plain confirmation, and `report`, whose answer
 * has every kind of content.
 */
import type { Answer, Pace, Script, ToolWish } from './scripts.ts'

const INPUT: ToolWish = {
  name: 'book_flight',
  args: { destination: 'Lisbon' },
  pause: {
    requires_user_input: true,
    user_input_schema: [
      { name: 'destination', field_type: 'str', description: 'Where to', value: 'Lisbon' },
      { name: 'seats', field_type: 'int', description: 'How many seats', value: null },
    ],
  },
  result: 'booked',
  confirmed: 'Your flight is booked.',
  rejected: 'No flight is booked.',
}

const FEEDBACK: ToolWish = {
  name: 'ask_user',
  args: {},
  pause: {
    user_feedback_schema: [
      {
        question: 'Which tone should the letter have?',
        header: 'Tone',
        multi_select: false,
        selected_options: null,
        options: [
          { label: 'Formal', description: 'Dear Sir or Madam', selected: false },
          { label: 'Friendly', description: 'Hi there', selected: false },
        ],
      },
    ],
  },
  result: 'noted',
  confirmed: 'I write the letter in that tone.',
  rejected: 'I write no letter.',
}

const EXTERNAL: ToolWish = {
  name: 'run_on_laptop',
  args: { command: 'ls -l' },
  pause: { external_execution_required: true },
  result: 'done elsewhere',
  confirmed: 'Thank you, I have the result.',
  rejected: 'I go on without the result.',
}

const PAYMENT: ToolWish = {
  name: 'pay_invoice',
  args: { invoice: 'R-2026-118', amount: 4800 },
  approval: true,
  result: 'paid',
  confirmed: 'The invoice is paid.',
  rejected: 'The invoice is not paid.',
}

const WISHES: readonly (readonly [RegExp, ToolWish])[] = [
  [/choose/i, FEEDBACK],
  [/elsewhere/i, EXTERNAL],
  [/pay/i, PAYMENT],
]

/** The words `choose`, `elsewhere` and `pay` in the message select the kind of pause. Default: input. */
export function desk(pace: Pace): Script {
  return (message) => {
    const [, wish = INPUT] = WISHES.find(([pattern]) => pattern.test(message)) ?? []
    return { text: wish.confirmed, delayMs: pace.wordDelayMs, tool: wish }
  }
}

const REPORT = `## Quarter in short

| Region | Revenue | Change |
|---|---:|---:|
| North | 1.2 M | +4 % |
| South | 0.9 M | −2 % |

- North grew because of **two new clients**
- South waits for the *spring contract*

\`\`\`python
def growth(before: float, now: float) -> float:
    return (now - before) / before  # share
\`\`\`
`

/** A bar chart of 160 by 64 pixels, as PNG in base64. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAKAAAABACAIAAAAS6ev4AAAAxElEQVR42u3WwQ2AIBBFQTqgEPuyDAqwQxuRcLMFEqOwMsm7/svOZdNVm35ccgLAAizAAizAqi0fpT/AgAVYgAVYgOMeGjBgwIABAwYMWO8Df7YFDFiAx7btZ3+AAQMGDBgwYMCAAQN+CBwCCTBgwIABA5702QEMGDBgwIABAwYMeE3gUVvAgAEDBgwYMGDAgAEDBrw2cEQkwIABAwYMGDBgwIABAwYMGDBgwIABAwYMGDBgwIABAwYMGDBgwIABA55lewP4FlVSFoHPxwAAAABJRU5ErkJggg=='

/** Answers with a table, code, a picture and sources. */
export function report(pace: Pace): Script {
  return (message): Answer => ({
    text: `${REPORT}\nYou asked: ${message}`,
    delayMs: pace.wordDelayMs,
    reasoning: 'The question is about the quarter. I compare both regions, then name the reasons.',
    extras: {
      images: [
        {
          id: 'chart',
          mime_type: 'image/png',
          content: PICTURE,
          alt_text: 'Chart of both regions',
        },
      ],
      citations: { urls: [{ url: 'https://example.com/q3', title: 'Quarterly figures' }] },
      references: [
        { query: message, references: [{ name: 'q3.csv', content: 'North 1.2, South 0.9' }] },
      ],
    },
  })
}
