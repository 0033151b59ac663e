import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { startPostgres } from "../support/postgres-server.ts"
import { readArguments, type Arguments } from "./arguments.ts"
import { awaitCasesWith, timeAwaits, type AwaitCase, type AwaitRow } from "./await-cases.ts"
import { groupsWith, labelOf, timeGroup, weighGroup, type Group, type MemoryRow, type TimeRow } from "./cases.ts"
import { openContest } from "./contest.ts"
import { manyTablesCases, timeManyTables, type ManyTablesCase, type ManyTablesRow } from "./many-tables-cases.ts"
import type { RatioRow } from "./ratio-row.ts"
import { asText, describeMachine, retainsNothing, type Report } from "./report.ts"
import { rowSecurityCases, timeRowSecurity, type RowSecurityCase } from "./row-security-cases.ts"
import { sessionCases, timeSessions, type SessionCase } from "./session-cases.ts"
import { requestGroupsWith, requestLabel, timeRequests, type RequestGroup, type RequestRow } from "./request-cases.ts"

const efforts = (samples: number) => ({
  // The most where a target is to be judged.
  hydration: { samples, warmUps: 6, generations: 2 },
  save: { samples, warmUps: 6, generations: 2 },
  flush: { samples, warmUps: 3, generations: 2 },
  request: { samples, warmUps: 6, generations: 2 },
  leaking: { samples: Math.ceil(samples / 5), warmUps: 6, generations: 1 },
  memory: { samples: Math.ceil(samples / 5), warmUps: 3, generations: 1 },
  "end-to-end": { samples: Math.ceil(samples / 5), warmUps: 3, generations: 1 },
  await: { samples: Math.ceil(samples / 5), warmUps: 3, generations: 1 },
  "row security": { samples, warmUps: 5, generations: 1 },
  "row security, no target": { samples: Math.ceil(samples / 2), warmUps: 2, generations: 1 },
  session: { samples, warmUps: 5, generations: 2 },
  "session, no target": { samples: Math.ceil(samples / 4), warmUps: 5, generations: 2 },
  "many tables": { samples: Math.ceil(samples / 5), warmUps: 1, generations: 1 },
})

interface OrmResults {
  readonly times: readonly TimeRow[]
  readonly memory: readonly MemoryRow[]
}

interface DatabaseCases {
  readonly rowSecurity: readonly RowSecurityCase[]
  readonly sessions: readonly SessionCase[]
  readonly manyTables: readonly ManyTablesCase[]
}

interface DatabaseResults {
  readonly rowSecurity: readonly RatioRow[]
  readonly sessions: readonly RatioRow[]
  readonly manyTables: readonly ManyTablesRow[]
}

const noOrms: OrmResults = { times: [], memory: [] }
const noDatabase: DatabaseResults & { version?: string } = { rowSecurity: [], sessions: [], manyTables: [] }

function databaseCasesWith(only: string): DatabaseCases {
  const matching = <One extends { readonly label: string }>(cases: readonly One[]): One[] =>
    cases.filter(({ label }) => label.includes(only))
  return {
    rowSecurity: matching(rowSecurityCases),
    sessions: matching(sessionCases),
    manyTables: matching(manyTablesCases),
  }
}

async function run(given: Arguments): Promise<Report> {
  const { samples, only, against } = given
  const groups = groupsWith(only)
  const requestGroups = requestGroupsWith(only)
  const awaitCases = awaitCasesWith(only)
  const ofDatabase = databaseCasesWith(only)
  const count = Object.values(ofDatabase).reduce((sum, cases) => sum + cases.length, 0)
  if (groups.length + requestGroups.length + awaitCases.length + count === 0) {
    throw new Error(`No case's label contains "${only}".`)
  }
  const requests = await runRequests(requestGroups, given)
  const awaits = await runAwaits(awaitCases, given)
  const { version, times, memory, ...database } =
    groups.length + count === 0 ? { ...noOrms, ...noDatabase } : await runOnServer(groups, ofDatabase, given)
  return { machine: describeMachine(version), against, samples, times, memory, requests, awaits, ...database }
}

async function runRequests(groups: readonly RequestGroup[], { samples, against }: Arguments): Promise<RequestRow[]> {
  const rows: RequestRow[] = []
  for (const group of groups) {
    announce(group.variants.map((variant) => requestLabel(group, variant)))
    rows.push(...(await timeRequests(group, against, efforts(samples).request)))
  }
  return rows
}

async function runAwaits(cases: readonly AwaitCase[], { samples, against }: Arguments): Promise<AwaitRow[]> {
  const rows: AwaitRow[] = []
  for (const one of cases) {
    announce([one.label])
    rows.push(await timeAwaits(one, against, efforts(samples).await))
  }
  return rows
}

async function runOnServer(
  groups: readonly Group[],
  ofDatabase: DatabaseCases,
  given: Arguments,
): Promise<OrmResults & DatabaseResults & { readonly version: string }> {
  const server = await startPostgres()
  try {
    const version = await onDatabase(server.url, async (database) => {
      const [row] = await database.sql("show server_version")
      return String(row?.["server_version"])
    })
    const orms =
      groups.length === 0
        ? noOrms
        : await onDatabase(server.url, (database) => runOrmsWithDatabase(database, groups, given))
    return { version, ...orms, ...(await runDatabase(server.url, ofDatabase, given)) }
  } finally {
    await server.stop()
  }
}

async function onDatabase<R>(url: string, run: (database: TestDatabase) => Promise<R>): Promise<R> {
  const database = await openDatabase("postgresql", url)
  try {
    return await run(database)
  } finally {
    await database.close()
  }
}

async function runOrmsWithDatabase(
  database: TestDatabase,
  groups: readonly Group[],
  given: Arguments,
): Promise<OrmResults> {
  const contest = await openContest(database, given.against)
  try {
    return await runOrms(contest, groups, given)
  } finally {
    await contest.dropRole()
  }
}

async function runDatabase(
  url: string,
  { rowSecurity, sessions, manyTables }: DatabaseCases,
  { samples, against }: Arguments,
): Promise<DatabaseResults> {
  const effort = efforts(samples)
  const efforted = (name: "row security" | "session") => (target: number | undefined) =>
    target === undefined ? effort[`${name}, no target`] : effort[name]
  const measured = async <Row>(
    cases: readonly { readonly label: string }[],
    time: (database: TestDatabase) => Promise<readonly Row[]>,
  ): Promise<readonly Row[]> => {
    if (cases.length === 0) return []
    announce(cases.map(({ label }) => label))
    return onDatabase(url, time)
  }
  return {
    rowSecurity: await measured(rowSecurity, (database) =>
      timeRowSecurity(database, rowSecurity, { against, effortOf: efforted("row security") }),
    ),
    sessions: await measured(sessions, (database) =>
      timeSessions(database, sessions, { against, effortOf: efforted("session") }),
    ),
    manyTables: await measured(manyTables, (database) => timeManyTables(database, manyTables, effort["many tables"])),
  }
}

async function runOrms(
  contest: Parameters<typeof timeGroup>[0],
  groups: readonly Group[],
  { samples }: Arguments,
): Promise<OrmResults> {
  const effort = efforts(samples)
  const times: TimeRow[] = []
  const memory: MemoryRow[] = []
  for (const group of groups) {
    const { what, modes } = group
    announce(modes.map((mode) => labelOf(group, mode)))
    if (what === "memory") memory.push(await weighGroup(contest, group, effort.memory))
    else if (group.ownership === "own") times.push(...(await timeGroup(contest, group, effort[what])))
    else times.push(...(await timeGroup(contest, group, effort[what === "hydration" ? "leaking" : what])))
  }
  return { times, memory }
}

function announce(labels: readonly string[]): void {
  process.stderr.write(`${labels.join(", ")}\n`)
}

async function main(): Promise<void> {
  const given = readArguments()
  const report = await run(given)
  console.log(given.json ? JSON.stringify(withVerdicts(report), null, 2) : asText(report))
}

function withVerdicts(report: Report): object {
  return {
    ...report,
    times: report.times.map((row) => ({ ...row, ...(row.target && { pass: row.guarded.median <= row.target }) })),
    memory: report.memory.map((row) => ({ ...row, pass: retainsNothing(row) })),
    rowSecurity: report.rowSecurity.map(judged),
    sessions: report.sessions.map(judged),
    manyTables: report.manyTables.map((row) => ({ ...row, pass: row.milliseconds.median <= row.target })),
    requests: report.requests.map((row) => ({ ...row, pass: row.added.median <= row.target })),
  }
}

function judged(row: RatioRow): object {
  return { ...row, ...(row.target !== undefined && { pass: row.ratio.median <= row.target }) }
}

// Explicitly, because open handles of the database server would keep the process alive.
main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
