import { other } from "./world.ts"

/** A fault in the database, and what the record says of it. */
export interface Cause {
  readonly cause: string
  readonly changes: readonly string[]
  readonly explanation: RegExp
  /** The beginning of what mends it; undefined where nothing is suggested. */
  readonly mend: string | undefined
}

const owner =
  "is SECURITY DEFINER and reads public.address with the rights of postgres, for which row security does not hold"

/** Whatever lets rows of a table pass. */
export const tableCauses: readonly Cause[] = [
  {
    cause: "role-superuser",
    changes: ["alter role :app superuser"],
    explanation: /^app_\w+ is a superuser: no policy holds for it\.$/,
    mend: 'alter role "app_',
  },
  {
    cause: "role-bypassrls",
    changes: ["alter role :app bypassrls"],
    explanation: /^app_\w+ has BYPASSRLS: no policy holds for it\.$/,
    mend: 'alter role "app_',
  },
  {
    cause: "rls-disabled",
    changes: ["alter table address disable row level security"],
    explanation: /^Row security is off on public\.address: /,
    mend: 'alter table "public"."address" enable row level security;',
  },
  {
    cause: "no-policy",
    changes: [
      "drop policy tenant_failsafe on address",
      "drop policy tenant_failsafe_read on address",
      "alter table address disable row level security",
    ],
    explanation: /^public\.address has no policy, and row security is off: /,
    mend: 'create policy "tenant_failsafe" on "public"."address"',
  },
  {
    cause: "no-force",
    changes: ["alter table address no force row level security", "alter table address owner to :app"],
    explanation: /^app_\w+ owns public\.address, and row security does not hold for owners: it sees every row\.$/,
    mend: 'alter table "public"."address" force row level security;',
  },
  {
    cause: "policy-always-true",
    changes: ["create policy everybody on address for select using (true)"],
    explanation: /^The policy everybody on public\.address shows rows whosever they are\.$/,
    mend: 'alter policy "everybody" on "public"."address" using (',
  },
  {
    cause: "policy-ignores-tenant",
    changes: [`create policy support on address for select using (merchant_id = ${other})`],
    explanation: /^The policy support on public\.address shows rows whosever they are\.$/,
    mend: 'alter policy "support" on "public"."address" using (',
  },
  {
    cause: "unknown",
    changes: [
      "create function seen(merchant integer) returns boolean language sql stable return merchant is not null",
      "create policy seen on address for select using (seen(merchant_id))",
    ],
    explanation: /^Why is not known: roles, tables, policies and the session look right\. /,
    mend: undefined,
  },
  {
    cause: "unknown",
    changes: [
      "alter table address no force row level security",
      "alter table address owner to :app",
      "revoke select on pg_catalog.pg_auth_members from public",
    ],
    explanation: /^Why is not known: the check failed with DatabaseError 42501\. /,
    mend: undefined,
  },
]

/** Whatever lets rows of a view pass. */
export const viewCauses: readonly Cause[] = [
  {
    cause: "view-not-invoker",
    changes: ["alter view every_address set (security_invoker = false)"],
    explanation: /^The view public\.every_address reads public\.address with the rights of postgres, /,
    mend: 'alter view "public"."every_address" set (security_invoker = true);',
  },
  {
    cause: "view-not-invoker",
    changes: [
      "create view beneath as select * from address",
      "grant select on beneath to :app",
      "create or replace view every_address with (security_invoker = true) as select * from beneath",
    ],
    explanation: /^The view public\.beneath reads public\.address with the rights of postgres, /,
    mend: 'alter view "public"."beneath" set (security_invoker = true);',
  },
  {
    cause: "matview",
    changes: [
      "drop view every_address",
      "create materialized view every_address as select * from address",
      "grant select on every_address to :app",
    ],
    explanation: /^The materialized view public\.every_address keeps rows of public\.address, /,
    mend: 'revoke select on table "public"."every_address" from "app_',
  },
  {
    cause: "definer-function",
    changes: [
      "create function addresses() returns setof address language sql stable security definer set search_path = '' begin atomic select * from public.address; end",
      "create or replace view every_address with (security_invoker = true) as select * from addresses()",
    ],
    explanation: new RegExp(String.raw`^public\.addresses\(\) ${owner}`),
    mend: 'alter routine "public"."addresses"() security invoker;',
  },
  {
    cause: "definer-function",
    changes: [
      "create function addresses() returns setof address language plpgsql stable security definer set search_path = '' " +
        "as 'begin return query select * from public.Address; end'",
      "create or replace view every_address with (security_invoker = true) as select * from addresses()",
    ],
    explanation: new RegExp(String.raw`^public\.addresses\(\) ${owner}`),
    mend: 'alter routine "public"."addresses"() security invoker;',
  },
  {
    cause: "rls-disabled",
    changes: ["alter table address disable row level security"],
    explanation: /^Row security is off on public\.address: /,
    mend: 'alter table "public"."address" enable row level security;',
  },
]
