export { outcomeOf } from "../../mikro-orm/support/outcome.ts"
