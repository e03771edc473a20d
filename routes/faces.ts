/** The faces that are on. What is off is not loaded. */
import type { FastifyInstance } from 'fastify'
import type { FacesConfig } from '../config/types.ts'

export default async function faces(app: FastifyInstance, { openai, mcp, a2a, agui }: FacesConfig) {
  if (openai) await app.register(import('./faces/openai.ts'))
  if (mcp) await app.register(import('./faces/mcp.ts'), mcp)
  if (a2a) await app.register(import('./faces/a2a.ts'))
  if (agui) await app.register(import('./faces/agui.ts'), agui)
}
