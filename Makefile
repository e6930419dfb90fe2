# Everything a developer or CI does; needs only Python 3.11+ and make.
# The virtual environment is made anew when setup.cfg or pyproject.toml change; a second run takes no time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed-$(shell cat setup.cfg pyproject.toml | cksum | tr -d ' ')
WORKERS ?= 2

.PHONY: help run test bench lint format texts wheel frontend clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: frontend ## start Formline with demonstration data on http://127.0.0.1:8000
	$(BIN)/formline init --demo
	$(BIN)/formline serve

test: frontend ## run all tests
	$(BIN)/pytest -n $(WORKERS) --dist loadfile

bench: frontend ## run the benchmarks and print their report
	$(BIN)/python -m benchmarks

lint: $(STAMP) ## check style, types, layers and the shipped definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p formline
	$(BIN)/lint-imports --no-logo
	$(BIN)/formline check

format: $(STAMP) ## put the sources into the house style
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

texts: $(STAMP) ## bring new texts of the pages into the translation files
	$(BIN)/python frontend/texts.py

wheel: frontend ## build dist/*.whl, which needs no Node to install
	rm -rf build
	$(BIN)/python -m build --wheel

frontend: $(STAMP) # style sheets and scripts
	@$(BIN)/python frontend/build.py

clean: ## remove what was built; data in var/ stays
	rm -rf build dist platform/web/static/dist frontend/node_modules $(VENV)

$(STAMP): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Formline needs Python 3.11 or newer, this is " + sys.version) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@rm -f $(VENV)/.installed-*
	@touch $@
