/** What the built-in resolvers ask of a request; each framework entry answers in its own way. */
export interface RequestPort {
  /** The framework's own request, as custom resolvers get it. */
  readonly request: object
  /** Every value of a header, by its name in lower case, as sent. */
  headers(name: string): readonly string[]
  /** The host name as the framework understands it: it knows which proxies it trusts. */
  host(): string | undefined
  /** Every value of a query parameter, decoded; undefined where one is not properly encoded. */
  query(name: string): readonly string[] | undefined
  /** A parameter of the route, decoded. */
  param(name: string): string | undefined
  /** The session, where a session middleware ran before. */
  session(): object | undefined
  /** Who the caller is, where authentication ran before. */
  principal(): object | undefined
  /** The parsed body, where there is one. */
  body(): unknown
  /** Tells the template of the route that a request took, if the framework knows by now: nothing that the client sent. Holds no request. */
  readonly route?: (request: object) => string | undefined
  /** Why the request's route needs no tenant, if the route itself says so. */
  routeReason?(): unknown
}

/** The values of a query parameter in a URL or a path with a query string. Undefined for a malformed percent escape. */
export function queryValues(url: string, name: string): readonly string[] | undefined {
  const start = url.indexOf("?")
  if (start === -1) return []
  const end = url.indexOf("#", start)
  const values: string[] = []
  for (const pair of url.slice(start + 1, end === -1 ? undefined : end).split("&")) {
    const equals = pair.indexOf("=")
    const key = decoded(equals === -1 ? pair : pair.slice(0, equals))
    if (key !== name) continue
    const value = decoded(equals === -1 ? "" : pair.slice(equals + 1))
    if (value === undefined) return undefined
    values.push(value)
  }
  return values
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return undefined
  }
}

/** Every value of a header as sent. Faster than Node's `headersDistinct`, which reads all headers to answer for one. */
export function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index]!
    if (sent.length === name.length && sent.toLowerCase() === name) values.push(rawHeaders[index + 1]!)
  }
  return values
}
