// How do promises answer a request? What they reject with goes to the error handler.
import type { Request, RequestHandler, Response } from "express"

export function answering(answer: (request: Request, response: Response) => Promise<object>): RequestHandler {
  return (request, response, next) => {
    answer(request, response).then((body) => response.json(body), next)
  }
}
