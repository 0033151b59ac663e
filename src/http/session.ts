/** A session with methods, as secure-session and hono-sessions have them. */
interface KeyedSession {
  get?: unknown
  set?: unknown
}

/** What a session holds under a key; its own properties only, so that no key names what every object inherits. */
export function readSession(session: object, key: string): unknown {
  if (Object.hasOwn(session, key)) return (session as Record<string, unknown>)[key]
  const { get } = session as KeyedSession
  return typeof get === "function" ? (get.call(session, key) as unknown) : undefined
}

/** Puts a value into a session, which saves itself when the response is sent. */
export function writeSession(session: object, key: string, value: unknown): unknown {
  const { set } = session as KeyedSession
  if (typeof set === "function") return set.call(session, key, value) as unknown
  ;(session as Record<string, unknown>)[key] = value
  return undefined
}
