#!/usr/bin/env bash
# Builds dist/: the abi3 wheel, the npm tarball, the crates and their checksums. Usage: build.sh VENV
#
# The binaries are linked by zig against glibc 2.28, so that they run on any recent Linux.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=$1
dist=$PWD/dist
target=$(rustc -vV | sed -n 's/^host: //p')
export PATH="$venv/bin:$PATH" VIRTUAL_ENV="$venv"

rm -rf "$dist"
mkdir -p "$dist"

# The guide of the dev server is part of both packages.
guides=(bindings-python/python/omni_mcp_py/TESTING.md bindings-node/TESTING.md)
for guide in "${guides[@]}"; do cp devserver/README.md "$guide"; done
trap 'rm -f "${guides[@]}"' EXIT

echo "dist: wheel"
# With the system's unwinder, not that of zig: Python before 3.14 ends threads that request the interpreter too
# late by unwinding them, and two unwinders crash on each other's frames.
unwinder=$(gcc -print-file-name=libgcc_s.so.1)
(cd bindings-python && maturin build -q --locked --release --zig --target "$target" --compatibility manylinux_2_28 --out "$dist" -- -C "link-arg=$unwinder")

echo "dist: npm tarball"
cargo zigbuild -q --locked --release -p omni-mcp-js --target "$target.2.28"
(
    cd bindings-node
    npm run -s build:ts
    binary=$(node -e 'const { platform, arch } = process; console.log(`omni-mcp.${platform}-${arch}${platform === "linux" ? "-gnu" : ""}.node`)')
    cp "$CARGO_TARGET_DIR/$target/release/libomni_mcp_js.so" "dist/$binary"
    strip "dist/$binary"
    npm pack --silent --pack-destination "$dist"
)

echo "dist: crates"
cargo package -q --locked --allow-dirty --no-verify -p omni-mcp -p omni-mcp-devserver
cp "$CARGO_TARGET_DIR"/package/omni-mcp-*.crate "$dist"

(cd "$dist" && sha256sum -- * >SHA256SUMS)
ls -l "$dist"
