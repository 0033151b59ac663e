/** A text without the passwords of addresses in it, and without those of this one. */
export function withoutSecrets(text: string, url = ""): string {
  const masked = text
    .replace(/(\/\/[^\s/:@]*):[^\s]*@/g, "$1:***@")
    .replace(/\b(password|pwd)\s*=\s*('[^']*'|[^\s;&]+)/gi, "$1=***")
  return passwordsOf(url).reduce((cleaned, password) => cleaned.replaceAll(password, "***"), masked)
}

/** As it is written, and as it is sent. */
function passwordsOf(url: string): string[] {
  const written = /\/\/[^/]*?:(.*)@/.exec(url)?.[1] ?? ""
  return [...new Set([written, decoded(written)])].filter((password) => password !== "")
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
