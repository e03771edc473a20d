/**
 * Lists the scopes of each AgentOS route, copied from AgentOS 3.1.10 with its optional Company routes. The table
 * includes that of 2.9.0; a test compares both. `*` matches any text including slashes, and the first matching line
 * counts.
 *
 * @see AgentOS `agno/os/scopes.py`, `get_default_scope_mappings`
 */
export const ROUTE_SCOPES = `
GET /config config:read
GET /models config:read
GET /agents agents:read
GET /agents/* agents:read
POST /agents agents:write
PATCH /agents/* agents:write
DELETE /agents/* agents:delete
POST /agents/*/runs agents:run
POST /agents/*/runs/*/continue agents:run
POST /agents/*/runs/*/cancel agents:run
GET /teams teams:read
GET /teams/* teams:read
POST /teams teams:write
PATCH /teams/* teams:write
DELETE /teams/* teams:delete
POST /teams/*/runs teams:run
POST /teams/*/runs/*/continue teams:run
POST /teams/*/runs/*/cancel teams:run
GET /workflows workflows:read
GET /workflows/* workflows:read
POST /workflows workflows:write
PATCH /workflows/* workflows:write
DELETE /workflows/* workflows:delete
POST /workflows/*/runs workflows:run
POST /workflows/*/runs/*/continue workflows:run
POST /workflows/*/runs/*/cancel workflows:run
GET /sessions sessions:read
GET /sessions/* sessions:read
POST /sessions sessions:write
POST /sessions/*/rename sessions:write
PATCH /sessions/* sessions:write
DELETE /sessions sessions:delete
DELETE /sessions/* sessions:delete
GET /memories memories:read
GET /memories/* memories:read
GET /memory_topics memories:read
GET /user_memory_stats memories:read
POST /memories memories:write
PATCH /memories/* memories:write
DELETE /memories memories:delete
DELETE /memories/* memories:delete
POST /optimize-memories memories:write
GET /learnings learnings:read
GET /learnings/* learnings:read
POST /learnings learnings:write
PATCH /learnings/* learnings:write
DELETE /learnings/* learnings:delete
GET /knowledge/content knowledge:read
GET /knowledge/content/* knowledge:read
GET /knowledge/config knowledge:read
POST /knowledge/content knowledge:write
POST /knowledge/content/*/refresh knowledge:write
PATCH /knowledge/content/* knowledge:write
POST /knowledge/search knowledge:read
DELETE /knowledge/content knowledge:delete
DELETE /knowledge/content/* knowledge:delete
GET /metrics metrics:read
POST /metrics/refresh metrics:write
GET /metrics/refresh/status metrics:read
GET /eval-runs evals:read
GET /eval-runs/* evals:read
POST /eval-runs evals:write
PATCH /eval-runs/* evals:write
DELETE /eval-runs evals:delete
GET /traces traces:read
GET /traces/* traces:read
GET /trace_session_stats traces:read
POST /service-accounts service_accounts:write
GET /service-accounts service_accounts:read
DELETE /service-accounts/* service_accounts:delete
GET /schedules schedules:read
GET /schedules/* schedules:read
POST /schedules schedules:write
PATCH /schedules/* schedules:write
DELETE /schedules/* schedules:delete
POST /schedules/*/enable schedules:write
POST /schedules/*/disable schedules:write
POST /schedules/*/trigger schedules:write
GET /schedules/*/runs schedules:read
GET /schedules/*/runs/* schedules:read
GET /approvals approvals:read
GET /approvals/count approvals:read
GET /approvals/* approvals:read
GET /approvals/*/status approvals:read
POST /approvals/*/resolve approvals:write
DELETE /approvals/* approvals:delete
POST /traces/search traces:read
POST /databases/all/migrate config:write
POST /databases/*/migrate config:write
POST /knowledge/remote-content knowledge:write
GET /knowledge/*/sources knowledge:read
GET /knowledge/*/sources/*/files knowledge:read
GET /filesystem/* filesystem:read
GET /registry registry:read
GET /components components:read
GET /components/* components:read
POST /components components:write
PATCH /components/* components:write
DELETE /components/* components:delete
POST /components/*/restore components:delete
GET /components/*/configs components:read
GET /components/*/configs/* components:read
GET /components/*/configs/current components:read
POST /components/*/configs components:write
PATCH /components/*/configs/* components:write
DELETE /components/*/configs/* components:delete
POST /components/*/configs/*/set-current components:write
GET /company/products/*/wiki wiki:read
GET /company/products/*/wiki/* wiki:read
PUT /company/products/*/wiki/* wiki:write
GET /company/wiki wiki:read
GET /company/wiki/* wiki:read
PUT /company/wiki/* wiki:write
GET /company/decisions decisions:read
POST /company/decisions decisions:write
GET /company/sources sources:read
POST /company/sources sources:write
DELETE /company/sources/* sources:delete
POST /company/sources/*/restore sources:delete
GET /company/routines routines:read
GET /company/routines/*/runs routines:read schedules:read
GET /company/routines/* routines:read
POST /company/routines/*/trigger routines:write schedules:write
POST /company/routines routines:write schedules:write
PATCH /company/routines/* routines:write schedules:write
POST /company/routines/*/pause routines:write schedules:write
POST /company/routines/*/resume routines:write schedules:write
POST /company/setup products:write
GET /company/products products:read
GET /company/products/* products:read
POST /company/products products:write
PATCH /company/products/* products:write
DELETE /company/products/* products:delete
POST /company/products/*/restore products:delete
GET /company/projects projects:read
GET /company/projects/* projects:read
POST /company/projects projects:write
PATCH /company/projects/* projects:write
DELETE /company/projects/* projects:delete
POST /company/projects/*/restore projects:delete
POST /company/projects/*/transitions projects:write
GET /company/tasks tasks:read
GET /company/tasks/* tasks:read
POST /company/tasks tasks:write
PATCH /company/tasks/* tasks:write
DELETE /company/tasks/* tasks:delete
POST /company/tasks/*/restore tasks:delete
POST /company/tasks/*/transitions tasks:write
POST /company/tasks/*/runs tasks:write wiki:read
GET /company/runs/* tasks:read
POST /company/runs/*/cancel tasks:write
GET /company/attention tasks:read
`
