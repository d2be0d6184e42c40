/// <reference lib="esnext.disposable" preserve="true" />

/** Symbols that the first releases of Node 20 lack. */

interface Known {
  asyncDispose?: typeof Symbol.asyncDispose;
}

/** `Symbol.asyncDispose`, which `await using` calls. */
export const asyncDispose: typeof Symbol.asyncDispose =
  (Symbol as Known).asyncDispose ?? (Symbol.for("nodejs.asyncDispose") as typeof Symbol.asyncDispose);
