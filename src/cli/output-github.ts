import { causeOf, countsOf, happened, isError, notToldApart, subjectOf, type Output } from "./output.ts"

/** Annotations of GitHub Actions: a warning at the line of each new leak, an error where row security did not hold, a notice for those that are known, or gone. */
export const githubAnnotations: Output = (ledger, { isNew, fixed }) => {
  const lines = ledger.entries.map((entry) => {
    const { what, place, fix, fingerprint } = entry
    const isKnown = !isNew(entry)
    const properties = {
      ...(place === undefined ? {} : { file: place.file, line: String(Math.max(1, place.line)) }),
      title: `${isKnown ? "Known tenant leak" : "Tenant leak"}: ${subjectOf(entry)}`,
    }
    const cause = causeOf(entry)
    const found = `${happened(what)}: ${countsOf(entry)} (${what}, ${fingerprint})`
    const text = cause === undefined ? found : `${found}\n\n${cause}`
    return command(
      isKnown ? "notice" : isError(entry) ? "error" : "warning",
      properties,
      fix === undefined ? text : `${text}\n\n${fix}`,
    )
  })
  const rest = notToldApart(ledger)
  if (rest !== undefined) lines.push(command("warning", { title: "Tenant leaks" }, rest))
  for (const { relation, what, fingerprint } of fixed) {
    lines.push(
      command("notice", { title: `Fixed tenant leak: ${relation}` }, `No longer seen (${what}, ${fingerprint})`),
    )
  }
  return lines.map((line) => `${line}\n`).join("")
}

function command(name: string, properties: Readonly<Record<string, string>>, text: string): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`)
  return `::${name} ${list.join(",")}::${escapeData(text)}`
}

// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A")
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C")
}
