import { defineConfig } from "vitest/config"

// The examples and the README import the package by its name.
const itself = { find: /^tenant-failsafe(\/[a-z-]+)?$/, replacement: `${import.meta.dirname}/src$1/index.ts` }
// TypeORM 0.3 is installed beside 1, under another name: what imports the one gets the other.
const olderTypeorm = { find: /^typeorm(\/.+)?$/, replacement: "typeorm-0.3$1" }

const shared = {
  globalSetup: ["test/support/postgres-server.ts"],
  testTimeout: 20_000,
  hookTimeout: 60_000,
}

export default defineConfig({
  test: {
    // The tests wait for databases most of the time; vitest would leave one core out.
    maxWorkers: "100%",
    projects: [
      { resolve: { alias: [itself] }, test: { ...shared, name: "all", include: ["test/**/*.test.ts"] } },
      {
        resolve: { alias: [itself, olderTypeorm] },
        test: {
          ...shared,
          name: "typeorm-0.3",
          include: ["test/typeorm/**/*.test.ts"],
          env: { TENANT_FAILSAFE_TYPEORM: "0.3" },
        },
      },
    ],
  },
})
