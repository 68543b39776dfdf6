# Xiaoer: everything a person does here is a target; `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Order is meaning here: install before everything, train before tests.
.NOTPARALLEL:

# The first python3 that starts: pyenv's shim refuses in this folder when it lacks the version that .python-version names.
PYTHON3 ?= $(shell for python in python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.10; do "$$python" -c "" 2>/dev/null && echo "$$python" && break; done)
PY := .venv/bin/python
ENGINE_PY := engine/.venv/bin/python
LAUNCH = $(or $(PYTHON3),$(error no python3 was found: install one, 3.9 or newer)) -m launch
# The launcher and our tools find the project from anywhere; Rasa puts its working directory on the path, not the root.
export PYTHONPATH := $(CURDIR)
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

PYTEST_ARGS ?=
BENCH_ARGS ?=
PACKAGES := policy shop actions gateway launch

.PHONY: help install run test check validate train bench reseed format test-deps unit engine-test story-test clean

help:  ## list what can be done
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1|/' | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

install:  ## make both Python environments from their lock files (does nothing when they are current)
	@$(LAUNCH) install

run:  ## install, train and seed what is missing, then run the product until Ctrl-C
	@$(LAUNCH) run

train: install  ## train a model when the data is newer than the newest one
	@$(LAUNCH) train

reseed: install  ## make the demonstration shop's data young again
	@$(LAUNCH) reseed

validate: install  ## let Rasa check domain, data and config against each other
	@$(PY) -m launch.checks validate

check: install  ## format, lint, types and contract tests: quick, before every commit
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m pytest -q tests/contract

format: install  ## put code into its one format
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

test-deps:  ## system packages that only tests need (apt as root, else the command is printed)
	@$(LAUNCH) test-deps

test: install test-deps validate train unit engine-test story-test  ## everything: validate, train, unit, dialogue and browser tests, Rasa's story tests
	@echo "all tests passed"

unit: install train  ## our tests in Python 3.12, with the product running (PYTEST_ARGS="-k name" to choose)
	$(PY) -m pytest $(PYTEST_ARGS)

engine-test: install train  ## the engine's tests in Python 3.10
	@$(PY) -m launch.checks engine-tests

story-test: install train  ## Rasa's own story tests of the policies
	@$(PY) -m launch.checks story-tests

bench: install train  ## measure this engine beside a stock one and write bench/out/ (BENCH_ARGS=--quick: shorter)
	$(PY) -m bench $(BENCH_ARGS)

clean:  ## remove caches and results (never environments, models or data)
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis results .rasa bench/out
	find . -path ./.venv -prune -o -path ./engine/.venv -prune -o -path ./.tools -prune -o -name __pycache__ -type d -print | xargs -r rm -rf
