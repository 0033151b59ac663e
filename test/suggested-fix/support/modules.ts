import { execFile } from "node:child_process"
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)
const root = join(import.meta.dirname, "../../..")

/** Code as it was suggested, and the lines that a module needs before it. */
export interface Snippet {
  readonly code: string
  /** Imports. */
  readonly head: string
  /** The parameters of the function that the code becomes the body of. */
  readonly given: string
}

/** Modules around suggested code. */
export interface Modules {
  /** What the compiler has against them; empty when they are right. */
  compile(): Promise<string>
  /** What the formatter would write otherwise: the names of the modules. */
  misformatted(): Promise<string>
  /** Runs the code of a module. */
  run(name: string, given: object): Promise<object[]>
  remove(): Promise<void>
}

/** Writes each snippet into a module of its own. `config` is the one of the repository's that the modules are compiled by. */
export async function writeModules(
  snippets: Readonly<Record<string, Snippet>>,
  config = "tsconfig.json",
): Promise<Modules> {
  const folder = await mkdtemp(join(tmpdir(), "tenant-failsafe-fixes-"))
  const names = Object.keys(snippets)
  const fileOf = (name: string) => `fix-${names.indexOf(name)}.ts`
  // Where the modules find the packages that they import.
  await symlink(join(root, "node_modules"), join(folder, "node_modules"))
  await mkdir(join(folder, "bare"))
  const loose = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    rewriteRelativeImportExtensions: false,
    allowImportingTsExtensions: true,
  }
  const project = { extends: join(root, config), compilerOptions: { ...loose, rootDir: "/" }, include: ["*.ts"] }
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(project))
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }))
  for (const [name, snippet] of Object.entries(snippets)) {
    await writeFile(join(folder, fileOf(name)), moduleOf(name, snippet))
    await writeFile(join(folder, "bare", fileOf(name)), `${snippet.code}\n`)
  }
  const ask = (tool: string, ...args: string[]) => outputOf(join(root, "node_modules/.bin", tool), args)
  return {
    compile: () => ask("tsc", "-p", folder),
    misformatted: () => ask("oxfmt", "-c", join(root, ".oxfmtrc.json"), "--list-different", join(folder, "bare")),
    async run(name, given) {
      const module = (await import(join(folder, fileOf(name)))) as { load(given: object): Promise<object[]> }
      return module.load(given)
    },
    remove: () => rm(folder, { recursive: true }),
  }
}

function moduleOf(name: string, { head, given, code }: Snippet): string {
  const body = code.replace(/^await /m, "return await ")
  return [`// ${name}`, head, `export async function load(${given}) {`, body, "}", ""].join("\n")
}

async function outputOf(file: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(file, args)).stdout
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
    return `${stdout}${stderr}` || String(error)
  }
}
