import { parseArgs } from "node:util"

const usage = `What the guard costs on top of the vanilla ORM, in time and memory, what tenantScope costs a request, and what policies and
sessions cost in PostgreSQL.

npm run bench -- [--samples N] [--only TEXT] [--against vanilla] [--json]

--samples N         pairs per case that has a target, 40 by default; the others take a fifth of it
--only TEXT         only the cases whose label contains TEXT, such as "typeorm hydration", "1x10000 joined", "request express", "await",
                    "row security", "session", "session typeorm", "500 tables"
--against vanilla   puts the vanilla ORM or server in the guarded one's place: shows the noise of the method
--json              prints the numbers as JSON

For the cases of ORMs and of PostgreSQL it starts a PostgreSQL of its own unless DATABASE_URL names a server; its user must be allowed to create roles.`

export interface Arguments {
  readonly samples: number
  readonly only: string
  readonly against: "guarded" | "vanilla"
  readonly json: boolean
}

export function readArguments(): Arguments {
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
