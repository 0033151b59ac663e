/** The application's own condition and the confining ones. */
export function allOf(where: unknown, conditions: readonly object[]): object {
  return { $and: where === undefined ? conditions : [where, ...conditions] }
}
