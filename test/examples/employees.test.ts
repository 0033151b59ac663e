import { randomBytes } from "node:crypto"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { accessToken, type Claims } from "../../examples/employees/access-token.ts"
import { migrate } from "../../examples/employees/migrate.ts"
import type { Session } from "../../examples/employees/orm.ts"
import { roleStatements } from "../../examples/employees/roles.ts"
import { start } from "../../examples/employees/server.ts"
import { Client } from "pg"
import { clientOf, openExampleLab, type Answer, type ExampleLab } from "./support/example-lab.ts"

const secret = randomBytes(24).toString("hex")
const keys = `first:${randomBytes(24).toString("hex")}`

/** The application of one kind of session, with a database of its own. */
class Running {
  readonly #kind: Session
  lab!: ExampleLab
  env!: Readonly<Record<string, string>>
  app!: Awaited<ReturnType<typeof start>>

  constructor(kind: Session) {
    this.#kind = kind
  }

  async open(): Promise<void> {
    this.lab = await openExampleLab()
    this.env = { ...this.lab.env, ACCESS_TOKEN_SECRET: secret, TENANT_KEYS: keys }
    await this.lab.install(roleStatements(this.env))
    await migrate(this.env, this.#kind)
    await migrate(this.env, this.#kind)
    this.app = await start(this.env, this.#kind)
  }

  async fill(): Promise<void> {
    await this.lab.sql("truncate employee")
    await this.lab.sql("insert into employee values (1, 'Ada', 100, 1), (2, 'Bob', 200, 2)")
  }

  search(name: string, company: number = 1): Promise<Answer> {
    return as({ company }, this.app.url).get(`/?name=${encodeURIComponent(name)}`)
  }

  async salaries(): Promise<unknown[]> {
    return (await this.lab.sql("select salary from employee order by id")).map(({ salary }) => salary)
  }

  async close(): Promise<void> {
    await this.app?.close()
    await this.lab?.close()
  }
}

function as(claims: Omit<Claims, "exp">, url: string) {
  const token = accessToken({ ...claims, exp: Date.now() / 1000 + 60 }, secret)
  return clientOf(url, { authorization: `Bearer ${token}` })
}

const ada = { id: 1, name: "Ada" }
const bob = { id: 2, name: "Bob" }

// What follows is typed into the search of company 1.
const readsOthers =
  "%' and set_config('app.tenant_id', '2', true) is not null union all select id, name from employee --"
const stacked = "'; select set_config('app.tenant_id', '2', true); update employee set salary = 0; --"
const outside = "'; commit; set app.tenant_id = '2'; update employee set salary = 0; --"

describe("examples/employees", () => {
  const plain = new Running("plain")
  const signed = new Running("signed")

  beforeAll(() => Promise.all([plain.open(), signed.open()]))
  beforeEach(() => Promise.all([plain.fill(), signed.fill()]))
  afterAll(() => Promise.all([plain.close(), signed.close()]))

  it.each([plain, signed])("finds the employees of the company", async (running) => {
    expect(await running.search("a")).toEqual({ status: 200, body: [ada] })
    expect((await running.search("", 2)).body).toEqual([bob])
  })

  it("refuses a caller without a token, and with a forged one", async () => {
    const forged = accessToken({ company: 2, exp: Date.now() / 1000 + 60 }, "another secret")

    const answers = [
      await clientOf(signed.app.url).get("/"),
      await clientOf(signed.app.url, { authorization: `Bearer ${forged}` }).get("/"),
    ]

    expect(answers.map(({ status }) => status)).toEqual([401, 401])
  })

  describe("with a plain setting, injected SQL", () => {
    it("reads another company's rows", async () => {
      expect((await plain.search(readsOthers)).body).toEqual(expect.arrayContaining([ada, bob]))
    })

    it.each([stacked, outside])("changes another company's rows by %s", async (text) => {
      await plain.search(text)

      expect(await plain.salaries()).toEqual([100, 0])
    })
  })

  describe("with a signed one, injected SQL", () => {
    it("reads none of another company's rows", async () => {
      expect((await signed.search(readsOthers)).body).toEqual([ada, ada])
    })

    it.each([stacked, outside])("changes none of another company's rows by %s", async (text) => {
      await signed.search(text)

      expect((await signed.salaries())[1]).toBe(200)
    })

    it.each([
      [
        "makes up a token",
        "' and set_config('app.tenant_token', 'first.5b2232225d.9999999999.00', true) is null union all select id, name from employee --",
      ],
      [
        "changes its own token",
        "%' and set_config('app.tenant_token', replace(current_setting('app.tenant_token'), encode('[\"1\"]', 'hex'), encode('[\"2\"]', 'hex')), true) is not null " +
          "union all select id, name from employee --",
      ],
      ["reads the keys", "' union all select 1, id from app.tenant_key --"],
      [
        "puts a function in the way",
        "'; create or replace function app.tenant() returns text language sql return '2'; --",
      ],
      ["creates a temporary table", "'; create temporary table tenant_key (id text); --"],
      ["takes the policy away", "'; drop policy tenant_failsafe on employee; --"],
      ["switches row security off", "'; alter table employee disable row level security; --"],
      ["empties the table", "'; truncate employee; --"],
      ["becomes the owner", "'; set role OWNER; --"],
      ["becomes the admin", "'; set role ADMIN; --"],
    ])("is refused when it %s", async (_, text) => {
      const [owner, admin] = [signed.env["OWNER_ROLE"]!, new URL(signed.env["ADMIN_URL"]!).username]

      const { status } = await signed.search(text.replace("OWNER", owner).replace("ADMIN", admin))

      expect(status).toBe(403)
    })

    it("leaves nothing on the connection for the next request", async () => {
      for (let sent = 0; sent < 20; sent++)
        await signed.search("'; commit; set app.tenant_id = '2'; set app.tenant_token = 'x'; --")

      expect((await signed.search("")).body).toEqual([ada])
    })

    it("can do what the application may do for this company: read every column, and change every row", async () => {
      const { body } = await signed.search("' union all select salary, name from employee --")
      await signed.search("'; update employee set salary = 1000; --")

      expect(body).toEqual(expect.arrayContaining([{ id: 100, name: "Ada" }]))
      expect(await signed.salaries()).toEqual([1000, 200])
    })
  })

  it("goes on without a break while the key is changed", async () => {
    const both = { ...signed.env, TENANT_KEYS: `${keys},second:${randomBytes(24).toString("hex")}` }
    await migrate(both)
    const onlySecond = { ...both, TENANT_KEYS: both.TENANT_KEYS.split(",")[1]! }
    const renewed = await start(onlySecond)
    const during = [await signed.search(""), await as({ company: 1 }, renewed.url).get("/")]
    await migrate(onlySecond)
    const after = [await signed.search(""), await as({ company: 1 }, renewed.url).get("/")]
    await renewed.close()
    await migrate(signed.env)

    expect([...during, ...after].map(({ status }) => status)).toEqual([200, 200, 403, 200])
  })

  describe("the admin", () => {
    it("sees all companies, on a port of its own", async () => {
      const { body } = await as({ role: "admin" }, signed.app.adminUrl).get("/")

      expect(body).toEqual([
        { company: 1, payroll: 100 },
        { company: 2, payroll: 200 },
      ])
    })

    it("is nobody in the application, and the application nobody there", async () => {
      const statuses = [
        (await as({ role: "admin" }, signed.app.url).get("/")).status,
        (await as({ company: 1 }, signed.app.adminUrl).get("/")).status,
      ]

      expect(statuses).toEqual([403, 403])
    })

    it("changes nothing", async () => {
      const client = new Client({ connectionString: signed.env["ADMIN_URL"]! })
      await client.connect()

      const refused = client.query("update employee set salary = 0")

      await expect(refused).rejects.toMatchObject({ code: "42501" })
      await client.end()
    })
  })
})
