import { parseArgs } from "node:util"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { startPostgres } from "../support/postgres-server.ts"
import { groupsWith, labelOf, timeGroup, weighGroup, type MemoryRow, type TimeRow } from "./cases.ts"
import { openContest } from "./contest.ts"
import { asText, describeMachine, retainsNothing, type Report } from "./report.ts"

const usage = `What the guard costs on top of the vanilla ORM, in time and memory.

npm run bench -- [--samples N] [--only TEXT] [--against vanilla] [--json]

--samples N         pairs per case that has a target, 40 by default; the others take a fifth of it
--only TEXT         only the cases whose label contains TEXT, such as "typeorm hydration" or "1x10000 joined"
--against vanilla   puts the vanilla ORM in the guarded one's place: shows the noise of the method
--json              prints the numbers as JSON

It starts a PostgreSQL of its own unless DATABASE_URL names a server.`

interface Arguments {
  readonly samples: number
  readonly only: string
  readonly against: Report["against"]
  readonly json: boolean
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      samples: { type: "string", default: "40" },
      only: { type: "string", default: "" },
      against: { type: "string", default: "guarded" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    process.exit(0)
  }
  const samples = Number(values.samples)
  if (!Number.isInteger(samples) || samples < 1) throw new Error(`--samples needs a positive whole number.\n\n${usage}`)
  if (values.against !== "guarded" && values.against !== "vanilla") {
    throw new Error(`--against is guarded or vanilla.\n\n${usage}`)
  }
  return { samples, only: values.only, against: values.against, json: values.json }
}

const efforts = (samples: number) => ({
  // The most where a target is to be judged.
  hydration: { samples, warmUps: 6, generations: 2 },
  save: { samples, warmUps: 6, generations: 2 },
  leaking: { samples: Math.ceil(samples / 5), warmUps: 6, generations: 1 },
  memory: { samples: Math.ceil(samples / 5), warmUps: 3, generations: 1 },
  "end-to-end": { samples: Math.ceil(samples / 5), warmUps: 3, generations: 1 },
})

async function run(database: TestDatabase, { samples, only, against }: Arguments): Promise<Report> {
  const effort = efforts(samples)
  const groups = groupsWith(only)
  if (groups.length === 0) throw new Error(`No case's label contains "${only}".`)
  const contest = await openContest(database, against)
  try {
    const times: TimeRow[] = []
    const memory: MemoryRow[] = []
    for (const [index, group] of groups.entries()) {
      const { what, modes } = group
      process.stderr.write(`${index + 1}/${groups.length} ${modes.map((mode) => labelOf(group, mode)).join(", ")}\n`)
      if (what === "memory") memory.push(await weighGroup(contest, group, effort.memory))
      else if (group.ownership === "own") times.push(...(await timeGroup(contest, group, effort[what])))
      else times.push(...(await timeGroup(contest, group, effort[what === "hydration" ? "leaking" : what])))
    }
    return { machine: await describeMachine(database), against, samples, times, memory }
  } finally {
    await contest.dropRole()
  }
}

async function main(): Promise<void> {
  const given = readArguments()
  const server = await startPostgres()
  try {
    const database = await openDatabase("postgresql", server.url)
    try {
      const report = await run(database, given)
      console.log(given.json ? JSON.stringify(withVerdicts(report), null, 2) : asText(report))
    } finally {
      await database.close()
    }
  } finally {
    await server.stop()
  }
}

function withVerdicts(report: Report): object {
  return {
    ...report,
    times: report.times.map((row) => ({ ...row, ...(row.target && { pass: row.guarded.median <= row.target }) })),
    memory: report.memory.map((row) => ({ ...row, pass: retainsNothing(row) })),
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
