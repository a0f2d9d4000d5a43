# Atrium. `make` shows what there is.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PROJECTS := libs/common services/gateway services/tenancy services/entitlements services/webhooks deploy/local
SOURCES := $(PROJECTS) deploy/dashboards sdks tests
LOCKS := requirements/runtime.txt requirements/tracing.txt requirements/dev.txt
ARGS ?=
REQUIRE ?=
WORKERS ?= 3
FACTOR ?= 100

# A test run starts hundreds of Python processes, `run` five: each would compile our modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo install test check fmt lint types imports chaos soak fuzz bench audit asyncapi infra lock sdks test-sdks dashboards images clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

run: $(VENV)/runtime.stamp ## Run the whole suite on this machine (ARGS="--port 9000" …)
	@$(BIN)/atrium up $(ARGS)

demo: $(VENV)/runtime.stamp ## Show the main job: a workspace, and its signed webhook arriving
	@$(BIN)/atrium demo $(ARGS)

install: $(VENV)/runtime.stamp ## Make .venv with the command .venv/bin/atrium

test: check ## Everything that must hold: checks, then all tests (REQUIRE=kafka,mongo demands those suites)
	@$(BIN)/pytest --numprocesses $(WORKERS) $(if $(REQUIRE),--require $(REQUIRE)) $(ARGS)

check: lint types imports ## Lint, types and import rules

fmt: $(VENV)/dev.stamp ## Format the code
	@$(BIN)/ruff format --quiet $(SOURCES)
	@$(BIN)/ruff check --quiet --fix-only $(SOURCES)

lint: $(VENV)/dev.stamp ## ruff: rules and format
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo "unformatted: run make fmt"; exit 1; }

types: $(VENV)/dev.stamp ## mypy, strict, tests included
	@$(BIN)/mypy

imports: $(VENV)/dev.stamp ## Which layer may import which
	@$(BIN)/lint-imports --no-logo

chaos: $(VENV)/dev.stamp ## The suite under fire: kills, pauses, cuts, full disks (ARGS="--seed 7" …)
	@$(BIN)/python -m tests.chaos $(ARGS)

soak: $(VENV)/dev.stamp ## Ten minutes of steady load; figures for each process (ARGS="--minutes 60" …)
	@$(BIN)/python -m tests.chaos.soak $(ARGS)

bench: $(VENV)/dev.stamp ## Print the benchmarks' figures
	@for bench in tests/load/bench_*.py; do echo "== $$bench"; PYTHONPATH=. $(BIN)/python $$bench || exit 1; done

asyncapi: $(VENV)/dev.stamp ## Write docs/asyncapi.json from what the services declare
	@$(BIN)/python -m tests.contract.asyncapi

infra: $(VENV)/dev.stamp ## Start a Kafka broker and a MongoDB-wire server for development
	@$(BIN)/python -m tests.infra

fuzz: $(VENV)/dev.stamp ## Fuzz every parser for long (FACTOR=100: that many times more than make test)
	@ATRIUM_FUZZ_FACTOR=$(FACTOR) $(BIN)/pytest tests/fuzz --timeout 3600 -p no:randomly $(ARGS)

audit: $(VENV)/dev.stamp ## Look the locked packages up in the advisory database (asks PyPI; fails where it can't)
	@$(BIN)/pip-audit --strict --progress-spinner off --disable-pip --require-hashes $(LOCKS:%=-r %) $(ARGS)

lock: ## Lock the dependencies anew (needs uv)
	@requirements/lock

sdks: $(VENV)/dev.stamp ## Make the SDKs' types and methods from the API's document
	@$(BIN)/python -m sdks.generator && $(BIN)/ruff format --quiet sdks

test-sdks: $(VENV)/dev.stamp ## Test the SDKs in their own languages (Node.js and PHP where they are)
	@sdks/test

dashboards: $(VENV)/dev.stamp ## Make the Grafana dashboards and the alert rules for Kubernetes
	@$(BIN)/python -m deploy.dashboards

images: ## Build the images (needs a Docker engine)
	@for target in gateway tenancy entitlements webhooks command; do \
	  docker build -f deploy/docker/Dockerfile --target $$target -t atrium/$$target . || exit 1; done

clean: ## Remove what was made here: .venv, caches, the local data directory stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/python3"; exit 1; }
	@echo "Making the virtual environment (.venv) …"
	@$(PYTHON) -m venv $(VENV)

# One environment serves both: the runtime lock alone is enough to run, the dev lock adds the tests' tools.
$(VENV)/runtime.stamp: $(VENV)/bin/python requirements/runtime.txt $(PROJECTS:=/pyproject.toml)
	@echo "Installing the locked packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(PROJECTS:%=-e %)
	@$(BIN)/python -m compileall -q $(PROJECTS:=/src)
	@touch $@

$(VENV)/dev.stamp: $(VENV)/runtime.stamp requirements/dev.txt sdks/python/pyproject.toml
	@echo "Installing the tests' tools …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e sdks/python
	@touch $@
