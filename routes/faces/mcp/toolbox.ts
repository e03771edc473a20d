/** The tools of the MCP face: which the caller sees, and which component a name means. */
import type { FastifyRequest } from 'fastify'
import type { FaceConfig, McpFaceConfig } from '../../../config/types.ts'
import type { Catalogue } from '../../../src/catalogue/catalogue.ts'
import { COMPONENT_KINDS } from '../../../src/catalogue/catalogue.ts'
import { isShown } from '../../../src/face/component-filter.ts'
import { AGENTOS_TOOLS } from '../../../src/face/mcp/agentos-tools.ts'
import type { ComponentCard } from '../../../src/face/mcp/component-tools.ts'
import {
  componentTool,
  GENERIC_TOOLS,
  MAX_COMPONENT_TOOLS,
} from '../../../src/face/mcp/component-tools.ts'
import type { McpTool } from '../../../src/face/mcp/tool.ts'
import type { ComponentId } from '../../../src/face/mcp/tool-names.ts'
import { toolNames } from '../../../src/face/mcp/tool-names.ts'
import { shownComponents } from '../shown-components.ts'

/** Names are those of the whole catalogue, so that every caller and process has the same. */
interface Names {
  readonly byTool: ReadonlyMap<string, ComponentId>
  readonly byComponent: ReadonlyMap<string, string>
}

const NAMES = new WeakMap<Catalogue, Names>()
const FIXED = new Map([...AGENTOS_TOOLS, ...GENERIC_TOOLS].map((tool) => [tool.name, tool]))
const ANY_COMPONENT = componentTool('any', {
  kind: 'agents',
  id: 'any',
  name: undefined,
  description: undefined,
})

/** A tool that a call names. */
export interface FoundTool {
  readonly tool: McpTool
  /** Set for the tool of one component. */
  readonly component: ComponentId | undefined
}

/** The tools that the caller may call, in a stable order. */
export async function listedTools(
  request: FastifyRequest,
  face: McpFaceConfig,
): Promise<McpTool[]> {
  const own = face.tools === 'components' ? LIFECYCLE : AGENTOS_TOOLS
  if (face.tools === 'agentos') return [...own]
  const cards = await runnableComponents(request, face)
  if (cards.length > MAX_COMPONENT_TOOLS) return [...own, ...GENERIC_TOOLS]
  const { byComponent } = namesOf(request.gateway.discovery.current, face)
  const tools = cards.flatMap((card) => {
    const name = byComponent.get(keyOf(card))
    return name === undefined ? [] : [componentTool(name, card)]
  })
  return [...own, ...tools]
}

/** A paused run has to be answerable, whichever tool began it. */
const LIFECYCLE = AGENTOS_TOOLS.filter(({ name }) => /^(?:continue|cancel)_run$/.test(name))

/** @returns undefined for an unknown name, and for a tool that the configuration leaves out */
export function findTool(
  { gateway }: FastifyRequest,
  face: McpFaceConfig,
  name: string,
): FoundTool | undefined {
  const tool = FIXED.get(name)
  if (tool) {
    const isOwn = AGENTOS_TOOLS.includes(tool)
    const isOn = isOwn ? face.tools !== 'components' : face.tools !== 'agentos'
    return isOn || LIFECYCLE.includes(tool) ? { tool, component: undefined } : undefined
  }
  if (face.tools === 'agentos') return undefined
  const component = namesOf(gateway.discovery.current, face).byTool.get(name)
  return component && { tool: ANY_COMPONENT, component }
}

/** The components that the caller may both see and run. */
export async function runnableComponents(
  request: FastifyRequest,
  face: FaceConfig,
): Promise<ComponentCard[]> {
  const { access } = request.caller
  const shown = await shownComponents(request, face)
  return shown
    .filter(({ kind, id }) => access?.has(`${kind}:run`, { kind, id }) ?? true)
    .map(({ kind, id, name, description }) => ({
      kind,
      id,
      name: name ?? undefined,
      description: description ?? undefined,
    }))
}

/** A catalogue belongs to one configuration. */
function namesOf(catalogue: Catalogue, face: FaceConfig): Names {
  const known = NAMES.get(catalogue)
  if (known) return known
  const components = COMPONENT_KINDS.flatMap((kind) =>
    [...catalogue.remotes(kind)].map(({ id }) => ({ kind, id })),
  ).filter(({ kind, id }) => isShown(face, kind, id))
  const byTool = toolNames(components, FIXED.keys())
  const byComponent = new Map([...byTool].map(([name, each]) => [keyOf(each), name]))
  const names = { byTool, byComponent }
  NAMES.set(catalogue, names)
  return names
}

function keyOf({ kind, id }: ComponentId): string {
  return `${kind}/${id}`
}
