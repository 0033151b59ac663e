export { collectLeaks, expectNoLeaks, LeaksFound } from "./leaks.ts"
export type { ExpectNoLeaksOptions, LeakAllowance, LeaksCollected } from "./leaks.ts"
export type { LeakReport } from "../core/leak-report.ts"
