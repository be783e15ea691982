# `make` shows what there is. The environment may set PORT, PYTHON, VENV, WORKERS and ARGS (docs/settings.md).

PORT ?= 8000
VENV ?= .venv
WORKERS ?= 4
ARGS ?=
AWSCLI_VERSION := 1.46.3

# An environment that forbids it would have every process compile the project again: 3 seconds instead of 1.6.
unexport PYTHONDONTWRITEBYTECODE

BIN := $(VENV)/bin
# The first of these that is new enough; PYTHON=/path/to/python overrules the search.
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
SUITABLE = $(firstword $(foreach candidate,$(CANDIDATES),$(shell $(candidate) -c '$(NEW_ENOUGH)' 2>/dev/null && echo $(candidate))))

.DEFAULT_GOAL := help
.PHONY: help demo up test drills check bench awscli clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Run the whole product with demo stores (PORT=8000)
	@$(BIN)/python manage.py up --demo --port $(PORT)

up: $(VENV)/.installed ## Run the whole product (PORT=8000)
	@$(BIN)/python manage.py up --port $(PORT)

# A file at a time on one process: its tests share real processes (xdist's groups are lost on pytest 9.2).
test: $(VENV)/.installed-dev ## Run every test but the drills (ARGS="-k hours" for some)
	@$(BIN)/python -m portal.embedded.messages
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not drill" $(ARGS)

# Two at a time: each has a web server, a worker, a clock and a database of its own, and kills some of them.
drills: $(VENV)/.installed-dev ## Run the drills: kills, load and learning on real processes, some 8 minutes
	@$(BIN)/python -m portal.embedded.messages
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m drill $(ARGS)

check: $(VENV)/.installed-dev ## Style, import order, types, templates, migrations: what CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	@if find templates -name '*.html' | grep -q .; then set -x; $(BIN)/djlint --lint --quiet templates; fi
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: $(VENV)/.installed-dev ## Measure the figures of docs and README
	@for program in bench/*.py; do \
		case $$program in bench/\*.py | */_*) continue ;; esac; \
		echo "== $$program"; $(BIN)/python $$program $(ARGS) || exit 1; \
	done

awscli: var/awscli/bin/aws ## Install the AWS CLI in var/awscli, for the test that runs the article's commands

clean: ## Remove the virtual environments, caches and compiled messages; the data in var/ stays
	rm -rf $(VENV) var/awscli .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete

$(BIN)/python:
	@test -n "$(SUITABLE)" || { \
		echo "Kamado needs Python 3.11 or newer; found only: $$($(or $(PYTHON),python3) --version 2>&1)." \
			"Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "Making $(VENV) with $$($(SUITABLE) --version)"
	@$(SUITABLE) -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "This Python cannot make virtual environments (on Debian: apt-get install python3-venv)." >&2; exit 2; }

# The stamps keep a second `make` from asking the package index again.
$(VENV)/.installed: requirements.txt | $(BIN)/python
	@echo "Installing what requirements.txt names"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(BIN)/python
	@echo "Installing what requirements-dev.txt names"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(VENV)/.installed $@

# Apart, because the AWS CLI pins a botocore of its own.
var/awscli/bin/aws: | $(BIN)/python
	@mkdir -p var && $(SUITABLE) -m venv var/awscli
	@var/awscli/bin/python -m pip install --quiet --disable-pip-version-check awscli==$(AWSCLI_VERSION)
