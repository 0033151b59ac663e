import { configDefaults, defineConfig } from "vitest/config"

// The examples and the README import the package by its name.
const itself = { find: /^tenant-failsafe((?:\/[a-z-]+)*)$/, replacement: `${import.meta.dirname}/src$1/index.ts` }
// TypeORM 0.3 is installed beside 1, under another name: what imports the one gets the other.
const olderTypeorm = { find: /^typeorm(\/.+)?$/, replacement: "typeorm-0.3$1" }

// Node 22.17 strips types on demand only; later versions do it by themselves.
const stripTypes = ["--experimental-strip-types"].filter((flag) => process.allowedNodeEnvironmentFlags.has(flag))

const shared = {
  globalSetup: ["test/support/postgres-server.ts"],
  testTimeout: 20_000,
  hookTimeout: 60_000,
  // The threads that an example starts import the package by its name, too, and the alias does not reach them.
  execArgv: [...stripTypes, "--import", `${import.meta.dirname}/test/outside-http/support/import-by-name.ts`],
}
// Not for the bridges: cls-hooked, which they read, needs what this forbids.
const setupFiles = ["test/core/support/forbid-async-hooks.ts"]
const bridges = "test/bridges/**/*.test.ts"

export default defineConfig({
  test: {
    // The tests wait for databases most of the time; vitest would leave one core out.
    maxWorkers: "100%",
    projects: [
      {
        resolve: { alias: [itself] },
        test: {
          ...shared,
          name: "all",
          setupFiles,
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, bridges],
        },
      },
      {
        resolve: { alias: [itself, olderTypeorm] },
        test: {
          ...shared,
          name: "typeorm-0.3",
          setupFiles,
          include: ["test/typeorm/**/*.test.ts"],
          env: { TENANT_FAILSAFE_TYPEORM: "0.3" },
        },
      },
      { resolve: { alias: [itself] }, test: { ...shared, name: "bridges", include: [bridges] } },
    ],
  },
})
