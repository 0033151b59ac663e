// What does it have to be told?

/** `process.env`, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where the application connects (`DATABASE_URL`, `MIGRATOR_URL`), who owns its tables (`OWNER_ROLE`), what operators show. */
export function setting(
  env: Environment,
  name: "DATABASE_URL" | "MIGRATOR_URL" | "OWNER_ROLE" | "OPERATOR_TOKEN",
): string {
  const value = env[name]
  if (value === undefined || value === "") throw new Error(`${name} is missing in the environment.`)
  return value
}

export function appRole(env: Environment): string {
  return decodeURIComponent(new URL(setting(env, "DATABASE_URL")).username)
}
