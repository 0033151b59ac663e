import { defineSuite } from "./suite.mjs"

// Jest has no module for its functions that the application would not have to install besides.
const { test } = globalThis
defineSuite(test, test.concurrent)
