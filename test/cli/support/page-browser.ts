import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import chromium from "@sparticuz/chromium"
import { chromium as driver, type BrowserContextOptions, type Page } from "playwright-core"

/** A page in a browser, with everything that went wrong in it and everything that it asked for. */
export interface OpenPage {
  readonly page: Page
  /** Console errors and warnings, uncaught errors, violations of the page's policy. */
  readonly problems: readonly string[]
  /** Addresses of all requests, the page's own first. */
  readonly requests: readonly string[]
}

/** A headless browser that opens HTML from files. */
export interface PageBrowser {
  open(source: string, options?: BrowserContextOptions & { readonly hash?: string }): Promise<OpenPage>
  /** Serves the HTML from a host without TLS, where the browser withholds the clipboard. */
  openInsecure(source: string): Promise<OpenPage>
  close(): Promise<void>
}

/** Starts the browser. One test file alone may do so: the first start unpacks it into the folder for temporary files. */
export async function startBrowser(): Promise<PageBrowser> {
  const folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-page-"))
  // These two are for other uses: one process for all pages, and a browser that does not defend itself.
  const args = chromium.args.filter((name) => name !== "--single-process" && name !== "--disable-web-security")
  const browser = await driver.launch({ executablePath: await chromium.executablePath(), args, headless: true })
  let files = 0

  return {
    async open(source, { hash = "", ...options } = {}) {
      const file = join(folder, `${++files}.html`)
      await writeFile(file, source)
      return watch(await newPage(options), `${pathToFileURL(file).href}${hash}`)
    },
    async openInsecure(source) {
      const page = await newPage({})
      await page.route("http://logs.example/", (route) => route.fulfill({ contentType: "text/html", body: source }))
      return watch(page, "http://logs.example/")
    },
    async close() {
      await browser.close()
      await rm(folder, { recursive: true })
    },
  }

  async function newPage(options: BrowserContextOptions): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
    return context.newPage()
  }
}

async function watch(page: Page, address: string): Promise<OpenPage> {
  const problems: string[] = []
  const requests: string[] = []
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(message.text())
  })
  page.on("pageerror", (error) => problems.push(String(error)))
  page.on("request", (request) => requests.push(request.url()))
  await page.goto(address)
  return { page, problems, requests }
}

/** Closes the page and what belongs to it. */
export async function closePage({ page }: OpenPage): Promise<void> {
  await page.context().close()
}
