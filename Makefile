# make help lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install run test quick deep check bench lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

install: $(STAMP) ## Make .venv with everything the project needs, from the lock

run: $(STAMP) ## Start a demo appliance on https://127.0.0.1:8443
	@$(BIN)/fieldbox demo run --state var

test: $(STAMP) ## Lint, types, contracts and the tests
	$(MAKE) --no-print-directory check
	$(BIN)/pytest -n 2 --dist worksteal -m 'not deep'

quick: $(STAMP) ## The everyday subset of the tests
	$(BIN)/pytest -n 2 --dist worksteal -m 'not slow'

deep: $(STAMP) ## The tests that take minutes each: every byte, thousands of power cuts
	$(BIN)/pytest -n 2 --dist worksteal -m deep

check: $(STAMP) ## Format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## Measure the goals as ratios and print a table (JSON in var/bench.json)
	$(BIN)/python -m benchmarks

lock: ## Write requirements.lock anew: every version pinned, with hashes
	@test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet uv; }
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-package fieldbox --quiet --custom-compile-command 'make lock' -o requirements.lock

clean: ## Remove what the targets above made
	rm -rf $(VENV) var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
