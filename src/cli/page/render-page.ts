import { createHash } from "node:crypto"
import type { Ledger } from "../ledger.ts"
import { bars } from "./bars.ts"
import { behaviour } from "./behaviour.ts"
import { emptyState } from "./empty-state.ts"
import { markup, trusted, type Html } from "./escape.ts"
import { findingsTable } from "./findings-table.ts"
import { styles } from "./styles.ts"
import { summary } from "./summary.ts"
import { timeline } from "./timeline.ts"

/**
 * The ledger as one HTML file that asks nobody for anything: styles, script and charts are in it, and its policy allows nothing else.
 * It is complete without its script, which sorts, filters, copies and switches the theme.
 */
export function renderPage(ledger: Ledger, now: Date): string {
  const content = ledger.entries.length === 0 ? emptyState(ledger) : found(ledger)
  // Nothing may stand between the tags and what was hashed.
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <title>Tenant leaks</title>
        <style>${trusted(styles)}</style>
        <script>${trusted(behaviour)}</script>
      </head>
      <body>
        <main>${summary(ledger, now)}${content}</main>
      </body>
    </html> `
  return page.source
}

const policy = [
  "default-src 'none'",
  `style-src '${digestOf(styles)}'`,
  `script-src '${digestOf(behaviour)}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ")

function digestOf(source: string): string {
  return `sha256-${createHash("sha256").update(source).digest("base64")}`
}

function found({ entries }: Ledger): Html {
  return markup`<div class="charts">${timeline(entries)} ${bars(entries)}</div>
    ${findingsTable(entries)}`
}
