#!/usr/bin/env bash
# Installs Debian's nginx if it is missing and may be installed. Otherwise does nothing: the tests report that they
# did not run.
PATH=$PATH:/usr/sbin
if command -v nginx >/dev/null || ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    exit 0
fi
install() { timeout 300 apt-get install -y -qq --no-install-recommends nginx; }
export DEBIAN_FRONTEND=noninteractive
{ install || { timeout 120 apt-get update -qq && install; }; } >/dev/null 2>&1 </dev/null || true
