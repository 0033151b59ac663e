import { Server, type CustomTransportStrategy } from "@nestjs/microservices"
import { firstValueFrom } from "rxjs"

/** A transport within the process: a message is handled in the context of whoever delivers it. */
export class InProcess extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback()
  }

  close(): void {}

  on(): never {
    throw new Error("There are no events.")
  }

  unwrap(): never {
    throw new Error("There is no server below.")
  }

  async deliver(pattern: string, data: object): Promise<unknown> {
    const result: unknown = await this.getHandlerByPattern(pattern)!(data)
    return firstValueFrom(this.transformToObservable(result))
  }
}
