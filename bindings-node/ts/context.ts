/** The asynchronous context (`AsyncLocalStorage`) in which callbacks run. */

import { AsyncResource } from "node:async_hooks";

/** The context in which it was made. */
export class Context {
  readonly #resource: AsyncResource;
  #ended = false;

  constructor(type: string) {
    // Destroyed explicitly: until it is collected, tools that look for open handles would report it.
    this.#resource = new AsyncResource(type, { requireManualDestroy: true });
  }

  /** The function, bound to this context. */
  bind<Args extends unknown[], T>(work: (...args: Args) => T): (...args: Args) => T {
    return (...args) => this.#resource.runInAsyncScope(work, undefined, ...args);
  }

  /** Ends the context. Functions that are bound to it can still run. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#resource.emitDestroy();
  }
}
