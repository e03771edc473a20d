/**
 * Explains the faces: other protocols in front of every agent, team and workflow.
 *
 * A face turns each of its requests into an AgentOS request with the same checks and the same relay.
 * `routes/faces/face-call.ts` names the target (method, path, component). `app.admit()` authorizes it, and
 * `reply.forward()` sends it and relays the answer. A face adds three parts, all without I/O:
 *
 * 1. A reader of its request bodies. It returns a {@link RunCommand}, or the {@link Answer}s of a paused run.
 * 2. A translator. A {@link StreamTranslator} writes the protocol's frames; {@link TranslatedResponse} puts it between
 * the relay and the caller. An SDK that writes by itself, or a whole JSON answer, reads an {@link EventQueue} instead.
 * In both cases a {@link RunReader} turns AgentOS's events into {@link FaceEvent}s, the same for agents, teams and
 * workflows.
 * 3. A {@link RefusalShape} for its errors.
 *
 * A face keeps no state between requests: it finds a session, a paused run or a task in its AgentOS by the caller's ids.
 * See `docs/adr/0015-faces.md`.
 */

/** The protocols of the faces, and the values of the metrics' label `face`. */
export const FACES = ['openai', 'mcp', 'a2a', 'agui'] as const

export type FaceName = (typeof FACES)[number]
