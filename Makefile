# Everything a user or contributor runs; `make help` lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary :all:
NPM := sh deploy/npm.sh $(RUN)
PINS := collector ingest alerting notifier api local page dev
PAGE := services/web/dist/index.html
PAGE_SOURCES := $(shell find services/web \( -name node_modules -o -name dist -o -name test-results -o -name schema.d.ts \) -prune -o -type f -print)
INSTALLED = [ -e .venv/local.stamp ] || { echo "nothing is installed here, so nothing runs: 'make up' installs and starts everything"; exit $(1); };
TEST := $(RUN) -m coverage run -m pytest -q
# Workers that compute are two; tests of real servers mostly wait. In the one server of TEST_DATABASE_URL they would meet.
SIDE_BY_SIDE = $(TEST) -p tests.workers -n $(if $(TEST_DATABASE_URL),0,$(1))
STORAGE := $(TEST) -p tests.storage_summary tests/integration/storage
export PYTHONPATH := $(CURDIR)
export PYTHONUTF8 := 1

.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' Makefile)

help: ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-24s %s\n", $$1, $$2}'

setup: .venv/local.stamp $(PAGE) ## Install what the stack needs and build the page

up: setup ## Start everything on this machine (DETACH=1: in the background; SIMULATE=20: with 20 invented hosts)
	@$(if $(SIMULATE),VITALWIRE_SIMULATE="$(SIMULATE)") $(RUN) -m deploy.local up $(if $(filter-out 0,$(DETACH)),--detach)

down: ## Stop what `make up` started
	@$(call INSTALLED,0) $(RUN) -m deploy.local down
status: ## Show the processes; fails when not all run
	@$(call INSTALLED,1) $(RUN) -m deploy.local status
logs: ## Print the logs by time, and follow them while anything runs (LINES=20; FOLLOW=0: only print)
	@$(call INSTALLED,1) $(RUN) -m deploy.local logs --lines $(or $(LINES),20) $(if $(filter 0,$(FOLLOW)),,--follow)
dead: ## Show what was refused (ARGS=list; ARGS="show 12"; ARGS="retry --all"; ARGS=--help)
	@$(call INSTALLED,1) $(RUN) -m deploy.local dead $(or $(ARGS),list)

dev: setup .venv/dev.stamp ## Start everything, again when Python code changes, and serve the page with Vite
	@sh deploy/dev.sh $(RUN)

test: setup .venv/dev.stamp ## Run every test: unit and contract, integration, faults, front end, browser; then coverage
	@sh deploy/test_tools.sh chromium curl jq && rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory test-unit test-integration test-faults test-web test-browser coverage

test-unit: ; @echo "== unit and contract tests" && $(call SIDE_BY_SIDE,2) tests/unit tests/contract
test-integration: ; @echo "== integration tests: real NATS and PostgreSQL" && $(call SIDE_BY_SIDE,4) -m "not alone" tests/integration && $(TEST) -m alone tests/integration
test-faults: ; @echo "== faults on real servers, in short forms" && $(call SIDE_BY_SIDE,2) tests/faults
test-web: ; @echo "== front end unit tests" && $(NPM) run --silent test
test-browser: ; @echo "== browser tests" && $(TEST) tests/browser
coverage:
	@echo "== coverage" && $(RUN) -m coverage combine -q --append && $(RUN) -m tests.coverage_floor

test-timescale: setup .venv/dev.stamp ## Run the storage tests on the TimescaleDB of Debian 13 (on Debian, as root)
	@echo "== storage tests: TimescaleDB of Debian 13" && $(RUN) -m tests.timescale $(STORAGE) --storage-mode=timescaledb_apache

test-storage-full: setup .venv/dev.stamp ## Run the storage tests in full size: plain, and on the server in TEST_DATABASE_URL
	@echo "== storage tests in full size: plain PostgreSQL" && TEST_DATABASE_URL= VITALWIRE_TEST_STORAGE=full $(STORAGE)
	@[ -z "$$TEST_DATABASE_URL" ] || { echo "== the same on TEST_DATABASE_URL" && VITALWIRE_TEST_STORAGE=full $(STORAGE); }

check: setup .venv/dev.stamp lint types ## Check style, types, import rules and the front end
lint: .venv/dev.stamp .venv/npm.stamp ## Check style and import rules
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(NPM) run --silent lint
types: .venv/dev.stamp .venv/npm.stamp ## Check types
	@$(RUN) -m mypy && $(NPM) run --silent types
fmt: .venv/dev.stamp .venv/npm.stamp ## Format the code
	@$(BIN)/ruff check --fix-only . && $(BIN)/ruff format . && $(NPM) run --silent format

bench: ## Measure collector, ingest, queries and live delivery
bench-collector: ## Measure the collector beside prometheus-node-exporter (Debian)
bench-ingest: ## Measure ingest (PART=drain or live; see docs/performance.md)
bench-storage: ## Measure storage (PART=queries, backtest, upkeep, indexes or bytes; see docs/storage.md)
bench-spool: ## Drain a spool of three days beside live hosts (30 minutes; see docs/performance.md)
bench-alerting: ## Measure alerting (PART=webhook or load, or both; 25 minutes; see docs/performance.md)
bench bench-collector bench-ingest bench-storage bench-spool bench-alerting: setup .venv/dev.stamp
	@$(RUN) -m tests.$(subst -,.,$@) $(PART)
soak: setup .venv/dev.stamp ## Commit a fault a minute under load (MINUTES=30 RATE=100000 SEED=1), count, and watch memory
	@$(RUN) -m tests.faults.soak --minutes $(or $(MINUTES),30) --rate $(or $(RATE),100000) --seed $(or $(SEED),1)
docs: .venv/dev.stamp ## Write the generated parts of docs/ anew
	@$(RUN) -m tests.contract.catalogue && $(RUN) -m tests.contract.storage_sql
requirements: .venv/dev.stamp ## Pin every package anew, with hashes
	@sh deploy/pin.sh $(RUN) $(PINS)
clean: ## Remove what was installed and built; the state directory stays
	rm -rf .venv services/web/node_modules services/web/dist build .mypy_cache .ruff_cache .pytest_cache .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
$(RUN):
	@sh deploy/make_venv.sh "$(PYTHON)" .venv

.venv/local.stamp: requirements/local.txt requirements/page.txt | $(RUN)
	@echo "Installing packages into .venv (the first time this takes a minute)" && $(PIP) -r requirements/local.txt -r requirements/page.txt && touch $@

.venv/dev.stamp: requirements/dev.txt | .venv/local.stamp
	@echo "Installing the tools for tests and checks" && $(PIP) -r requirements/dev.txt && touch $@

.venv/npm.stamp: services/web/package.json services/web/package-lock.json .venv/local.stamp
	@echo "Installing the packages of the page" && $(NPM) ci --loglevel=error && touch $@

$(PAGE): $(PAGE_SOURCES) .venv/npm.stamp
	@echo "Building the page" && $(NPM) run --silent build && touch $@
