PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/

.DEFAULT_GOAL := help
.PHONY: help env test check lint types imports fix

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

env: $(VENV)/.ready  ## environment, dependencies and, where it is missing, the system's libarchive

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN)python -m pip install --quiet --upgrade pip
	$(RUN)python -m pip install --quiet --editable '.[test]'
	@touch $@

test: check  ## everything that CI runs

check: lint types imports  ## format, lint, types, import directions, tests
	$(RUN)python -m pytest -n 2

lint: env
	$(RUN)ruff format --check .
	$(RUN)ruff check .

types: env
	$(RUN)mypy

imports: env
	$(RUN)lint-imports

fix: env  ## format and repair what ruff can
	$(RUN)ruff format .
	$(RUN)ruff check --fix .
