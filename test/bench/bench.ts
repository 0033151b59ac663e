import { openDatabase } from "../support/databases.ts"
import { startPostgres } from "../support/postgres-server.ts"
import { readArguments, type Arguments } from "./arguments.ts"
import { awaitCasesWith, timeAwaits, type AwaitCase, type AwaitRow } from "./await-cases.ts"
import { groupsWith, labelOf, timeGroup, weighGroup, type Group, type MemoryRow, type TimeRow } from "./cases.ts"
import { openContest } from "./contest.ts"
import { asText, describeMachine, retainsNothing, type Report } from "./report.ts"
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
})

interface OrmResults {
  readonly postgresql?: string
  readonly times: readonly TimeRow[]
  readonly memory: readonly MemoryRow[]
}

async function run(given: Arguments): Promise<Report> {
  const { samples, only, against } = given
  const groups = groupsWith(only)
  const requestGroups = requestGroupsWith(only)
  const awaitCases = awaitCasesWith(only)
  if (groups.length + requestGroups.length + awaitCases.length === 0) {
    throw new Error(`No case's label contains "${only}".`)
  }
  const requests = await runRequests(requestGroups, given)
  const awaits = await runAwaits(awaitCases, given)
  const { postgresql, times, memory } =
    groups.length === 0 ? { times: [], memory: [] } : await runOrmsWithDatabase(groups, given)
  return { machine: describeMachine(postgresql), against, samples, times, memory, requests, awaits }
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

async function runOrmsWithDatabase(groups: readonly Group[], given: Arguments): Promise<OrmResults> {
  const server = await startPostgres()
  try {
    const database = await openDatabase("postgresql", server.url)
    try {
      const contest = await openContest(database, given.against)
      try {
        const [row] = await database.sql("show server_version")
        return { postgresql: String(row?.["server_version"]), ...(await runOrms(contest, groups, given)) }
      } finally {
        await contest.dropRole()
      }
    } finally {
      await database.close()
    }
  } finally {
    await server.stop()
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
    requests: report.requests.map((row) => ({ ...row, pass: row.added.median <= row.target })),
  }
}

// Explicitly, because open handles of the database server would keep the process alive.
main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
