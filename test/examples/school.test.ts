import { Client } from "pg"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { migrate } from "../../examples/school/migrate.ts"
import { hashPassword } from "../../examples/school/password.ts"
import { roleStatements } from "../../examples/school/roles.ts"
import { start } from "../../examples/school/server.ts"
import { clientOf, openExampleLab, type ExampleLab } from "./support/example-lab.ts"

describe("examples/school", () => {
  let lab: ExampleLab
  let env: Readonly<Record<string, string>>
  let app: Awaited<ReturnType<typeof start>>

  beforeAll(async () => {
    lab = await openExampleLab()
    env = { ...lab.env, SESSION_SECRET: "a secret of this test" }
    await lab.install(roleStatements(env))
    await migrate(env)
    await lab.sql("insert into school (id, name) values (1, 'North'), (2, 'South'), (3, 'West')")
    await lab.sql("insert into student (id, name, school_id) values (1, 'Ada', 1), (2, 'Bob', 2), (3, 'Cy', 3)")
    await lab.sql(
      "insert into course (id, title, school_id) values (1, 'Chess', null), (2, 'Algebra', 1), (3, 'Art', 2)",
    )
    await lab.sql(
      "insert into enrolment (id, student_id, course_id) values (101, 1, 1), (102, 1, 2), (103, 2, 1), (104, 3, 1)",
    )
    const password = await hashPassword("secret")
    await lab.sql(
      "insert into account (id, login, password) select id, login, $1 from " +
        "(values (1, 'north'), (2, 'inspector'), (3, 'nobody'), (4, 'leaver')) as given (id, login)",
      [password],
    )
    await lab.sql("insert into membership (account_id, school_id) values (1, 1), (2, 1), (2, 2), (4, 1)")
    app = await start(env)
  })

  afterAll(async () => {
    await app?.close()
    await lab?.close()
  })

  async function signedIn(login: string) {
    const client = clientOf(app.url)
    await client.post("/login", { login, password: "secret" })
    return client
  }

  it("converges: a second migration finds nothing to do", async () => {
    expect(await migrate(env)).toBe("")
  })

  it("refuses who did not sign in, and who has no school", async () => {
    const wrong = await clientOf(app.url).post("/login", { login: "north", password: "wrong" })
    const nobody = await signedIn("nobody")

    const statuses = [wrong, await clientOf(app.url).get("/courses"), await nobody.get("/courses")].map(
      ({ status }) => status,
    )

    expect(statuses).toEqual([401, 403, 403])
  })

  it("shows a school its own courses and those that are open to all, with its own students", async () => {
    const { body } = await (await signedIn("north")).get("/courses")

    expect(body).toEqual([
      { title: "Chess", students: ["Ada"] },
      { title: "Algebra", students: ["Ada"] },
    ])
  })

  it("moves a session to another school only with a membership", async () => {
    const inspector = await signedIn("inspector")
    const before = await inspector.get("/courses")
    const moves = [
      await inspector.post("/session/school", { school: 3 }),
      await inspector.post("/session/school", { school: 2 }),
    ]
    const after = await inspector.get("/courses")

    expect([before.status, ...moves.map(({ status }) => status)]).toEqual([403, 404, 200])
    expect(after.body).toEqual([
      { title: "Chess", students: ["Bob"] },
      { title: "Art", students: [] },
    ])
  })

  it("ends a membership at once, whatever the session remembers", async () => {
    const leaver = await signedIn("leaver")
    const before = await leaver.get("/courses")
    await lab.sql("delete from membership where account_id = 4")
    const after = await leaver.get("/courses")

    expect([before.status, after.status]).toEqual([200, 404])
  })

  it("shows an inspector the schools of the set, and nothing of the third, in raw SQL as well", async () => {
    const { body } = await (await signedIn("inspector")).get("/inspection")

    expect(body).toEqual({
      schools: [
        { name: "North", students: ["Ada"] },
        { name: "South", students: ["Bob"] },
      ],
      enrolments: 3,
    })
  })

  it("enrols a student of the school, and none of another", async () => {
    const north = await signedIn("north")

    const own = await north.post("/enrolments", { student: 1, course: 1 })
    const foreign = await north.post("/enrolments", { student: 2, course: 1 })

    expect([own.status, foreign.status]).toEqual([200, 403])
    expect(await lab.sql("select student_id from enrolment where id < 100")).toEqual([{ student_id: 1 }])
    await lab.sql("delete from enrolment where id < 100")
  })

  it("enrols no student in a course of another school", async () => {
    const { status } = await (await signedIn("north")).post("/enrolments", { student: 1, course: 3 })

    expect(status).toBe(403)
    expect(await lab.sql("select from enrolment where course_id = 3")).toEqual([])
  })

  it("takes exam results at any time, and shows them from their day on", async () => {
    const north = await signedIn("north")
    await north.post("/exam-results", { student: 1, points: 70, publishedOn: "2020-01-01" })
    await north.post("/exam-results", { student: 1, points: 90, publishedOn: "2999-01-01" })

    const { body } = await north.get("/exam-results")

    expect(body).toEqual([{ points: 70, publishedOn: "2020-01-01" }])
    expect(await lab.sql("select points from exam_result order by points")).toEqual([{ points: 70 }, { points: 90 }])
  })

  describe("in the database, without any ORM", () => {
    /** What the application's role reads, and changes, with these settings. */
    async function as(settings: Readonly<Record<string, string>>, statement: string): Promise<unknown[]> {
      const client = new Client({ connectionString: env["DATABASE_URL"]! })
      await client.connect()
      try {
        await client.query("begin")
        for (const [name, value] of Object.entries(settings))
          await client.query("select set_config($1, $2, true)", [name, value])
        return (await client.query(statement)).rows
      } finally {
        await client.end()
      }
    }

    it("shows nothing without a school", async () => {
      expect(
        await as({}, "select id from school union all select id from course union all select id from enrolment"),
      ).toEqual([])
    })

    it("follows the chain from an enrolment to its school, and to its course", async () => {
      const north = { "app.tenant_id": "1" }

      expect(await as(north, "select id from enrolment order by id")).toEqual([{ id: 101 }, { id: 102 }])
      for (const foreign of ["2, 1", "1, 3"]) {
        const refused = as(north, `insert into enrolment (student_id, course_id) values (${foreign})`)
        await expect(refused).rejects.toMatchObject({ code: "42501" })
      }
    })

    it("lets a set read, and not write", async () => {
      const set = { "app.tenant_ids": '["1","2"]' }

      expect(await as(set, "select id from student order by id")).toEqual([{ id: 1 }, { id: 2 }])
      expect(await as(set, "update student set name = 'X' returning id")).toEqual([])
      await expect(as(set, "insert into student (name, school_id) values ('Eve', 1)")).rejects.toMatchObject({
        code: "42501",
      })
    })
  })
})
