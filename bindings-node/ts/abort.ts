/** Cancellation by signals: one listener per signal, however many calls it serves. */

import type { AbortSignalLike } from "./types.js";

interface Watched {
  cancels: Set<() => void>;
  listener: () => void;
}

const signals = new WeakMap<AbortSignalLike, Watched>();

/** Runs `cancel` when the signal aborts, until the function that this returns is called. */
export function onAbort(signal: AbortSignalLike, cancel: () => void): () => void {
  const { cancels, listener } = signals.get(signal) ?? watch(signal);
  cancels.add(cancel);
  return () => {
    cancels.delete(cancel);
    if (cancels.size > 0) return;
    signal.removeEventListener("abort", listener);
    signals.delete(signal);
  };
}

function watch(signal: AbortSignalLike): Watched {
  const cancels = new Set<() => void>();
  const listener = (): void => {
    for (const cancel of cancels) cancel();
  };
  signal.addEventListener("abort", listener, { once: true });
  const watched = { cancels, listener };
  signals.set(signal, watched);
  return watched;
}
