import { writeFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { auditCodes } from "../../src/postgres/audit/codes.ts"
import type { Lab } from "../postgres/support/lab.ts"
import { openShop, shop, shopOptions } from "../postgres/audit/support/shop.ts"
import { execute } from "./support/executable.ts"
import { inFolder } from "./support/folder.ts"
import { runCommand } from "./support/terminal.ts"

let clean: Lab
let faulty: Lab

beforeAll(async () => {
  ;[clean, faulty] = await Promise.all([openShop("postgresql"), openShop("postgresql")])
  await faulty.apply([
    "alter policy tenant_failsafe on school using (true)",
    `grant truncate on student to ${faulty.role}`,
    "alter policy tenant_failsafe on notice using (merchant_id = app.tenant()::integer)",
  ])
})

afterAll(() => Promise.all([clean.close(), faulty.close()]))

function appModule(
  text = `{ model: JSON.parse(${JSON.stringify(JSON.stringify(shop))}), options: ${JSON.stringify(shopOptions)} }`,
): string {
  const path = inFolder()("tenants.mjs")
  writeFileSync(path, `export default ${text}\n`)
  return path
}

function audit(lab: Lab, ...args: readonly string[]) {
  return runCommand(["audit", "--app", appModule(), ...args], { env: { DATABASE_URL: lab.appUrl! } })
}

describe("audit", () => {
  it("has exit code 0 where it finds nothing", async () => {
    expect(await audit(clean)).toEqual({
      code: 0,
      stdout: `No findings.\nJudged 6 tables for the role ${clean.role}.\n`,
      stderr: "",
    })
  })

  it("shows each finding with the SQL that mends it", async () => {
    const { code, stdout } = await audit(faulty)

    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: `error  policy-always-true  public.school  tenant_failsafe
  The policy tenant_failsafe on public.school shows every row: its USING is always true.

    alter policy "tenant_failsafe" on "public"."school" using ("merchant_id" = (select "app".tenant()::integer)) with check ("merchant_id" = (select "app".tenant()::integer));

warn  truncate-granted  public.student
  ${faulty.role} may TRUNCATE public.student, which deletes the rows of every tenant, past every policy.

    revoke truncate on table "public"."student" from "${faulty.role}";

info  no-initplan  public.notice  tenant_failsafe
  The policy tenant_failsafe on public.notice asks for the tenant once for each row. (SELECT …) around the call makes it
  once.

    alter policy "tenant_failsafe" on "public"."notice" using ((merchant_id = ((select app.tenant()))::integer));

1 error, 1 warning, 1 note.
Judged 6 tables for the role ${faulty.role}.
`,
    })
  })

  it.each([
    ["error", "alter policy tenant_failsafe on school using (merchant_id = (select app.tenant()::integer))", 0],
    ["warn", "alter policy tenant_failsafe on school using (merchant_id = (select app.tenant()::integer))", 1],
    ["error", "select", 1],
  ])("fails on %s after %j with %i", async (failOn, statement, code) => {
    await faulty.admin.query(statement)

    const ended = await audit(faulty, "--fail-on", failOn)
    await faulty.admin.query("alter policy tenant_failsafe on school using (true)")

    expect(ended.code).toBe(code)
  })

  it("does not fail on what is only worth knowing", async () => {
    await clean.admin.query("alter policy tenant_failsafe on school using (merchant_id = app.tenant()::integer)")

    const { code, stdout } = await audit(clean, "--fail-on", "warn")
    await clean.admin.query(
      "alter policy tenant_failsafe on school using (merchant_id = (select app.tenant()::integer))",
    )

    expect({ code, last: stdout.split("\n").at(-3) }).toEqual({ code: 0, last: "0 errors, 0 warnings, 1 note." })
  })

  it("judges the role that it is told, whoever connects", async () => {
    const url = clean.database.ormConfig().clientUrl!

    const codes = [await audit(clean, "--url", url), await audit(clean, "--url", url, "--role", clean.role)].map(
      ({ code }) => code,
    )

    expect(codes).toEqual([1, 0])
  })

  it("writes JSON for programs", async () => {
    const { stdout } = await audit(faulty, "--format", "json")

    expect(JSON.parse(stdout)).toMatchObject({
      role: faulty.role,
      tables: 6,
      findings: [{ code: "policy-always-true" }, { code: "truncate-granted" }, { code: "no-initplan" }],
      unseen: [],
    })
  })

  // Section 3 of https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
  it("writes SARIF for code scanning", async () => {
    const { stdout } = await audit(faulty, "--format", "sarif")

    const { runs, ...log } = JSON.parse(stdout) as { runs: { tool: object; results: object[] }[] }
    expect(log).toEqual({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0" })
    expect(runs[0]!.tool).toEqual({
      driver: {
        name: "tenant-failsafe",
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        rules: Object.entries(auditCodes).map(([code, { title }]) => ({
          id: `tenant-audit/${code}`,
          shortDescription: { text: title },
          defaultConfiguration: { level: expect.stringMatching(/^(error|warning|note)$/) },
        })),
      },
    })
    expect(runs[0]!.results[1]).toEqual({
      ruleId: "tenant-audit/truncate-granted",
      ruleIndex: Object.keys(auditCodes).indexOf("truncate-granted"),
      level: "warning",
      message: {
        text: expect.stringMatching(/past every policy\.\n\nrevoke truncate on table "public"\."student" from/),
      },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: expect.stringMatching(/tenants\.mjs$/), uriBaseId: "%SRCROOT%" },
            region: { startLine: 1 },
          },
          logicalLocations: [{ fullyQualifiedName: "public.student", kind: "resource" }],
        },
      ],
      partialFingerprints: { "tenantFailsafe/v1": "truncate-granted/public.student" },
    })
  })

  it("is not clean where it may not see everything, and says what", async () => {
    const lab = await openShop("postgresql")
    await lab.admin.query("revoke select on pg_catalog.pg_rewrite from public")

    const ended = await audit(lab)
    await lab.close()

    expect(ended).toEqual({
      code: 2,
      stdout: expect.stringMatching(/^No findings\.\n/),
      stderr: "tenant-failsafe: not judged, as the connection may not read it: pg_catalog.pg_rewrite, for views\n",
    })
  })

  it("shows names that would rewrite a terminal as what they are not", async () => {
    const lab = await openShop("postgresql")
    const hostile = '"\u001b[2J\u202e\n; drop"'
    await lab.admin.query(`create table ${hostile} (merchant_id integer)`)
    await lab.admin.query(`grant select on ${hostile} to ${lab.role}`)

    const { stdout } = await audit(lab, "--no-color")
    await lab.close()

    expect(stdout.split("\n")[0]).toBe("warn  unmapped-tenant-table  public.\uFFFD[2J\uFFFD\uFFFD; drop")
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u001b\u202e]/)
  })

  it("runs as a process", async () => {
    const { code, stdout } = await execute(["audit", "--app", appModule(), "--url", clean.appUrl!])

    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^No findings\./) })
  })

  it.each<[string, readonly string[], string]>([
    ["no module", ["--url", "postgres://db/shop"], "audit needs --app <module>. See tenant-failsafe audit --help."],
    ["no database", ["--app", "x"], "audit needs a database: set DATABASE_URL, or give --url."],
    ["an unknown option", ["--ap", "x"], "'--ap' is no option of tenant-failsafe audit. Did you mean '--app'?"],
    [
      "an unknown format",
      ["--app", "x", "--url", "y", "--format", "jsom"],
      "--format takes table, json, sarif, not 'jsom'. Did you mean 'json'?",
    ],
    [
      "an unknown severity",
      ["--app", "x", "--url", "y", "--fail-on", "info"],
      "--fail-on takes error, warn, not 'info'.",
    ],
  ])("refuses %s", async (_, args, message) => {
    expect(await runCommand(["audit", ...args])).toEqual({
      code: 2,
      stdout: "",
      stderr: `tenant-failsafe: ${message}\n`,
    })
  })

  it("refuses a role that the server does not have", async () => {
    expect(await audit(clean, "--role", "nobody")).toEqual({
      code: 2,
      stdout: "",
      stderr: "tenant-failsafe: The server has no role 'nobody'.\n",
    })
  })

  it.each([
    ["where no argument belongs", ["postgres://app:hunter2@db/shop"]],
    ["as another option", ["--format", "postgres://app:hunter2@db/shop"]],
    ["of no host", ["--url", "postgres://app:hunter2@nowhere.invalid/shop"]],
    ["that is wrong", ["--url", "SERVER"]],
  ])("never tells a password %s", async (_, args) => {
    const server = new URL(clean.appUrl!)
    server.password = "hunter2"

    const { code, stdout, stderr } = await audit(clean, ...args.map((word) => (word === "SERVER" ? server.href : word)))

    expect({ code, stdout, isTold: stderr.includes("hunter2") }).toEqual({ code: 2, stdout: "", isTold: false })
    expect(stderr).toMatch(/^tenant-failsafe: ./)
  })

  it.each(["audit --help", "audit -h", "help audit"])("explains itself for %s", async (line) => {
    const { code, stdout } = await runCommand(line.split(" "))

    expect({ code, line: stdout.split("\n")[3] }).toEqual({
      code: 0,
      line: "Usage: tenant-failsafe audit --app <module> [options]",
    })
  })
})
