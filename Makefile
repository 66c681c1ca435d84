# The commands of the project. `make` or `make help` lists them.

PYTHON ?= python3
CHROMIUM ?= $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name))) /usr/bin/chromium)
CHROMIUM := $(CHROMIUM)
export CHROMIUM

BIN := .venv/bin
# `npm run build` calls jupyter-builder by name.
export PATH := $(CURDIR)/$(BIN):$(PATH)

FRONTEND := rlm_magic/labextension/package.json
FRONTEND_SOURCES := $(shell find labextension/src labextension/style labextension/schema -type f 2>/dev/null) \
	package.json tsconfig.json tsconfig.build.json

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

##@ Using it

.PHONY: setup
setup: .venv/.labextension  ## Make .venv with everything in it, and build the front end

.PHONY: demo
demo: setup  ## Answer the questions of the quickstart, with no key and no network
	@$(BIN)/python notebooks/demo.py

.PHONY: lab
lab: setup  ## Open the quickstart in JupyterLab
	$(BIN)/jupyter lab notebooks/quickstart.ipynb $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: bench
bench: setup chromium  ## Print the figures that the design is held to
	@$(BIN)/python -m benchmarks

.PHONY: pictures
pictures: setup chromium  ## Make the pictures of the README
	PYTHON=$(BIN)/python npm run --silent pictures

##@ Working on it

.PHONY: test
test: lint types layers unit notebook frontend-test browser-test  ## Everything that must pass

.PHONY: lint
lint: setup  ## Style of both languages
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	npm run --silent lint

.PHONY: types
types: setup  ## Types of both languages
	$(BIN)/mypy
	npm run --silent types

.PHONY: layers
layers: setup  ## Who may import whom
	$(BIN)/lint-imports --no-logo

.PHONY: unit
unit: setup proxy  ## The Python tests: the engine, real kernels, the wheel
	$(BIN)/pytest

.PHONY: notebook
notebook: setup  ## The quickstart runs, and its checks give what is saved in it
	$(BIN)/pytest --nbval-lax --nbval-current-env notebooks/quickstart.ipynb

.PHONY: frontend-test
frontend-test: setup  ## The TypeScript tests, and what the panel weighs
	npm run --silent test
	npm run --silent size

.PHONY: browser-test
browser-test: setup chromium  ## The front end in a real JupyterLab, in Chromium
	PYTHON=$(BIN)/python npm run --silent test:browser

.PHONY: format
format: setup  ## Rewrite the sources in the project's style
	$(BIN)/ruff check --quiet --fix
	$(BIN)/ruff format --quiet
	npm run --silent format

.PHONY: proxy
proxy: build/proxy/.installed  ## Install the litellm proxy that the tests ask, apart from .venv

.PHONY: dist
dist: setup  ## Build the sdist and the wheel
	$(BIN)/python -m build --no-isolation

.PHONY: chromium
chromium:  ## Install Chromium where it is absent
	@if [ ! -x "$(CHROMIUM)" ]; then \
		if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
			echo "The browser tests need Chromium: install it, or say where it is with CHROMIUM=/path/to/it." >&2; \
			exit 1; \
		fi; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; \
	fi

.PHONY: clean
clean:  ## Remove everything that was made, .venv and node_modules too
	rm -rf .venv node_modules build dist labextension/lib rlm_magic/labextension rlm_magic/notebook/panel/static
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help:  ## List these commands
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# What `setup` is made of. Each step leaves a file behind, so that it runs again only when it must.

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed: install it, or say where it is with PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian, Ubuntu: apt install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv .venv

# The front end is built by the steps below, not by the install. The link to it goes first, so that
# pip replaces files in .venv and never the sources that the link leads to.
.venv/.installed: pyproject.toml package.json | .venv/bin/python
	@rm -f .venv/share/jupyter/labextensions/rlm-magic 2>/dev/null || true
	@echo "Installing the Python packages; this takes a minute or two."
	@SKIP_JUPYTER_BUILDER=1 $(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[lab,test,dev]'
	@touch $@

# Its many packages, some of them pinned, must not decide what is in .venv.
build/proxy/.installed: .venv/.installed
	@echo "Installing the litellm proxy; this takes a minute or two."
	@$(BIN)/python -m venv build/proxy
	@build/proxy/bin/python -m pip install -qq --disable-pip-version-check \
		"litellm[proxy]==$$($(BIN)/python -c 'import importlib.metadata as m; print(m.version("litellm"))')"
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null && command -v npm >/dev/null || \
		{ echo "Node.js 20.19, 22.12 or newer, and npm, are needed to build the front end." >&2; exit 1; }
	@echo "Installing the packages of the front end."
	@npm ci --silent
	@touch $@

$(FRONTEND): $(FRONTEND_SOURCES) node_modules/.installed | .venv/.installed
	npm run --silent build
	@touch $@

.venv/.labextension: .venv/.installed $(FRONTEND)
	$(BIN)/jupyter-builder develop --overwrite .
	@touch $@
