# All commands of the project; `make help` lists them.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: help demo test check types bench dist chaos fuzz interop deployments soak conformance audit python node clean

PYTHON ?= python3
VENV := $(CURDIR)/.venv
RUN_PYTHON := $(VENV)/bin/python
NODE_BINDING := bindings-node
INTEROP := tests/interop
DEPLOYMENTS := tests/deployments
CONFORMANCE := tests/conformance
export CARGO_TERM_PROGRESS_WHEN := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The programs of the other languages use the Rust build of this tree.
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
export CARGO_TARGET_DIR := $(TARGET)

# Folder of the published schemas of the protocol (`<revision>/schema.json`) and their examples. Commands that need it print a message without it.
MCP_SCHEMAS ?= $(wildcard ../shared/schema)
export MCP_SCHEMAS := $(if $(MCP_SCHEMAS),$(abspath $(MCP_SCHEMAS)))
# Messages that the clients of the tests sent, recorded by the dev server.
MESSAGES := $(TARGET)/messages
GENERATE_TYPES := PYTHONPATH=tools $(RUN_PYTHON) tools/protocol-types/generate.py
GENERATE_FACADES := PYTHONPATH=tools $(RUN_PYTHON) tools/facades/generate.py

# Makes the Node package of this tree importable in a folder.
link_node = mkdir -p $(1)/node_modules/@omni && ln -sfn $(CURDIR)/$(NODE_BINDING) $(1)/node_modules/@omni/omni-mcp-js

help: ## Show the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 13

demo: python node ## Run the examples in Rust, Python and Node, compare their output, and run the tests of examples/testing
	cargo build --locked -q -p omni-mcp-devserver --features cli
	examples/run.sh $(RUN_PYTHON)

test: python node ## Run all tests in all languages, and validate the sent messages against the published schemas
	rm -rf $(MESSAGES)
	cargo test --locked -p omni-mcp-devserver --features cli
	OMNI_MCP_DEVSERVER_MESSAGES=$(MESSAGES) cargo test --locked -p omni-mcp --features omni-mcp-devserver/cli
	cargo test --locked -p omni-mcp-chaos
	cargo run --locked -q -p omni-mcp-chaos -- --python $(RUN_PYTHON)
	cd bindings-python && OMNI_MCP_DEVSERVER_MESSAGES=$(MESSAGES) $(RUN_PYTHON) -m pytest
	cd $(NODE_BINDING) && OMNI_MCP_DEVSERVER_MESSAGES=$(MESSAGES) npm test
	cargo test --locked -p omni-mcp-schema-check
	cargo run --locked -q -p omni-mcp-schema-check -- $(MESSAGES)

check: python node ## Formats, lints, types and documentation
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --features omni-mcp-devserver/cli -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps -p omni-mcp -p omni-mcp-devserver
	cd bindings-python && $(RUN_PYTHON) -m ruff format --check . ../examples/python ../examples/testing ../bench ../tests/chaos ../tests/interop ../tests/deployments ../tests/conformance ../tools
	cd bindings-python && $(RUN_PYTHON) -m ruff check . ../examples/python ../examples/testing ../bench ../tests/chaos ../tests/interop ../tests/deployments ../tests/conformance ../tools
	cd bindings-python && $(RUN_PYTHON) -m mypy && $(RUN_PYTHON) -m mypy.stubtest --allowlist stubtest-allowlist.txt omni_mcp_py
	cd $(NODE_BINDING) && npm run typecheck && npm run lint
	$(RUN_PYTHON) tools/doc-examples/extract.py target/doc-examples
	cd bindings-python && MYPYPATH=../target/doc-examples/python:../examples/testing/python $(RUN_PYTHON) -m mypy ../examples/python/*.py ../examples/testing/python/*.py ../target/doc-examples/python/*.py
	$(NODE_BINDING)/node_modules/.bin/pyright -p tools/doc-examples --pythonpath $(RUN_PYTHON)
	$(NODE_BINDING)/node_modules/.bin/tsc -p tools/doc-examples
	MYPYPATH=tools $(RUN_PYTHON) -m mypy --strict --python-version 3.10 tools/protocol-types
	MYPYPATH=tools $(RUN_PYTHON) -m mypy --strict --python-version 3.10 tools/facades
	$(RUN_PYTHON) -m mypy --strict --python-version 3.10 tools/audit
	$(RUN_PYTHON) -m mypy --strict --python-version 3.10 tools/doc-examples/extract.py
	$(GENERATE_TYPES) --check
	$(GENERATE_FACADES) --check

types: python ## Generate the facades from the tables of the core, the types of the protocol from the schemas in MCP_SCHEMAS, and those of the dev server
	$(GENERATE_FACADES)
	$(GENERATE_TYPES)
	OMNI_WRITE_TYPES=1 cargo test --locked -q -p omni-mcp-devserver --features cli --test types

chaos: python node ## Calls under faults, outages, lost sessions and cancellations; prints one table
	cargo run --locked -q --release -p omni-mcp-chaos -- --long --python $(RUN_PYTHON)

fuzz: ## Random input to the parsers, one minute each (SECONDS_EACH=60)
	fuzz/run.sh $(or $(SECONDS_EACH),60)

interop: python node $(INTEROP)/node_modules/.stamp $(INTEROP)/.venv/.stamp ## Third-party servers, and replicas behind nginx, in three languages
	$(INTEROP)/install_nginx.sh
	cargo build --locked -q -p omni-mcp --example 01_quickstart
	cargo build --locked -q -p omni-mcp-interop -p omni-mcp-devserver --features omni-mcp-devserver/cli
	$(call link_node,$(INTEROP))
	$(RUN_PYTHON) $(INTEROP)/run.py

deployments: python node $(DEPLOYMENTS)/.venv/.stamp $(patsubst %/package-lock.json,%/node_modules/.stamp,$(wildcard $(DEPLOYMENTS)/node/package-lock.json)) ## Workers, event loops, bundlers and runtimes (ROWS="celery gevent": only these)
	$(call link_node,$(DEPLOYMENTS)/node)
	$(DEPLOYMENTS)/.venv/bin/python $(DEPLOYMENTS)/run.py $(ROWS)

soak: python node ## Memory, descriptors and threads of Python and Node after ten minutes of calls (SOAK_SECONDS=600)
	$(call link_node,$(DEPLOYMENTS)/node)
	$(RUN_PYTHON) $(DEPLOYMENTS)/soak.py $(or $(SOAK_SECONDS),600)

conformance: python node $(CONFORMANCE)/node_modules/.stamp ## The official conformance suite, on clients in three languages and the dev server
	cargo build --locked -q -p omni-mcp-conformance -p omni-mcp-devserver --features omni-mcp-devserver/cli
	$(call link_node,$(CONFORMANCE))
	$(RUN_PYTHON) $(CONFORMANCE)/run.py

audit: ## Known vulnerabilities, licences and sources of dependencies; lists what could not be checked (AUDIT=--all: fail then)
	$(PYTHON) tools/audit/audit.py $(AUDIT)

bench: $(VENV)/.bench-stamp $(NODE_BINDING)/node_modules/.stamp ## CPU per call, compared with raw HTTP clients
	cargo build --locked -q --release -p omni-mcp-bench -p omni-mcp-devserver --features omni-mcp-devserver/cli
	cd bindings-python && VIRTUAL_ENV=$(VENV) $(VENV)/bin/maturin develop -q --locked --release
	cd $(NODE_BINDING) && npm run -s build
	$(call link_node,bench/node)
	ln -sfn $(CURDIR)/$(NODE_BINDING)/node_modules/undici bench/node/node_modules/undici
	$(RUN_PYTHON) bench/run.py --target $(TARGET)/release

dist: $(VENV)/.dist-stamp $(NODE_BINDING)/node_modules/.stamp ## Build dist/: wheel, npm tarball, crates, checksums; then install and test each
	tests/dist/build.sh $(VENV)
	tests/dist/run.sh $(PYTHON)

python: $(VENV)/.stamp
	cd bindings-python && VIRTUAL_ENV=$(VENV) $(VENV)/bin/maturin develop -q --locked

node: $(NODE_BINDING)/node_modules/.stamp
	cd $(NODE_BINDING) && npm run -s build:debug
	$(call link_node,examples/node)
	$(call link_node,examples/testing/node)
	$(call link_node,tests/chaos)

$(VENV)/.stamp: bindings-python/requirements-dev.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN_PYTHON) -m pip install -q -r $<
	touch $@

$(VENV)/.bench-stamp: bench/requirements.txt $(VENV)/.stamp
	$(RUN_PYTHON) -m pip install -q -r $<
	touch $@

$(VENV)/.dist-stamp: tests/dist/requirements.txt $(VENV)/.stamp
	$(RUN_PYTHON) -m pip install -q -r $<
	touch $@

$(INTEROP)/.venv/.stamp: $(INTEROP)/requirements.txt
	$(PYTHON) -m venv $(INTEROP)/.venv
	$(INTEROP)/.venv/bin/python -m pip install -q -r $<
	touch $@

$(DEPLOYMENTS)/.venv/.stamp: $(DEPLOYMENTS)/requirements.txt
	$(PYTHON) -m venv $(DEPLOYMENTS)/.venv
	$(DEPLOYMENTS)/.venv/bin/python -m pip install -q -r $<
	touch $@

%/node_modules/.stamp: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	touch $@

clean:
	rm -rf $(VENV) target fuzz/target dist $(NODE_BINDING)/node_modules $(NODE_BINDING)/dist $(INTEROP)/node_modules $(INTEROP)/.venv $(DEPLOYMENTS)/.venv $(DEPLOYMENTS)/node/node_modules \
		$(CONFORMANCE)/node_modules
