# `make help` lists what there is. Everything runs in .venv, which is made when it is needed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PLUMB := $(BIN)/plumb
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
EVIDENCE := docs/auditor/evidence
PACKAGES := schema plumbline generators validators
LOCK := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: help setup run check lint format-check types layers unit test mutants stack-faults pipeline-faults mutated-code soak wrong-specs hostile site-proof bundle-proof update-proof cloud-faults cloud-fleet isolation benchmark evidence proofs publish-evidence golden site lock lab-stop clean boot fleet

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- set-up ---------------------------------------------------------------------------------------------------

setup: $(VENV)/.installed  ## make .venv, with everything pinned and checked by hash

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Plumbline needs Python 3.11 or newer as $(PYTHON); name another: make PYTHON=python3.12" >&2; exit 3; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null; \
		else \
			echo "$(PYTHON) can't make an environment: install python3-venv (Debian) or the like" >&2; exit 3; \
		fi; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.locked: requirements/dev.txt | $(VENV)/bin/python
	@echo "installing what requirements/dev.txt pins into $(VENV)" >&2
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	@PYTHONWARNINGS=ignore $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

lock: $(VENV)/.installed  ## pin the newest versions that requirements/*.in allow
	@cd requirements && for name in run dev; do \
		$(subst $(BIN),../$(BIN),$(LOCK)) --upgrade --output-file $$name.txt $$name.in; \
		sed -i "1i # Made by \`make lock\` from $$name.in; don't edit." $$name.txt; \
	done
	@! grep -nE '://|^--?(i|f|index-url|extra-index-url|find-links|trusted-host)\b' requirements/*.txt \
		|| { echo "a lock file names an index" >&2; exit 1; }

# --- use ------------------------------------------------------------------------------------------------------

run: setup  ## check the spec, build its artifacts and site; with a Docker engine, prove the offline stack on it
	@$(PLUMB) build
	@$(PLUMB) check
	@$(PLUMB) site build
	@if docker info >/dev/null 2>&1; then \
		$(PLUMB) verify stack --mode offline || { [ $$? = 3 ] && echo 'left out: the live proof, for the reason above'; }; \
	else \
		echo 'left out: the live proof (plumb verify stack), for no Docker engine answers; make test starts one where it can'; \
	fi
	@printf '%s\n' '' \
		'the spec                 data/' \
		'what is deployed         deploy/' \
		'the site                 site/index.html' \
		'all commands             $(PLUMB) --help'
	@if [ -d reports ]; then echo 'what was proven live     reports/'; fi

site: setup  ## build the site into site/
	@$(PLUMB) site build

# --- checks ---------------------------------------------------------------------------------------------------

check: setup  ## lint, types, layers and the quick tests, none of which needs an engine
	@$(MAKE) --jobs=2 --keep-going --output-sync=target lint format-check types layers unit

lint: setup
	@$(BIN)/ruff check --quiet --output-format concise .

format-check: setup
	@$(BIN)/ruff format --check --quiet --output-format concise . \
		|| { echo "mend with: $(BIN)/ruff format ." >&2; exit 1; }

types: setup
	@$(BIN)/mypy

layers: setup
	@$(BIN)/lint-imports --no-logo

unit: setup
	@$(BIN)/pytest --numprocesses=logical --dist=worksteal -m "not live and not slow"

# One worker runs what shares the engine, the other one the rest, so there are two whatever the machine has.
test: setup  ## every test, those on a live engine too
	@$(BIN)/pytest --numprocesses=2 --dist=loadscope --no-loadscope-reorder --progress --durations=15

mutants: setup  ## tamper with a running stack in every way of the catalogue; the last line is the score
	@$(BIN)/python -m proofs.mutants

stack-faults: setup  ## kill, pause, fill and restart on a clean stack, and restart the engine; the last line is the score
	@$(BIN)/python -m proofs.stack_faults

pipeline-faults: setup  ## put faults into the reference platform; parity's probes have to find each; the last line is the score
	@$(BIN)/python -m proofs.pipeline_faults

mutated-code: setup  ## break the code that decides a fact in every small way; the last line is the share that the tests notice
	@$(BIN)/python -m proofs.mutated_code

wrong-specs: setup  ## hundreds of wrong specs and legal ones, and what plumb check says of them; the last line is the score
	@$(BIN)/python -m proofs.wrong_specs

cloud-faults: setup  ## provisioning while calls fail and people meddle, on a fake project, by id; the last line is the score
	@$(BIN)/python -m proofs.cloud_faults

hostile: setup  ## hundreds of inputs that mean harm, and what plumb check says of them; the last line is the score
	@$(BIN)/python -m proofs.hostile

site-proof: setup  ## every page of three sites in a browser: axe, links, widths, pictures, paper, search; the last line is the score
	@$(BIN)/python -m proofs.site

cloud-fleet: setup  ## 200 tenants provisioned on a fake project with its rate limit, against the limit's floor
	@$(BIN)/python -m proofs.cloud_fleet

isolation: setup  ## what is generated for each tenant, looked at for anything that leads to another; the last line is the score
	@$(BIN)/python -m proofs.isolation

fleet: setup  ## roll-outs by Ansible with its real inventory plugin and docker connection; downloads 51 MB
	@$(BIN)/pytest tests/fleet/whole.py

update-proof: setup  ## releases of two platforms changed over under load, there and back, with both image stores; the last line is the score
	@$(BIN)/python -m proofs.update

bundle-proof: setup  ## everything that is claimed of a bundle, on hosts that nothing reaches, with both image stores; the last line is the score
	@$(BIN)/python -m proofs.bundle.proof

benchmark: setup  ## measure speed as ratios to what users have without Plumbline; ENGINE=no leaves out what needs Docker
	@status=0; $(BIN)/python -m benchmarks.speed || status=1; \
	if [ '$(ENGINE)' = no ]; then \
		echo 'LEFT OUT: the stack and bundles against plain Docker, for ENGINE=no'; \
	else \
		$(BIN)/python -m benchmarks.stack || status=1; $(BIN)/python -m benchmarks.bundle || status=1; \
	fi; exit "$$status"

soak: setup  ## stand both modes up twenty times; the last line is the score
	@$(BIN)/python -m proofs.soak

boot: setup  ## boot a server of the stores' role from its user data; the last line is the score
	@$(BIN)/python -m proofs.boot

evidence: setup  ## run again the live proofs that are not current (plumb evidence), and build the site with their pages
	@$(BIN)/python -m tests.lab start >/dev/null
	@lab() { $(BIN)/python -m tests.lab exec "$$@"; }; trap '$(BIN)/python -m tests.lab stop >/dev/null' EXIT; \
		$(PLUMB) evidence --stale | while read -r proof; do \
			echo "--- $$proof"; PATH="$(CURDIR)/$(BIN):$$PATH" lab sh -c "$$proof" </dev/null; \
		done
	@$(MAKE) publish-evidence

proofs: setup  ## for a release: every proof program, current or not; about two hours
	@$(BIN)/python -m tests.lab start >/dev/null
	@trap '$(BIN)/python -m tests.lab stop >/dev/null' EXIT; $(BIN)/python -m tests.lab exec $(MAKE) \
		mutants stack-faults pipeline-faults mutated-code soak wrong-specs hostile site-proof bundle-proof update-proof boot cloud-faults cloud-fleet isolation

publish-evidence: setup  ## make what was proven last part of the committed pages, and build the site
	@mkdir -p $(EVIDENCE)
	@rm -f $(EVIDENCE)/*.md $(EVIDENCE)/*.json
	@cp reports/*.md reports/*.cdx.json $(EVIDENCE)/
	@for page in reports/*.md; do data=$$(basename "$$page" .md).json; \
		! grep -qF "]($$data)" "$$page" || cp "reports/$$data" $(EVIDENCE)/; done
	@$(PLUMB) site build

golden: setup  ## rewrite the expected files of the tests from what is produced now
	@GOLDEN_UPDATE=1 $(BIN)/pytest -m "not live"

lab-stop: setup  ## stop the tests' own Docker engine
	@$(BIN)/python -m tests.lab stop

clean:  ## remove .venv, caches and everything made that isn't committed
	@if [ -d .lab ] && [ -x $(BIN)/python ]; then $(BIN)/python -m tests.lab stop; fi
	@rm -rf $(VENV) .lab .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache \
		build dist site reports *.egg-info
	@find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
