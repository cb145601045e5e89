# Ruddle: `make help` lists the targets.

.DEFAULT_GOAL := help
SHELL := /bin/bash
CARGO ?= cargo
BIN := target/release/ruddle-server
TOOLS := target/test-tools

# The profile of the tests: see [profile.dev] in Cargo.toml.
TEST := $(CARGO) test --locked
# What the server says of the commit it was built from.
export RUDDLE_COMMIT := $(shell git rev-parse --short=8 HEAD 2>/dev/null || echo 00000000)
export RUDDLE_MODIFIED := $(shell git diff HEAD --quiet 2>/dev/null; echo $$?)
# What `make bench` compares with: command lines that take Redis's options.
PEERS ?= $(shell command -v redis-server)

.PHONY: help build run test check tools clients record bench fuzz sim docs clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

build: cargo ## build the optimised server and its tools (target/release/ruddle-server, aof-check, rdb-check)
	$(CARGO) build --release --locked

run: build ## build and start the server on 127.0.0.1:6379 (ARGS='--port 7000' for others)
	$(BIN) $(ARGS)

test: tools clients ## install what the tests need, then run the whole gate
	@tests/scripts/step "format" $(CARGO) fmt --check
	@tests/scripts/step "lints" $(CARGO) clippy --locked --all-targets -- -D warnings
	@tests/scripts/step "unit tests" $(TEST) --lib --bins
	@RUDDLE_TEST_TOOLS=$(TOOLS) tests/scripts/step "integration tests" $(TEST) --test it
	@echo "all tests passed"

check: cargo ## format, lints and unit tests: the quick gate while writing
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(TEST) --lib --bins

record: ## write real replies where a transcript has `?` (WIRE=name, SERVER=/usr/bin/redis-server)
	RUDDLE_RECORD=1 RUDDLE_WIRE=$(WIRE) RUDDLE_TEST_SERVER='$(or $(SERVER),/usr/bin/redis-server)' \
		$(TEST) --test it -- --exact wire::record --nocapture

bench: cargo ## measure beside redis-server (WHAT='SET GET', PEERS='NAME=COMMAND;…', JSON=1)
	@$(CARGO) build --release --locked --bins
	@target/release/ruddle-bench $(if $(JSON),--json) --peer '$(PEERS)' $(ARGS) $(WHAT)

fuzz: cargo ## fuzz the parsers, 10 s each (ARGS='request --seconds 600 --keep' for more)
	$(CARGO) run --release --locked --bin ruddle-fuzz -- $(ARGS)

sim: cargo ## crash the whole server in a simulated world (SEEDS=5000 for each of its tests, FIRST=0)
	RUDDLE_SIM_SEEDS=$(or $(SEEDS),5000) RUDDLE_SIM_FIRST=$(or $(FIRST),0) \
		$(TEST) --profile sim --lib server::sim

docs: cargo ## write the generated documents anew (docs/commands.md, docs/config.md)
	RUDDLE_WRITE_DOCS=1 $(TEST) --test it tidy::generated

clean: ## remove everything that was built
	rm -rf target

.PHONY: cargo
cargo:
	@command -v $(CARGO) >/dev/null || { \
		echo "cargo is missing: install Rust 1.95 or newer from https://rustup.rs" >&2; exit 1; }

tools: cargo
	@tests/scripts/install-test-tools

clients: tools
	@tests/scripts/install-test-clients $(TOOLS)
