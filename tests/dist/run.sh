#!/usr/bin/env bash
# Installs each artifact of dist/ into an empty environment, without network and without Rust, and runs the quickstart
# there. Usage: run.sh PYTHON
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
python=$(command -v "$1")
node=$(dirname "$(command -v node)")
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
(cd "$root/dist" && sha256sum --check --quiet SHA256SUMS)

# No cargo on the path, no cache, and a proxy that refuses connections: any download fails.
offline() {
    env -i HOME="$empty" PATH="$1:/usr/bin:/bin" http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 "${@:2}"
}

expected='executed: 1'
passed=0
check() {
    echo "$2"
    if [ "$(tail -n 1 <<<"$2")" != "$expected" ]; then
        echo "dist: the quickstart of the $1 did not end with \"$expected\"" >&2
        exit 1
    fi
    passed=$((passed + 1))
}

echo "── wheel, in an empty virtual environment"
"$python" -m venv "$empty/venv"
offline "$empty/venv/bin" pip install -q --no-index --no-cache-dir --disable-pip-version-check "$root"/dist/*.whl
cp "$root/examples/python/01_quickstart.py" "$empty"
check wheel "$(cd "$empty" && offline "$empty/venv/bin" python 01_quickstart.py)"

echo "── wheel: threads in calls while the interpreter ends"
cat >"$empty/exit.py" <<'PYTHON'
import threading
from omni_mcp_py import OmniMCPClient
from omni_mcp_py.testing import DevServer
server = DevServer()
client = OmniMCPClient(server.api_key, base_url=server.url)
client.ping()
for _ in range(4):
    threading.Thread(target=lambda: [client.ping() for _ in iter(int, 1)], daemon=True).start()
print("executed: 1", flush=True)
PYTHON
for _ in 1 2 3 4 5; do exits=$(cd "$empty" && offline "$empty/venv/bin" python exit.py); done
check "wheel's threads" "$exits"

echo "── wheel: the guide and the command of the dev server"
offline "$empty/venv/bin" python -c 'import pathlib, omni_mcp_py; assert (pathlib.Path(omni_mcp_py.__file__).parent / "TESTING.md").is_file()'
offline "$empty/venv/bin" python -m omni_mcp_py.testing --help >/dev/null

echo "── npm tarball, in an empty folder"
mkdir "$empty/node"
cd "$empty/node"
offline "$node" npm init -y >/dev/null
offline "$node" npm install --silent --offline --no-audit --no-fund "$root"/dist/*.tgz
cp "$root/examples/node/01_quickstart.mjs" .
check tarball "$(offline "$node" node 01_quickstart.mjs)"
test -f node_modules/@omni/omni-mcp-js/TESTING.md
offline "$node" npx --no-install omni-mcp-js testing --help 2>&1 | grep -q Usage

echo "── crates, unpacked and built from what is vendored in the lock file's cache"
mkdir "$empty/crates"
cd "$empty/crates"
for crate in "$root"/dist/*.crate; do tar xzf "$crate"; done
mkdir -p quickstart/src
cp "$root/examples/rust/01_quickstart.rs" quickstart/src/main.rs
cp "$root/Cargo.lock" quickstart/
cat >quickstart/Cargo.toml <<TOML
[package]
name = "quickstart"
version = "0.0.0"
edition = "2024"
[dependencies]
omni-mcp = "0.1"
omni-mcp-devserver = "0.1"
serde_json = "1"
tokio = { version = "1", features = ["rt", "macros"] }
uuid = { version = "1", features = ["v4"] }
[patch.crates-io]
omni-mcp = { path = "$(echo "$PWD"/omni-mcp-0*)" }
omni-mcp-devserver = { path = "$(echo "$PWD"/omni-mcp-devserver-0*)" }
[workspace]
TOML
check crates "$(cd quickstart && CARGO_TARGET_DIR="$empty/target" cargo run -q --offline)"

echo "$passed passed, 0 failed"
