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
SHOTS_ARGS ?=
EVAL_ARGS ?=
SOAK_ARGS ?=
PACKAGES := policy shop actions gateway launch

.PHONY: help install run test check validate train eval bench soak screenshots handbook-pictures reseed format coverage test-deps unit engine-test story-test clean backup restore explain publish

help:  ## list what can be done
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1|/' | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

install:  ## make both Python environments from their lock files (does nothing when they are current)
	@$(LAUNCH) install

run:  ## install, train and seed what is missing, then run the product until Ctrl-C
	@$(LAUNCH) run

train: install  ## train a model when the data is newer than the newest one
	@$(LAUNCH) train

publish: install  ## put this checkout live as it is, also while it runs (WHY="…": kept with the release); the studio does it piece by piece
	@$(LAUNCH) publish $(if $(WHY),--why "$(WHY)")

reseed: install  ## make the demonstration shop's data young again
	@$(LAUNCH) reseed

backup:  ## write everything the installation holds into one verified file, also while it runs (INTO=folder)
	@$(LAUNCH) backup $(if $(INTO),--into "$(INTO)")

restore:  ## put a backup back (FILE=var/backups/xiaoer-….tar.gz); refuses while the product runs, sets aside what is there
	@$(LAUNCH) restore $(if $(FILE),"$(FILE)",$(error name the backup: make restore FILE=var/backups/xiaoer-….tar.gz))

explain: install  ## say why the bot answered so, and make the answer again (MESSAGE=m_…)
	@$(PY) -m gateway.explain $(if $(MESSAGE),"$(MESSAGE)",$(error name the message: make explain MESSAGE=m_…))

validate: install  ## let Rasa check domain, data and config against each other
	@$(PY) -m launch.checks validate

check: install  ## format, lint, types and contract tests: quick, before every commit
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m studio.canonical --check
	$(PY) -m mypy
	$(PY) -m pytest -q tests/contract

coverage: install  ## draw docs/flows anew, write docs/data.md and docs/coverage.md: every wish, rule and script with its file and its test
	$(PY) -m policy.charts --write
	$(PY) -m tests.coverage_page --write
	$(PY) -m shop.privacy --write

format: install  ## put code and YAML into their one format
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) -m studio.canonical --write

test-deps:  ## system packages that only tests need (apt as root, else the command is printed)
	@$(LAUNCH) test-deps

test: install test-deps validate train unit engine-test story-test  ## everything: validate, train, unit, dialogue and browser tests, Rasa's story tests
	@echo "all tests passed"

unit: install train  ## our tests in Python 3.12, with the product running (PYTEST_ARGS="-k name" to choose)
	$(if $(PYTEST_ARGS),$(PY) -m pytest $(PYTEST_ARGS),@$(PY) -m launch.checks unit-tests)

engine-test: install train  ## the engine's tests in Python 3.10
	@$(PY) -m launch.checks engine-tests

story-test: install train  ## Rasa's own story tests of the policies
	@$(PY) -m launch.checks story-tests

eval: install train  ## measure understanding on real messages and write evaluate/out/ (EVAL_ARGS=--save: keep the figures)
	$(PY) -m evaluate $(EVAL_ARGS)

soak: install test-deps train  ## talks in a browser whose line is cut, processes killed: nothing lost, doubled or out of order? (SOAK_ARGS="--messages 2000 --talks 50 --seed 7")
	$(PY) -m soak $(SOAK_ARGS)

bench: install train  ## measure this engine beside a stock one and write bench/out/ (BENCH_ARGS=--quick: shorter)
	$(PY) -m bench $(BENCH_ARGS)

screenshots: install test-deps  ## a picture of every state of the chat window, desktop and phone, light and dark, into screenshots/out/
	$(PY) -m screenshots $(SHOTS_ARGS)

handbook-pictures: install test-deps  ## take the pictures of docs/handbook.md anew, by the studio's browser tests, into docs/pictures/
	XIAOER_HANDBOOK_PICTURES=1 $(PY) -m pytest -q tests/e2e/studio

clean:  ## remove caches and results (never environments, models or data)
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis results .rasa bench/out evaluate/out screenshots/out
	find . -path ./.venv -prune -o -path ./engine/.venv -prune -o -path ./.tools -prune -o -name __pycache__ -type d -print | xargs -r rm -rf
