#!/usr/bin/env bash
# Runs every example in every language and fails where their lines differ. Usage: run.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
unset OMNI_API_KEY OMNI_CLIENT_API_BASE_URL
export OMNI_MCP_DEVSERVER=${CARGO_TARGET_DIR:-target}/debug/omni-mcp-devserver

run() {
    case $1 in
    Rust) cargo run --locked -q -p omni-mcp --example "$2" ;;
    Python) "$python" "examples/python/$2.py" ;;
    Node) node "examples/node/$2.mjs" ;;
    esac
}

for name in 01_quickstart 02_errors_and_retries 03_concurrent_calls \
    04_octomind 05_odock_gateway 06_registry_to_client 07_stdio 08_both_eras; do
    expected=
    for language in Rust Python Node; do
        echo "── $name in $language"
        lines=$(run "$language" "$name")
        echo "$lines"
        if [ -n "$expected" ] && [ "$lines" != "$expected" ]; then
            echo "demo: $name prints other lines in $language" >&2
            exit 1
        fi
        expected=$lines
    done
done
echo "── the lines are equal in Rust, Python and Node"

echo "── the tests of an agent in Python"
"$python" -m pytest -q -p no:cacheprovider examples/testing/python
echo "── the tests of an agent in Node"
node --test examples/testing/node/agent.test.mjs
