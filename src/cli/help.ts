/** What `tenant-failsafe --help` prints. */
export const help = `Tells what tenant-failsafe found in production, and sets up row level security.

Usage: tenant-failsafe <command> [options]

Commands:
  leaks <files…|->   reads production logs, and shows each leak with its place, counts and fix
  rls <command>      row level security for PostgreSQL: plan, apply, show, drop
  audit              compares a live PostgreSQL with the entities: what lets a tenant past row security

Options:
  -h, --help      this text; tenant-failsafe leaks --help for the command's own
  -v, --version   the version

Examples:
  tenant-failsafe leaks app.log app.log.1.gz
  kubectl logs deploy/shop --since=24h | tenant-failsafe leaks

Exit codes: 0 clean, 1 leaks found (rls plan: something to do), 2 bad input.
`

/** What `tenant-failsafe leaks --help` prints. */
export const leaksHelp = `Reads production logs of any kind, and shows each leak in them once: where it is, how often,
since when, and what to change.

Usage: tenant-failsafe leaks <files…|-> [options]

Files may be plain or gzipped, JSON lines or mixed with other text, with prefixes of containers,
or with records wrapped in JSON. A single - reads what is piped in, as does no file at all.

Options:
  -f, --format <format>    table (default), json, markdown, github (annotations), sarif
      --html <path>        also writes a page that needs no server
      --since <when>       only records since then: a date (2026-11-01) or an age (90m, 24h, 7d)
      --what <kinds>       only these kinds, such as dropped,reference
      --baseline <path>    the leaks that are known: only new ones count for the exit code
      --update-baseline    writes the leaks found into the baseline; exit code 0
      --prune              takes those no longer seen out of the baseline
      --color, --no-color  colours; by default where the output is a terminal
  -h, --help               this text

Examples:
  tenant-failsafe leaks app.log app.log.1.gz
  kubectl logs deploy/shop --since=24h | tenant-failsafe leaks --html leaks.html
  tenant-failsafe leaks leaks.ndjson --baseline known-leaks.json --format github
  tenant-failsafe leaks leaks.ndjson --baseline known-leaks.json --update-baseline --prune

Exit codes: 0 clean, 1 leaks found (with --baseline: new ones), 2 bad input.
`
