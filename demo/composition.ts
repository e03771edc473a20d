/** Composes a team and a workflow over the demo's two AgentOS instances, led by the scripted leader. */

/** Keys of the configuration. @param leaderUrl base URL of the leader's chat completions */
export function demoComposition(leaderUrl: string): Record<string, unknown> {
  return {
    models: { scripted: { base_url: leaderUrl, model: 'scripted', provider: 'demo' } },
    teams: [
      {
        id: 'studio',
        name: 'Studio',
        description:
          'A team over both servers: a poet, a critic, and an agent that asks before it deletes a file',
        model: 'scripted',
        members: [
          { agent: 'demo-b/poet', when: 'poems and verses' },
          { agent: 'demo-b/critic', when: 'criticism and reviews' },
          { agent: 'demo-a/confirm', when: 'files to delete' },
        ],
      },
    ],
    workflows: [
      {
        id: 'publish',
        name: 'Publish',
        description:
          'A workflow over both servers: a poem, two reviews at the same time, and a question to you',
        steps: [
          { name: 'draft', agent: 'demo-b/poet' },
          {
            name: 'reviews',
            parallel: [
              { name: 'critic', agent: 'demo-b/critic' },
              { name: 'reader', agent: 'demo-a/echo' },
            ],
          },
          { name: 'print', agent: 'demo-a/echo', input: '{{steps.draft}}', confirm: 'Print it?' },
        ],
      },
    ],
    composer: { database: 'sqlite::memory:' },
  }
}
