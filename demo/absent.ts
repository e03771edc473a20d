/** Serves routes of features that the demo lacks: empty pages and AgentOS's 503 answers. */
import { HttpError } from './http.ts'
import { page } from './page.ts'
import type { Routes } from './router.ts'

/** Empty lists with their default page sizes. */
const EMPTY = {
  '/eval-runs': 20,
  '/service-accounts': 20,
  '/learnings': 100,
  '/schedules': 100,
}

const NO_KNOWLEDGE =
  'No knowledge base is available on this AgentOS. A Knowledge is served over /knowledge only once it has a contents_db: pass Knowledge(..., contents_db=<db>) to AgentOS(knowledge=[...]), or to an agent or team.'

/** Routes that a control plane requests from every AgentOS. */
export function absentRoutes(): Routes {
  const routes: Routes = {
    'GET /metrics': () => ({ status: 200, body: { metrics: [], updated_at: null } }),
  }
  for (const [path, limit] of Object.entries(EMPTY)) {
    routes[`GET ${path}`] = ({ query }) => ({ status: 200, body: page([], query, '', limit) })
  }
  for (const route of [
    'GET /knowledge/config',
    'GET /knowledge/content',
    'POST /knowledge/search',
  ]) {
    routes[route] = () => {
      throw new HttpError(503, NO_KNOWLEDGE)
    }
  }
  return routes
}
