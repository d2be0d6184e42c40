/** The asynchronous context (`AsyncLocalStorage`) in which a function of the caller's was handed over, and is to run. */

import { AsyncResource } from "node:async_hooks";

/** The context of whoever makes it. */
export class Context {
  readonly #resource: AsyncResource;
  #ended = false;

  constructor(type: string) {
    // Ended with what it belongs to, and not when it is collected: who looks for open handles would find it until then.
    this.#resource = new AsyncResource(type, { requireManualDestroy: true });
  }

  /** The function, as it runs in this context. */
  bind<Args extends unknown[], T>(work: (...args: Args) => T): (...args: Args) => T {
    return (...args) => this.#resource.runInAsyncScope(work, undefined, ...args);
  }

  /** Nothing more is expected to run in it, though it still may. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#resource.emitDestroy();
  }
}
