import { defineConfig } from "vitest/config"

export default defineConfig({
  // The examples and the README import the package by its name.
  resolve: {
    alias: [{ find: /^tenant-failsafe(\/[a-z-]+)?$/, replacement: `${import.meta.dirname}/src$1/index.ts` }],
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/postgres-server.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
