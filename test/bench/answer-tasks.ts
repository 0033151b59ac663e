/** What a worker can be told to do, each with the function that does it. */
export type Answers = Readonly<Record<string, (task: never) => unknown>>

/** Does in this process what its parent asks for, and sends back each result. */
export function answerTasks(answers: Answers): void {
  process.on("message", (task: { readonly kind: string }) => {
    answer(answers[task.kind]!, task).then(
      (result) => process.send!({ result }),
      (error: Error) => process.send!({ error: error.stack ?? String(error) }),
    )
  })
  process.on("disconnect", () => process.exit(0))
}

async function answer(perform: (task: never) => unknown, task: object): Promise<unknown> {
  return perform(task as never)
}
