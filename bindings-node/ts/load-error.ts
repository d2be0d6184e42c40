/** The error for a native binary that cannot be loaded. */

const NAME = "@omni/omni-mcp-js";

/** `isBundled`: this code is not in its package, but in the output of a bundler. */
export function loadError(isBundled: boolean, failures: unknown[]): Error {
  const platform = `${process.platform}-${process.arch}`;
  const why = isBundled
    ? `: it was bundled without it. Mark ${NAME} as external and install it beside the bundle `
      + `(esbuild: --external:${NAME}; webpack: externals; Next.js: serverExternalPackages), `
      + "or configure the bundler for .node files, as the README describes"
    : "";
  return new AggregateError(failures, `${NAME} has no usable binary for ${platform}${why}`);
}
