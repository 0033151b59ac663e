// What does it have to be told? Two addresses and two names, and nothing that is in the code.

/** `process.env`, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where the application connects (`DATABASE_URL`, `MIGRATOR_URL`), who owns its tables (`OWNER_ROLE`), what signs its cookies. */
export function setting(
  env: Environment,
  name: "DATABASE_URL" | "MIGRATOR_URL" | "OWNER_ROLE" | "SESSION_SECRET",
): string {
  const value = env[name]
  if (value === undefined || value === "") throw new Error(`${name} is missing in the environment.`)
  return value
}
