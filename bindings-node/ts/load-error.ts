/** The error where the native binary cannot be loaded. */

const NAME = "@omni/omni-mcp-js";

/** `isBundled`: this code does not lie in its package, but in the output of a bundler. */
export function unusable(isBundled: boolean, failures: unknown[]): Error {
  const platform = `${process.platform}-${process.arch}`;
  const why = isBundled
    ? `: it was bundled without it. Mark ${NAME} as external and install it beside the bundle `
      + `(esbuild: --external:${NAME}; webpack: externals; Next.js: serverExternalPackages), `
      + "or have the bundler bring .node files along, as the README says"
    : "";
  return new AggregateError(failures, `${NAME} has no usable binary for ${platform}${why}`);
}
