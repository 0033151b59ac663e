/** What `tenant-failsafe rls --help` prints. */
export const rlsHelp = `Row level security for PostgreSQL, made from the entities of an application.

Usage: tenant-failsafe rls <plan|apply|show|drop> --app <module> [options]

Commands:
  plan    prints the SQL that the database lacks; without a database, or with --whole, all of it
  apply   runs it in one transaction
  show    prints the row security that is in force, table by table
  drop    takes away what apply made; where others have policies on a table, its row security stays on

The module default-exports { model, options }, a promise of it, or a function that returns it:

  import { tenantModel } from "tenant-failsafe/mikro-orm"
  const orm = await MikroORM.init(config)
  export default { model: tenantModel(orm), options: {}, close: () => orm.close() }

Options:
      --app <module>       where the entities are
      --url <url>          the database; by default DATABASE_URL, which other users of the machine cannot read
      --whole              plan: the whole plan, without a look at the database
      --migration <orm>    plan: as a migration class, of mikro-orm or typeorm
      --name <name>        plan: what the class is called (RowSecurity)
  -f, --format <format>    show: table (default), json
      --color, --no-color  colours; by default where the output is a terminal
  -h, --help               this text

Connect as a role with BYPASSRLS that owns the tables or is a member of their owner.

Examples:
  tenant-failsafe rls plan --app ./src/tenants.ts --migration typeorm > src/migrations/1795348800000-RowSecurity.ts
  DATABASE_URL=postgres://migrator@db/shop tenant-failsafe rls apply --app ./src/tenants.ts

Exit codes: 0 done, or nothing to do; 1 plan: the database lacks something; 2 bad input or no connection.
`
