/** The same module for `import`: one set of classes, however it is loaded. */

export * from "./testing.js";
