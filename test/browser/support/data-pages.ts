/** Lists the pages of the console that show data of an AgentOS with session `s` and trace `t`, as addresses. */
export const DATA_PAGES = [
  '#/inbox',
  '#/data/sessions',
  '#/data/sessions/s?type=agent',
  '#/data/memories',
  '#/data/knowledge',
  '#/data/traces',
  '#/data/traces/t',
  '#/data/evals',
  '#/data/approvals',
]
