import type { ComponentCard, RemoteBinding, RemoteOptions } from './base-remote.ts'
import { BaseRemote, standaloneBinding } from './base-remote.ts'

/** Parameters of {@link RemoteWorkflow}, as Agno's. */
export interface RemoteWorkflowOptions extends RemoteOptions {
  readonly workflowId: string
}

/** A workflow on another AgentOS. */
export class RemoteWorkflow extends BaseRemote<ComponentCard> {
  constructor(options: RemoteWorkflowOptions | RemoteBinding) {
    super(
      'workflows',
      'upstream' in options ? options : standaloneBinding(options, options.workflowId, 300_000),
    )
  }
}
