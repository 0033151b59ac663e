// Prints what each of the given modules exports, as the given module system loads it.
const [system, ...names] = process.argv.slice(2)
const { load } = await import(system === "import" ? "./load.mjs" : "./load.cjs")
const found = {}
for (const name of names) {
  try {
    // A CommonJS module system adds the name that it gave the whole.
    found[name] = Object.keys(await load(name)).filter((key) => key !== "module.exports")
  } catch (error) {
    found[name] = error.code
  }
}
console.log(JSON.stringify(found))
