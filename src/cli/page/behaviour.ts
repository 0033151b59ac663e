import { behaveCopy } from "./behave-copy.ts"
import { behaveFindings } from "./behave-findings.ts"
import { behaveTheme } from "./behave-theme.ts"
import { behaveTimeline } from "./behave-timeline.ts"

/**
 * The page's script. The functions are written into it as they are, so each of them stands alone: it uses its parameter and nothing
 * of its module.
 */
export const behaviour: string = [behaveTheme, behaveTimeline, behaveCopy, behaveFindings]
  .map((behave) => `;(${behave.toString()})(window)`)
  .join("\n")
