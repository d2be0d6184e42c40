/** What `util.inspect` shows, and so `console.log`. */

import { inspect } from "node:util";

/** Shows the objects of a class as a text. No member with a type: the types of this package need no library of Node. */
export function showAs<T>(type: { readonly prototype: T }, text: (shown: T) => string): void {
  Object.defineProperty(type.prototype, inspect.custom, {
    value(this: T) { return text(this); },
  });
}
