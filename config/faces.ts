/** Converts the section `faces` to the program's types. */
import type { FileConfig } from './schema.ts'
import type { AguiMount, ComponentPattern, FaceConfig, FacesConfig } from './types.ts'

const KINDS = { agent: 'agents', team: 'teams', workflow: 'workflows' } as const

/** @param file the parsed key `faces` */
export function toFaces({ openai, mcp, a2a, agui }: FileConfig['faces']): FacesConfig {
  return {
    openai: openai && {
      ...common(openai),
      sessionHeaders: openai.session_headers.map((name) => name.toLowerCase()),
      system: openai.system,
      sidePrompts:
        typeof openai.side_prompts === 'string' ? openai.side_prompts : openai.side_prompts.model,
    },
    mcp: mcp && {
      ...common(mcp),
      path: withoutEndSlashes(mcp.path),
      tools: mcp.tools,
      authorizationServers: mcp.authorization_servers,
      stateSecret: mcp.state_secret,
    },
    a2a: a2a && { ...common(a2a), default: a2a.default },
    agui: agui && { ...common(agui), mounts: agui.mounts.map(toMount) },
  }
}

function common(face: { include: readonly string[]; exclude: readonly string[] }): FaceConfig {
  return { include: face.include.map(toPattern), exclude: face.exclude.map(toPattern) }
}

/** @param written `agent/ID` or a bare id, with `*` for any text */
export function toPattern(written: string): ComponentPattern {
  const [, kind, id = ''] = /^(?:(agent|team|workflow)s?\/)?(.+)$/u.exec(written) ?? []
  return { kind: kind === undefined ? undefined : KINDS[kind as keyof typeof KINDS], id }
}

type WrittenMount = NonNullable<FileConfig['faces']['agui']>['mounts'][number]

function toMount({ path, agent, team, workflow }: WrittenMount): AguiMount {
  const base = withoutEndSlashes(path)
  if (agent !== undefined) return { path: base, kind: 'agents', id: agent }
  if (team !== undefined) return { path: base, kind: 'teams', id: team }
  return { path: base, kind: 'workflows', id: workflow ?? '' }
}

function withoutEndSlashes(path: string): string {
  return path.replace(/\/+$/, '')
}
