/** The faces that are on. What is off is not loaded. */
import type { FastifyInstance } from 'fastify'
import type { FacesConfig } from '../config/types.ts'

export default async function faces(app: FastifyInstance, { openai, agui }: FacesConfig) {
  if (openai) await app.register(import('./faces/openai.ts'))
  if (agui) await app.register(import('./faces/agui.ts'), agui)
}
