# Everything that is done here by hand or by CI.  `make help` lists it; V=1 shows what steps print.
# Files say what is up to date: a second `make demo` starts at once and asks no network.

PYTHON ?= python3
UV ?= uv
KILLS ?= 100
STORM ?= 10000
POINTS ?= 3000000
MINUTES ?= 10
ARGS ?=

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# What `make node` puts into the venv must be found by npm's scripts.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

ROOMS := ingest geofence streams alerts console vehicleguard
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet
STEP := @sh deploy/dev/step.sh
WEB := console/web
WEB_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' 2>/dev/null)
NODE_IS_FIT := node -e 'const [a, b] = process.versions.node.split("."); process.exit(a * 1000 + +b < 20019 ? 1 : 0)' 2>/dev/null && command -v npm >/dev/null
COMPILED := $(wildcard vehicleguard/warm.py ingest/dialects/scan/*.py ingest/jt808/kernel/*.py streams/detect/*.py geofence/grid/*.py geofence/watch/*.py geofence/rules/sweep/*.py)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

# ------------------------------------------------------------------------------ the two commands

.PHONY: demo
demo: .venv/.runtime console/page/index.html .venv/.warm ## install what is needed and start the whole system with a simulated fleet
	@exec $(BIN)/vehicleguard demo $(ARGS)

.PHONY: test
test: prerequisites .venv/.dev .venv/.warm test-web console/page/index.html ## install what the tests need and run every test
	@REQUIRE_SERVICES=1 $(BIN)/python -m pytest -q $(ARGS)

# ------------------------------------------------------------------------------------- the rest

.PHONY: run
run: .venv/.runtime console/page/index.html .venv/.warm ## start the system for real terminals
	@exec $(BIN)/vehicleguard run $(ARGS)

.PHONY: test-fast
test-fast: .venv/.dev .venv/.warm ## unit tests only: no server, no browser
	@$(BIN)/python -m pytest -q -m 'not service' tests/unit $(ARGS)

.PHONY: test-web
test-web: $(WEB)/node_modules/.package-lock.json ## the page's own unit tests
	$(STEP) "Testing the page's parts" npm --prefix $(WEB) test

.PHONY: check
check: .venv/.dev $(WEB)/node_modules/.package-lock.json ## lint, format, types, import contracts, duplicates
	$(STEP) "ruff check" $(BIN)/ruff check .
	$(STEP) "ruff format" $(BIN)/ruff format --check .
	$(STEP) "mypy" $(BIN)/mypy
	$(STEP) "import contracts" $(BIN)/lint-imports
	$(STEP) "duplicate code" $(BIN)/pylint --disable=all --enable=duplicate-code \
		--min-similarity-lines=8 --ignore-imports=y --ignore-signatures=y $(ROOMS)
	$(STEP) "the page's types and style" npm --prefix $(WEB) run check

.PHONY: format
format: .venv/.dev ## let ruff format and mend what it can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: page
page: console/page/index.html ## build the page

.PHONY: docs
docs: .venv/.runtime ## write docs/reference.md anew from the code
	@$(BIN)/python -m vehicleguard.reference > docs/reference.md.new
	@mv docs/reference.md.new docs/reference.md

.PHONY: bench
bench: .venv/.runtime .venv/.warm ## measure ingest, processor and latency in one run
	@exec $(BIN)/vehicleguard bench $(ARGS)

.PHONY: bench-rivals
bench-rivals: .venv/.rivals ## install what `bench geofence` compares with: geopandas, DuckDB spatial, polars-st

.PHONY: prove
prove: .venv/.dev .venv/.warm ## compare matching with other ways over POINTS random points (POINTS=3000000)
	@$(BIN)/python -m pytest -q -s --timeout=0 tests/unit/geofence/test_proof.py --points $(POINTS) $(ARGS)

.PHONY: fuzz
fuzz: .venv/.fuzz ## throw bytes at every dialect for MINUTES, led by coverage (MINUTES=10)
	@$(BIN)/python tests/fuzz/fuzz_dialects.py $(MINUTES)

.PHONY: chaos
chaos: .venv/.dev .venv/.warm ## kill run, broker and intake KILLS times, let STORM terminals back at once, check by the ledger
	@REQUIRE_SERVICES=1 $(BIN)/python -m pytest -q -s --timeout=0 \
		tests/flow/test_kill.py tests/flow/test_broker_dies.py tests/flow/test_durable.py \
		--kills $(KILLS) --storm $(STORM) $(ARGS)

.PHONY: prerequisites
prerequisites: ## install what the tests need and this machine lacks: browser, broker, font (Debian), Node
	$(STEP) "Browser, broker, font" env PYTHON=$(PYTHON) sh deploy/dev/prerequisites.sh
	@{ $(NODE_IS_FIT); } || $(MAKE) node

.PHONY: node
node: .venv/.python ## put Node from PyPI into .venv, for a machine without Node
	$(STEP) "Installing Node into .venv" $(PIP) --require-hashes -r requirements-node.lock

LOCK := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url
.PHONY: lock
lock: ## make the lock files anew from pyproject.toml (needs uv; UPGRADE=1 takes newer versions)
	@command -v $(UV) >/dev/null || { echo "uv is missing. Mend: pip install uv, or UV=/path/to/uv" >&2; exit 2; }
	$(UV) $(LOCK) $(if $(UPGRADE),--upgrade) --group dev --all-extras -o requirements-dev.lock pyproject.toml
	$(UV) $(LOCK) -c requirements-dev.lock -o requirements.lock pyproject.toml
	$(UV) $(LOCK) -c requirements-dev.lock --group pyproject.toml:build -o requirements-build.lock
	$(UV) $(LOCK) $(if $(UPGRADE),--upgrade) --group pyproject.toml:node -o requirements-node.lock
	$(UV) $(LOCK) $(if $(UPGRADE),--upgrade) -c requirements-dev.lock --group pyproject.toml:rivals -o requirements-rivals.lock
	$(UV) $(LOCK) $(if $(UPGRADE),--upgrade) -c requirements-dev.lock --group pyproject.toml:fuzz -o requirements-fuzz.lock

.PHONY: clean
clean: ## remove everything that was built or installed here; what the system stored in data/ stays
	@rm -rf .venv build dist console/page $(WEB)/node_modules test-results \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --------------------------------------------------------------------------------- what they need

# A venv holds absolute paths and one interpreter: moved, or its Python gone, it is made anew.
ifneq ($(shell cat .venv/.python 2>/dev/null && .venv/bin/python -c '' 2>/dev/null && echo alive),$(CURDIR) alive)
.venv/.python: anew
endif
.PHONY: anew
anew:

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or later is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
		echo "Mend: name another one, as in: make PYTHON=python3.12 demo" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments." >&2; \
		echo "Mend (Debian, Ubuntu): apt-get install python3-venv" >&2; exit 2; }
	@rm -rf .venv
	$(STEP) "Making .venv" $(PYTHON) -m venv .venv
	@echo '$(CURDIR)' > $@

.venv/.project: .venv/.python requirements-build.lock pyproject.toml
	$(STEP) "Installing the build backend" $(PIP) --require-hashes -r requirements-build.lock
	$(STEP) "Installing the project" $(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

# requirements-dev.lock holds all of requirements.lock at the same versions (tests/test_house.py),
# so either may come first.
.venv/.runtime: .venv/.project requirements.lock
	$(STEP) "Installing Python packages" $(PIP) --require-hashes -r requirements.lock
	@touch $@

.venv/.dev: .venv/.project requirements-dev.lock
	$(STEP) "Installing Python packages for development" $(PIP) --require-hashes -r requirements-dev.lock
	@touch $@ .venv/.runtime

# At the versions of requirements-dev.lock where both name a package (tests/test_house.py).
.venv/.rivals: .venv/.runtime requirements-rivals.lock
	$(STEP) "Installing what to compare with" $(PIP) --require-hashes -r requirements-rivals.lock
	@touch $@

.venv/.warm: .venv/.runtime $(COMPILED)
	$(STEP) "Compiling the kernels" $(BIN)/python -m vehicleguard.warm
	@touch $@

.venv/.fuzz: .venv/.dev requirements-fuzz.lock
	$(STEP) "Installing atheris" $(PIP) --require-hashes -r requirements-fuzz.lock
	@touch $@

# npm writes this file last.
$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json
	@{ $(NODE_IS_FIT); } || { \
		echo "Node 20.19 or later (with npm) is needed to build the page; found: $$(node --version 2>/dev/null || echo none)." >&2; \
		echo "Mend: install it (Debian, Ubuntu: apt-get install nodejs npm), or 'make node' puts one into .venv." >&2; exit 2; }
	$(STEP) "Installing the page's packages" npm --prefix $(WEB) ci --no-audit --no-fund --loglevel=error
	@touch $@

console/page/index.html: $(WEB)/node_modules/.package-lock.json $(WEB_SOURCES)
	$(STEP) "Building the page" npm --prefix $(WEB) run build
	@touch $@
