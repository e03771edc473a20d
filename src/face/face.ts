/**
 * Faces: other protocols in front of every agent, team and workflow.
 *
 * A request of a face becomes a request to an AgentOS and goes the way of one: `routes/faces/face-call.ts` names its target
 * (method, path, component), `app.admit()` decides about it, `reply.forward()` sends it and relays what comes back. A face
 * adds three things of its own, all pure:
 *
 * 1. a reader of its bodies, which makes a {@link RunCommand}, or the {@link Answer}s of a paused run;
 * 2. a translator. For a protocol whose frames are written here, a {@link StreamTranslator}, which
 *    {@link TranslatedResponse} puts between the relay and the caller. For one whose SDK writes, or for answers in one
 *    piece, the events come out of an {@link EventQueue}. Either way a {@link RunReader} has made {@link FaceEvent}s of
 *    AgentOS's, the same for agents, teams and workflows;
 * 3. a {@link RefusalShape} for its errors.
 *
 * Nothing is kept between requests: a session, a paused run or a task is found in its AgentOS, by ids that callers bring.
 * See `docs/adr/0015-faces.md`.
 */

/** The protocols. Also the values of the metrics' label `face`. */
export const FACES = ['openai', 'mcp', 'a2a', 'agui'] as const

export type FaceName = (typeof FACES)[number]
