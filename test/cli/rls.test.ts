import { writeFileSync } from "node:fs"
import { afterEach, describe, expect, it } from "vitest"
import { withDatabase } from "../../src/cli/rls-connection.ts"
import { withoutSecrets } from "../../src/cli/rls-secrets.ts"
import { rowSecurity, rowSecurityChanges } from "../../src/postgres/index.ts"
import { openLab, type Lab } from "../postgres/support/lab.ts"
import { column, modelOf, schools, schoolTables, source, table } from "../postgres/support/models.ts"
import { snapshot } from "../postgres/support/snapshot.ts"
import { execute } from "./support/executable.ts"
import { inFolder } from "./support/folder.ts"
import { runCommand, type Setting } from "./support/terminal.ts"

const options = { infer: ["Enrolment"] }
const opened: { close(): Promise<unknown> }[] = []

afterEach(async () => {
  for (const resource of opened.splice(0)) await resource.close()
})

async function open(): Promise<{ lab: Lab; url: string; app: string }> {
  const lab = await openLab("postgresql", schoolTables)
  opened.push(lab)
  return {
    lab,
    url: lab.database.ormConfig().clientUrl!,
    app: moduleOf(`{ model: ${JSON.stringify(schools)}, options: ${JSON.stringify(options)} }`),
  }
}

function moduleOf(text: string): string {
  const path = inFolder()("tenants.mjs")
  writeFileSync(path, `export default ${text}\n`)
  return path
}

function rls(args: readonly string[], env: Setting["env"] = {}) {
  return runCommand(["rls", ...args], { env })
}

describe("rls plan", () => {
  it("prints what a database lacks, with exit code 1, and nothing once it is there", async () => {
    const { lab, url, app } = await open()

    const first = await rls(["plan", "--app", app], { DATABASE_URL: url })
    await lab.admin.query(first.stdout)
    const second = await rls(["plan", "--app", app, "--url", url])

    expect(first.code).toBe(1)
    expect(second).toEqual({ code: 0, stdout: "-- Nothing to do.\n", stderr: "" })
    expect((await rowSecurityChanges(lab.admin, schools, options)).up).toEqual([])
  })

  it("prints the whole plan without a database", async () => {
    const { app } = await open()

    const { code, stdout } = await rls(["plan", "--app", app])

    const statements = rowSecurity(schools, options).up.map((statement) => `${statement};\n`)
    expect({ code, stdout }).toEqual({ code: 0, stdout: `begin;\n${statements.join("")}commit;\n` })
  })

  it("prints the whole plan where it is told not to look", async () => {
    const { app } = await open()

    const { code } = await rls(["plan", "--app", app, "--whole"], { DATABASE_URL: "postgres://nowhere.invalid/" })

    expect(code).toBe(0)
  })

  it.each([
    ["mikro-orm", "export class Migration20261122120000_Guard extends Migration {"],
    ["typeorm", "export class Guard1795348800000 implements MigrationInterface {"],
  ])("prints a migration class of %s", async (orm, line) => {
    const { app } = await open()

    const { stdout } = await rls(["plan", "--app", app, "--migration", orm, "--name", "Guard"])

    expect(stdout.split("\n")).toContain(line)
  })

  it("tells on stderr which of several paths it took", async () => {
    const merchant = column("merchant_id")
    const owned = (name: string) =>
      table(name, { columns: [column("id"), merchant], tenant: source("merchantId", merchant) })
    const to = (name: string) => ({
      columns: [`${name}_id`],
      target: { schema: undefined, name },
      targetColumns: ["id"],
      isNullable: false,
      onDelete: undefined,
    })
    const model = modelOf(owned("a"), owned("b"), table("link", { foreignKeys: [to("b"), to("a")] }))
    const app = moduleOf(
      `{ model: JSON.parse(${JSON.stringify(JSON.stringify(model))}), options: { infer: ["Link"] } }`,
    )

    const { stderr } = await rls(["plan", "--app", app])

    expect(stderr).toBe(
      "tenant-failsafe: Link reaches a tenant on several paths of the same length: 'a_id' counts, the first by name; not " +
        "'b_id'. Declare its path in the options of withFailsafe to choose another one.\n",
    )
  })
})

describe("rls apply and drop", () => {
  it("apply once, find nothing to do, and go back to what was there", async () => {
    const { lab, url, app } = await open()
    const before = await snapshot(lab.admin)

    const codes = [
      await rls(["apply", "--app", app], { DATABASE_URL: url }),
      await rls(["apply", "--app", app, "--url", url]),
      await rls(["drop", "--app", app, "--url", url]),
      await rls(["drop", "--app", app, "--url", url]),
    ]

    expect(codes).toEqual([
      { code: 0, stdout: expect.stringMatching(/^Applied \d+ statements\.\n$/), stderr: "" },
      { code: 0, stdout: "Nothing to do.\n", stderr: "" },
      { code: 0, stdout: expect.stringMatching(/^Dropped, with \d+ statements\.\n$/), stderr: "" },
      { code: 0, stdout: "Nothing to do.\n", stderr: "" },
    ])
    expect(await snapshot(lab.admin)).toEqual(before)
  })

  it("apply nothing where one statement fails, and tell no row of it", async () => {
    const { lab, url, app } = await open()
    await lab.admin.query("create view merchant_of as select 1")
    await lab.admin.query("alter table enrolment add column merchant_id text")
    await lab.admin.query("update enrolment set merchant_id = 'secret-value'")
    const before = await snapshot(lab.admin)

    const { code, stderr } = await rls(["apply", "--app", app, "--url", url])

    expect({ code, isTold: stderr.includes("secret-value") }).toEqual({ code: 2, isTold: false })
    expect(stderr).toMatch(/^tenant-failsafe: The database refused \(42883\): .+ Nothing was changed\.\n$/)
    expect(await snapshot(lab.admin)).toEqual(before)
  })

  it("are refused for a role that does not own the tables, with what to do", async () => {
    const { lab, app } = await open()

    const { code, stderr } = await rls(["apply", "--app", app, "--url", lab.appUrl!])

    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^tenant-failsafe: The database refused \(42501\): permission denied .+\. Connect as the owner of the tables, or as a member of it\. Nothing was changed\.\n$/,
      ),
    })
  })
})

describe("rls show", () => {
  it("shows switches and conditions of each table", async () => {
    const { lab, url, app } = await open()
    await rls(["apply", "--app", app, "--url", url])
    await lab.admin.query("alter table school no force row level security")
    await lab.admin.query("drop policy tenant_failsafe on student")
    await lab.admin.query("alter table enrolment disable row level security")

    const { code, stdout } = await rls(["show", "--app", app, "--url", url])

    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `public.school  on, but not for the owner
  tenant_failsafe  all, permissive
    using (merchant_id = ( SELECT (app.tenant())::integer AS tenant))
    check (merchant_id = ( SELECT (app.tenant())::integer AS tenant))

public.student  on without policies: nobody sees a row but who is exempt

public.enrolment  off, so that its policies do not hold
  tenant_failsafe  all, permissive
    using (merchant_id = ( SELECT (app.tenant())::integer AS tenant))
    check (merchant_id = ( SELECT (app.tenant())::integer AS tenant))
`,
    })
  })

  it("writes JSON for programs", async () => {
    const { url, app } = await open()

    const { stdout } = await rls(["show", "--app", app, "--url", url, "--format", "json"])

    expect(JSON.parse(stdout)).toMatchObject([
      { entity: "School", live: { schema: "public", name: "school", isEnabled: false, isForced: false, policies: [] } },
      { entity: "Student" },
      { entity: "Enrolment" },
    ])
  })
})

describe("rls", () => {
  it("runs as a process, and ends when the application closes what it opened", async () => {
    const { url, app } = await open()
    const late = moduleOf(
      `async () => {
  const { default: { model, options } } = await import(${JSON.stringify(app)})
  const timer = setInterval(() => undefined, 1000)
  return { model, options, close: () => clearInterval(timer) }
}`,
    )

    const { code, stdout } = await execute(["rls", "apply", "--app", late, "--url", url])

    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Applied/) })
  })

  it.each<[string, readonly string[], string]>([
    ["no command", [], "A command of rls is needed: plan, apply, show, drop. See tenant-failsafe rls --help."],
    [
      "a misspelt command",
      ["aply", "--app", "x"],
      "A command of rls is needed: plan, apply, show, drop, not 'aply'. Did you mean 'apply'? See tenant-failsafe rls --help.",
    ],
    [
      "an address where none belongs, without its password",
      ["plan", "postgres://app:hunter2@db/shop", "--app", "x"],
      "rls takes one command, and not 'postgres://app:***@db/shop' as well. See tenant-failsafe rls --help.",
    ],
    [
      "an address for a command, without its password",
      ["postgres://app:hunter2@db/shop", "--app", "x"],
      "A command of rls is needed: plan, apply, show, drop, not 'postgres://app:***@db/shop'. See tenant-failsafe rls --help.",
    ],
    ["no module", ["plan"], "rls plan needs --app <module>. See tenant-failsafe rls --help."],
    ["no database", ["apply", "--app", "x"], "rls apply needs a database: set DATABASE_URL, or give --url."],
    ["an unknown option", ["plan", "--ap", "x"], "'--ap' is no option of tenant-failsafe rls. Did you mean '--app'?"],
    [
      "an unknown ORM",
      ["plan", "--app", "x", "--migration", "mikroorm"],
      "--migration: mikro-orm, typeorm, not 'mikroorm'. Did you mean 'mikro-orm'? See tenant-failsafe rls --help.",
    ],
    [
      "an option of another command",
      ["show", "--app", "x", "--whole"],
      "--whole belongs to rls plan. See tenant-failsafe rls --help.",
    ],
    ["a name without a class", ["plan", "--app", "x", "--name", "Y"], "--name needs --migration <orm>."],
  ])("refuses %s", async (_, args, message) => {
    expect(await rls(args)).toEqual({ code: 2, stdout: "", stderr: `tenant-failsafe: ${message}\n` })
  })

  it.each([
    ["nothing", "undefined"],
    ["something else", "{ models: [] }"],
    ["a function that returns something else", "() => 5"],
  ])("refuses a module that exports %s", async (_, text) => {
    const app = moduleOf(text)

    const { code, stderr } = await rls(["plan", "--app", app])

    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        `tenant-failsafe: ${app} must default-export { model, options }, a promise of it, or a function that returns it; ` +
        "model comes from tenantModel of tenant-failsafe/mikro-orm or tenant-failsafe/typeorm.\n",
    })
  })

  it("tells a module's own options that do not do", async () => {
    const app = moduleOf(`{ model: ${JSON.stringify(schools)}, options: { infer: ["Enrollment"] } }`)

    expect(await rls(["plan", "--app", app])).toEqual({
      code: 2,
      stdout: "",
      stderr: "tenant-failsafe: infer names 'Enrollment', which is no entity. Did you mean 'Enrolment'?\n",
    })
  })

  it.each([
    [
      "a module that throws",
      "(() => { throw new Error('connect postgres://app:hunter2@db/shop failed') })()",
      ["plan"],
    ],
    ["a wrong password", undefined, ["apply", "--url", "SERVER"]],
    ["no such host", undefined, ["apply", "--url", "postgres://app:hunter2@nowhere.invalid/shop"]],
    ["no address at all", undefined, ["apply", "--url", "post gres://app:hunter2@:x:/shop"]],
  ])("never tells a password, with %s", async (_, text, [action, ...more]) => {
    const { url, app } = await open()
    const server = new URL(url)
    server.password = "hunter2"
    const path = text === undefined ? app : moduleOf(text)

    const { code, stdout, stderr } = await rls([
      action!,
      "--app",
      path,
      ...more.map((word) => (word === "SERVER" ? server.href : word)),
    ])

    expect({ code, stdout, isTold: stderr.includes("hunter2") }).toEqual({ code: 2, stdout: "", isTold: false })
    expect(stderr).toMatch(/^tenant-failsafe: .*(could not be loaded|No connection to the database)/)
  })

  it("says what to install where pg is not there", async () => {
    const missing = Object.assign(new Error("Cannot find package 'pg'"), { code: "ERR_MODULE_NOT_FOUND" })

    const refused = withDatabase(
      "postgres://db/shop",
      async () => undefined,
      () => Promise.reject(missing),
    )

    await expect(refused).rejects.toThrow(
      "This command talks to PostgreSQL through the package pg, which is not installed. Run: npm install pg",
    )
  })

  it.each(["rls --help", "rls plan -h", "help rls"])("explains itself for %s", async (line) => {
    const { code, stdout } = await runCommand(line.split(" "))

    expect({ code, first: stdout.split("\n")[0] }).toEqual({
      code: 0,
      first: "Row level security for PostgreSQL, made from the entities of an application.",
    })
  })
})

describe("withoutSecrets", () => {
  it.each([
    ["postgres://app:hunter2@db/shop", "postgres://app:***@db/shop"],
    ["at postgres://app:hun@ter2@db/shop", "at postgres://app:***@db/shop"],
    ["host=db password=hunter2 user=app", "host=db password=*** user=app"],
    ["host=db PASSWORD = 'hun ter2' user=app", "host=db PASSWORD=*** user=app"],
    ["postgres://db/shop", "postgres://db/shop"],
  ])("turns %j into %j", (text, masked) => {
    expect(withoutSecrets(text)).toBe(masked)
  })

  it("finds the password of the address in any form", () => {
    const url = "postgres://app:hun%20ter2@db/shop"

    expect(withoutSecrets("tried 'hun ter2' and hun%20ter2", url)).toBe("tried '***' and ***")
  })
})
