# Every target sets up what it needs. `make setup PYTHON=python3.12` takes another Python.
PYTHON ?= python3
BIN := .venv/bin

# Nothing reports home, and nothing is fetched at run time.
export ANONYMIZED_TELEMETRY := False
export DAGSTER_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false
export HF_HUB_OFFLINE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export TOKENIZERS_PARALLELISM := false
# A module is compiled once, at its first import. Without that, as some shells and images ask, each start costs seconds.
export PYTHONDONTWRITEBYTECODE :=

# A stamp is younger than what it was installed from; an interrupted install leaves none.
RUNTIME := .venv/installed
DEV := .venv/installed-dev
INSTALLED_FROM := scripts/setup.py pyproject.toml requirements.lock

.DEFAULT_GOAL := help
.PHONY: help setup demo ui team test drill lint lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUNTIME) ## Install everything into .venv; again: only what changed

demo: $(RUNTIME) ## From the sample documents to cited answers
	@$(BIN)/gristmill demo

ui: $(RUNTIME) ## Dagster's UI on 127.0.0.1:3000, with its history under .gristmill/dagster
	@$(BIN)/python scripts/ui.py

team: $(RUNTIME) ## PostgreSQL, Chroma, Dagster and the service on this host, for a team
	@$(BIN)/gristmill team

test: $(DEV) ## Style, types, import directions and all tests
	@$(BIN)/python scripts/check.py style format types imports tests

drill: $(DEV) ## A day with everything that goes wrong, on real processes, SQLite and PostgreSQL
	@PYTHONPATH=src:. $(BIN)/python -m tests.drill

lint: $(DEV) ## The same without the tests
	@$(BIN)/python scripts/check.py style format types imports

lock: ## Write the lock files after a change of pyproject.toml; UPGRADE=1 moves all pins
	@$(PYTHON) -m venv .venv/lock
	@.venv/lock/bin/python -m pip install --quiet --upgrade pip
	@.venv/lock/bin/python -m pip install --quiet --group lock
	@.venv/lock/bin/python scripts/lock.py $(if $(UPGRADE),--upgrade)

clean: ## Remove .venv and caches; never your data in .gristmill
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): $(INSTALLED_FROM)
	@$(PYTHON) scripts/setup.py
	@touch $@

$(DEV): $(INSTALLED_FROM) requirements-dev.lock
	@$(PYTHON) scripts/setup.py --dev
	@touch $(RUNTIME) $@
