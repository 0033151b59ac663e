import { execFile } from "node:child_process"
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const run = promisify(execFile)
const root = fileURLToPath(new URL("../../../", import.meta.url))
const app = fileURLToPath(new URL("app/", import.meta.url))
// What the entries import; the frameworks that they do not import are not there.
const peers = ["@mikro-orm/core", "@nestjs/common", "@nestjs/core", "rxjs", "typeorm", "reflect-metadata"]

/** An application in a folder of its own, with the built package installed, and once more below its dependency `partner`. */
export interface Installed {
  /** Runs one of the application's files and reads what it prints. */
  run(file: string, ...args: readonly string[]): Promise<unknown>
  remove(): Promise<void>
}

export interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
}

export async function readManifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Manifest
}

export async function install(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-package-"))
  const remove = (): Promise<void> => rm(folder, { recursive: true })
  try {
    await fill(folder)
  } catch (error) {
    await remove()
    throw error
  }
  return {
    async run(file, ...args) {
      const { stdout } = await run(process.execPath, [file, ...args], { cwd: folder })
      return JSON.parse(stdout)
    },
    remove,
  }
}

async function fill(folder: string): Promise<void> {
  const modules = join(folder, "node_modules")
  const partner = join(modules, "partner")
  await cp(app, folder, { recursive: true })
  await cp(app, partner, { recursive: true })
  await installBuilt(join(modules, "tenant-failsafe"))
  await cp(join(modules, "tenant-failsafe"), join(partner, "node_modules", "tenant-failsafe"), { recursive: true })
  for (const home of [folder, partner]) await installNaive(join(home, "node_modules", "naive"))
  for (const peer of peers) {
    await mkdir(dirname(join(modules, peer)), { recursive: true })
    await symlink(join(root, "node_modules", peer), join(modules, peer), "junction")
  }
}

async function installBuilt(folder: string): Promise<void> {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc")
  await run(process.execPath, [compiler, "-p", "tsconfig.build.json", "--outDir", join(folder, "dist")], { cwd: root })
  await cp(join(root, "package.json"), join(folder, "package.json"))
}

async function installNaive(folder: string): Promise<void> {
  await cp(join(app, "naive.mjs"), join(folder, "index.js"))
  const manifest = { name: "naive", type: "module", exports: { ".": "./index.js", "./node": "./index.js" } }
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest))
}
