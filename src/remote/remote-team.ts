import type { ComponentCard, RemoteBinding, RemoteOptions } from './base-remote.ts'
import { BaseRemote, standaloneBinding } from './base-remote.ts'

/** Parameters of {@link RemoteTeam}, as Agno's. */
export interface RemoteTeamOptions extends RemoteOptions {
  readonly teamId: string
}

/** A team on another AgentOS. */
export class RemoteTeam extends BaseRemote<ComponentCard> {
  constructor(options: RemoteTeamOptions | RemoteBinding) {
    super(
      'teams',
      'upstream' in options ? options : standaloneBinding(options, options.teamId, 300_000),
    )
  }
}
