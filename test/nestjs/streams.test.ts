import { Readable } from "node:stream"
import { Controller, Get, Post, Sse, StreamableFile, UploadedFile, UseInterceptors } from "@nestjs/common"
import { FileInterceptor } from "@nestjs/platform-express"
import { from, type Observable } from "rxjs"
import { beforeEach, describe, expect, it } from "vitest"
import { withTenant } from "../../src/index.ts"
import { fromClaim, TenantModule } from "../../src/nestjs/index.ts"
import { scopeName } from "../http/support/frameworks.ts"
import { moduleWith } from "../http/support/nest.ts"
import { as, AuthModule } from "./support/auth.ts"
import { platforms, serving } from "./support/serving.ts"

let isAnswered = Promise.withResolvers<void>()
let later = Promise.withResolvers<string>()
const manyBytes = "-".repeat(200_000)

async function* names(): AsyncGenerator<string> {
  for (let index = 0; index < 3; index++) {
    yield scopeName()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function* longNames(): AsyncGenerator<string> {
  for (let index = 0; index < 40; index++) yield `${scopeName()} ${manyBytes}\n`
}

@Controller()
class StreamController {
  @Sse("events")
  events(): Observable<{ data: string }> {
    return from(eventsOf(names()))
  }

  @Get("file")
  file(): StreamableFile {
    return new StreamableFile(Readable.from(longNames()))
  }

  @Get("later")
  later(): object {
    void isAnswered.promise.then(() => later.resolve(scopeName()))
    return {}
  }

  @Post("upload")
  @UseInterceptors(FileInterceptor("file"))
  upload(@UploadedFile() file: { size: number }): object {
    return { scope: scopeName(), size: file.size }
  }
}

async function* eventsOf(source: AsyncIterable<string>): AsyncGenerator<{ data: string }> {
  for await (const data of source) yield { data }
}

const module = moduleWith([StreamController], [AuthModule, TenantModule.forRoot({ resolve: fromClaim("merchant") })])

beforeEach(() => {
  isAnswered = Promise.withResolvers()
  later = Promise.withResolvers()
})

describe.each(platforms)("on $name", (platform) => {
  const start = serving(platform)

  it("each event of @Sse() is made in the scope of the request", async () => {
    const url = await start(module)

    const text = await (await fetch(`${url}/events`, as("acme"))).text()

    expect(text.match(/(?<=data: ).+/g)).toEqual(["acme", "acme", "acme"])
  })

  it("a file that is larger than a socket takes at once is made in the scope of the request", async () => {
    const url = await start(module)

    const text = await (await fetch(`${url}/file`, as("acme"))).text()

    expect([...new Set(text.match(/^\w+/gm))]).toEqual(["acme"])
  })

  it("what runs after the response runs in the scope of the request", async () => {
    const url = await start(module)
    await (await fetch(`${url}/later`, as("acme"))).text()

    withTenant("globex", () => isAnswered.resolve())

    expect(await later.promise).toBe("acme")
  })
})

describe("an upload on express", () => {
  const start = serving(platforms[0]!)

  // Multer 2 reads the file by events, after the guards.
  it("reaches the handler in the scope of the request", async () => {
    const url = await start(module)
    const body = new FormData()
    body.set("file", new Blob([manyBytes]), "names.txt")

    const response = await fetch(`${url}/upload`, { ...as("acme"), method: "POST", body })

    expect(await response.json()).toEqual({ scope: "acme", size: manyBytes.length })
  })
})
