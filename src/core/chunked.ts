/** Keys per look-up query: below the parameter limits of PostgreSQL (65,535) and SQLite (32,766), with keys of several columns. */
const keysPerQuery = 5000

export function* chunked<T>(list: readonly T[], size: number = keysPerQuery): Generator<readonly T[], void, void> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size)
}
