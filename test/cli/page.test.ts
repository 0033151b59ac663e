import { afterAll, beforeAll, describe } from "vitest"
import { startBrowser, type PageBrowser } from "./support/page-browser.ts"
import { describeContent } from "./support/page-content.ts"
import { describeControls } from "./support/page-controls.ts"
import { describeHostileValues } from "./support/page-hostile.ts"
import { describeLooks } from "./support/page-looks.ts"

/*
 * The page of the ledger in a real browser. One file, because the browser unpacks itself when it is first started, and two processes
 * would get in each other's way.
 */
describe("the page of the ledger", () => {
  let browser: PageBrowser

  beforeAll(async () => {
    browser = await startBrowser()
  })

  afterAll(async () => {
    await browser?.close()
  })

  describeContent(() => browser)
  describeControls(() => browser)
  describeLooks(() => browser)
  describeHostileValues(() => browser)
})
