import "reflect-metadata"
import type { INestApplication, Type } from "@nestjs/common"
import { NestFactory } from "@nestjs/core"
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express"
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify"
import { afterEach } from "vitest"
import type { Running } from "../../http/support/frameworks.ts"
import { listening, silent } from "../../http/support/nest.ts"

export interface Platform {
  readonly name: "express" | "fastify"
  create(module: Type): Promise<NestExpressApplication | NestFastifyApplication>
}

export const platforms: readonly Platform[] = [
  { name: "express", create: (module) => NestFactory.create(module, new ExpressAdapter(), silent) },
  { name: "fastify", create: (module) => NestFactory.create(module, new FastifyAdapter(), silent) },
]

export type Start = (module: Type, prepare?: (app: INestApplication) => unknown) => Promise<string>

/** Starts applications on a platform, one for each test; returns where it listens. */
export function serving(platform: Platform): Start {
  let running: Running | undefined

  afterEach(async () => {
    await running?.close()
    running = undefined
  })

  return async (module, prepare) => {
    const app = await platform.create(module)
    await prepare?.(app)
    running = await listening(app)
    return running.url
  }
}
