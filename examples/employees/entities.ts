// Which rows are whose?
import { defineEntity, p } from "@mikro-orm/postgresql"

export const Employee = defineEntity({
  name: "Employee",
  properties: {
    id: p.integer().primary(),
    name: p.string(),
    salary: p.integer(),
    companyId: p.integer(),
  },
})
