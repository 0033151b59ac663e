import { DatabaseSync, type SQLInputValue } from "node:sqlite"

/**
 * What TypeORM's driver for better-sqlite3 calls, over node:sqlite: that package is compiled for the Node that installs it, and the
 * tests run on another one.
 */
export class BetterSqlite3 {
  readonly #database: DatabaseSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
  }

  prepare(sql: string) {
    const statement = this.#database.prepare(sql)
    return {
      reader: statement.columns().length > 0,
      all: (...values: SQLInputValue[]) => statement.all(...values).map((row) => ({ ...row })),
      run: (...values: SQLInputValue[]) => statement.run(...values),
    }
  }

  pragma(text: string): unknown {
    return this.#database.prepare(`pragma ${text}`).all()
  }

  exec(sql: string): void {
    this.#database.exec(sql)
  }

  close(): void {
    this.#database.close()
  }
}
