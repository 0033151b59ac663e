/** What `tenant-failsafe audit --help` prints. */
export const auditHelp = `Compares a live database with the entities of an application: whatever lets a tenant past row
security, or makes it slow, each with the SQL that mends it. Reads the catalog, and no rows.

Usage: tenant-failsafe audit --app <module> [options]

The module default-exports { model, options }, a promise of it, or a function that returns it:

  import { tenantModel } from "tenant-failsafe/mikro-orm"
  const orm = await MikroORM.init(config)
  export default { model: tenantModel(orm), options: {}, close: () => orm.close() }

Options:
      --app <module>       where the entities are
      --url <url>          the database; by default DATABASE_URL, which other users of the machine cannot read
      --role <role>        the application's role; by default the one that connects
  -f, --format <format>    table (default), json, sarif
      --fail-on <severity> error (default), or warn: what counts for the exit code
      --color, --no-color  colours; by default where the output is a terminal
  -h, --help               this text

Any role may connect: the transaction reads only.

Examples:
  DATABASE_URL=postgres://shop_app@db/shop tenant-failsafe audit --app ./src/tenants.ts
  tenant-failsafe audit --app ./src/tenants.ts --role shop_app --fail-on warn --format sarif > audit.sarif

Exit codes: 0 clean; 1 findings of that severity, or graver ones; 2 bad input, no connection, or a part of the catalog that may
not be read.
`
