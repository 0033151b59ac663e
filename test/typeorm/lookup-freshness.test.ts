import { DataSource } from "typeorm"
import { afterEach, beforeEach, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { collectLeaks } from "../../src/testing/index.ts"
import { withFailsafe } from "../../src/typeorm/index.ts"
import { openDatabase, type TestDatabase } from "../support/databases.ts"
import { schoolEntities } from "./support/lab-school.ts"

let database: TestDatabase
let dataSource: DataSource
let entities: ReturnType<typeof schoolEntities>

beforeEach(async () => {
  database = await openDatabase("sqlite")
  entities = schoolEntities()
  dataSource = withFailsafe(
    new DataSource({
      ...database.dataSourceOptions(),
      entities: Object.values(entities),
      synchronize: true,
      // Caches whatever does not refuse it.
      cache: { type: "database", alwaysEnabled: true, duration: 60_000 },
    }),
    { tenantProperty: "scope.merchantId", entities: { Enrolment: "student.scope.merchantId" } },
  )
  await dataSource.initialize()
  await database.sql("insert into student (id, scopeMerchantId) values (1, 1)")
  await database.sql("insert into enrolment (id, studentId) values (1, 1)")
})

afterEach(async () => {
  await dataSource.destroy()
  await database.close()
})

it("looks a tenant up in the database and not in the result cache", async () => {
  const find = () =>
    collectLeaks(() =>
      withTenant(1, () =>
        dataSource.getRepository(entities.Student).find({ relations: { enrolments: true }, cache: false }),
      ),
    )

  const before = await find()
  await database.sql("update student set scopeMerchantId = 2")
  const after = await find()

  expect([before, after].map(({ result }) => result.flatMap(({ enrolments }) => enrolments).length)).toEqual([1, 0])
})
