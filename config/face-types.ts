/** Types of the section `faces` of a loaded configuration. */
import type { ComponentKind } from './component-kind.ts'

/** Protocols besides AgentOS's. Undefined: off. Turning one on requires a restart. */
export interface FacesConfig {
  readonly openai: OpenAiFaceConfig | undefined
  readonly mcp: McpFaceConfig | undefined
  readonly a2a: A2aFaceConfig | undefined
  readonly agui: AguiFaceConfig | undefined
}

/** A pattern that matches components by kind and id. */
export interface ComponentPattern {
  /** Undefined for all kinds. */
  readonly kind: ComponentKind | undefined
  /** Id at the gateway; `*` in it matches any text. */
  readonly id: string
}

/** Filter of the components that a face shows. */
export interface FaceConfig {
  /** Empty: all of them. */
  readonly include: readonly ComponentPattern[]
  /** Wins over `include`. */
  readonly exclude: readonly ComponentPattern[]
}

export interface OpenAiFaceConfig extends FaceConfig {
  /** In lower case. Default Open WebUI's. */
  readonly sessionHeaders: readonly string[]
  /** Default `prepend`. */
  readonly system: 'prepend' | 'ignore'
  /** `run` (default), `refuse`, or the component for side prompts. */
  readonly sidePrompts: string
}

export interface McpFaceConfig extends FaceConfig {
  /** Static. Without a trailing slash. Default `/mcp`. */
  readonly path: string
  /** AgentOS's own eight tools, one tool for each component, or both (default). */
  readonly tools: 'agentos' | 'components' | 'both'
  /** Issuers of the tokens, for clients that log in by OAuth. Default none. */
  readonly authorizationServers: readonly string[]
  /** Signs the state of forms. Undefined: derived from the other secrets of the configuration. */
  readonly stateSecret: string | undefined
}

export interface A2aFaceConfig extends FaceConfig {
  /** Component of the root card, such as `agent/ID`. Undefined: the only component. */
  readonly default: string | undefined
}

export interface AguiFaceConfig extends FaceConfig {
  /** Static. */
  readonly mounts: readonly AguiMount[]
}

/** A component at its own path, as an AgentOS serves it. */
export interface AguiMount {
  /** Without a trailing slash. */
  readonly path: string
  readonly kind: ComponentKind
  readonly id: string
}
