/** Filters that choose one database or knowledge base, on pages about an AgentOS that has several. */
import { useEffect, useState } from 'preact/hooks'
import type { NamedSource } from '../../api/databases.ts'
import { knownSources } from '../../api/databases.ts'
import { strings } from '../../strings.ts'
import type { Filter } from './filter-bar.tsx'

/** No filter for a caller who may not read the configuration of AgentOS, and none for a single database. */
function useSources(kind: 'databases' | 'knowledge'): readonly NamedSource[] {
  const [sources, setSources] = useState<readonly NamedSource[]>([])
  useEffect(() => {
    knownSources().then(
      (known) => setSources(known[kind]),
      () => setSources([]),
    )
  }, [kind])
  return sources
}

export function useDatabaseFilter(): readonly Filter[] {
  const databases = useSources('databases')
  return filterOf('db_id', strings.database, strings.allDatabases, databases)
}

export function useKnowledgeFilter(): readonly Filter[] {
  const bases = useSources('knowledge')
  return filterOf('knowledge_id', strings.knowledgeBase, strings.allKnowledgeBases, bases)
}

function filterOf(
  name: string,
  label: string,
  all: string,
  sources: readonly NamedSource[],
): readonly Filter[] {
  if (sources.length < 2) return []
  const options = sources.map(({ id, name: text }) => [id, text] as const)
  return [{ name, label, options: [['', all], ...options] }]
}
