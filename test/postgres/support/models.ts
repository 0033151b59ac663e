import type {
  ColumnModel,
  ForeignKeyModel,
  TableModel,
  TenantModel,
  TenantSource,
} from "../../../src/core/tenant-model.ts"

export function column(name: string, type = "integer", isNullable = false): ColumnModel {
  return { name, type, isNullable }
}

export function reference(name: string, target: string, more: Partial<ForeignKeyModel> = {}): ForeignKeyModel {
  return {
    columns: [name],
    target: { schema: undefined, name: target },
    targetColumns: ["id"],
    isNullable: false,
    onDelete: undefined,
    ...more,
  }
}

export function table(name: string, more: Partial<TableModel> = {}): TableModel {
  return {
    schema: undefined,
    name,
    entity: name.replace(/^./, (first) => first.toUpperCase()),
    columns: [column("id")],
    primaryKey: ["id"],
    uniques: [],
    indexes: [],
    foreignKeys: [],
    tenant: undefined,
    ...more,
  }
}

export function modelOf(...tables: readonly TableModel[]): TenantModel {
  return { orm: "mikro-orm", tables }
}

export function source(path: string, end: ColumnModel, ...through: readonly ForeignKeyModel[]): TenantSource {
  return { path, through, column: end }
}

const toSchool = reference("school_id", "school")
const toStudent = reference("student_id", "student", { onDelete: "cascade" })
const merchant = column("merchant_id")

/** A school belongs to a merchant, its students to it, and their enrolments to them. */
export const school: TableModel = table("school", {
  columns: [column("id"), merchant],
  tenant: source("merchantId", merchant),
})
export const student: TableModel = table("student", {
  columns: [column("id"), column("school_id")],
  foreignKeys: [toSchool],
  tenant: source("school.merchantId", merchant, toSchool),
})
export const enrolment: TableModel = table("enrolment", {
  columns: [column("id"), column("student_id"), column("term", "text")],
  foreignKeys: [toStudent],
})
export const schools: TenantModel = modelOf(school, student, enrolment)

/** Merchant 1 has the rows 1, merchant 2 the rows 2. */
export const schoolTables: readonly string[] = [
  "create table school (id integer primary key, merchant_id integer not null)",
  "create table student (id integer primary key, school_id integer not null references school)",
  "create table enrolment (id integer primary key, student_id integer not null references student on delete cascade, term text)",
  "insert into school values (1, 1), (2, 2)",
  "insert into student values (1, 1), (2, 2)",
  "insert into enrolment values (1, 1, 'spring'), (2, 2, 'spring')",
]
