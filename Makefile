# Every target sets up what it needs and says what it does. `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SHAPES := agent hub vision vision-headless plates kiosk serial provisioning
# Shapes with a package that asks for more than is used of it.
LEFT_OUT = --override requirements/left-out.in
# Other people's trackers agree neither with our pins nor among themselves, so they live apart.
PEERS := .venv-peers

# Qt draws into memory, so that the screen's tests need no display.
export QT_QPA_PLATFORM ?= offscreen

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.PHONY: help setup system system-test demo test faults soak lint format bench peers pins wheel clean

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: system $(STAMP) ## install all that the other targets need, into .venv (and the Debian packages that are missing)

# What is needed from the system, as "what is looked for = the Debian package that brings it": by the programs, and by
# the tests alone, which leave out what they find no program for and say so.
NEEDS := venv=python3-venv mosquitto=mosquitto libEGL.so.1=libegl1 libGL.so.1=libgl1 libdbus-1.so.3=libdbus-1-3 \
  libfontconfig.so.1=libfontconfig1 libglib-2.0.so.0=libglib2.0-0 libxkbcommon.so.0=libxkbcommon0
TEST_NEEDS := strace=strace faketime=faketime rabbitmqctl=rabbitmq-server pg_ctlcluster=postgresql
# What those packages would start, now and with each boot.
DAEMONS := rabbitmq-server postgresql epmd.socket epmd

system:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "setup: Python 3.11 or newer is needed; say which with PYTHON=/path/to/python3"; exit 1; }
	@$(find_missing); $(install_missing)

system-test: ## install the servers and tools that only tests need, and leave them asleep
	@$(find_missing); [ -n "$$missing" ] || { echo "system-test: nothing is missing"; exit 0; }; \
	asleep=; if [ -d /run/systemd/system ]; then for daemon in $(DAEMONS); do \
	  systemctl cat "$$daemon" >/dev/null 2>&1 || asleep="$$asleep $$daemon"; done; fi; \
	before="[ -z '$$asleep' ] || systemctl -q mask --runtime $$asleep"; \
	after="[ -z '$$asleep' ] || { systemctl -q unmask --runtime $$asleep; systemctl -q disable $$asleep; }"; \
	$(install_missing)
system-test: NEEDS := $(TEST_NEEDS)

define find_missing
missing=; libraries=$$(PATH="$$PATH:/sbin" ldconfig -p 2>/dev/null); \
for need in $(NEEDS); do \
  what=$${need%%=*}; \
  case $$what in \
    venv) $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null ;; \
    lib*) echo "$$libraries" | grep -qF "$$what" ;; \
    *) PATH="$$PATH:/usr/sbin:/usr/local/sbin" command -v "$$what" >/dev/null ;; \
  esac || missing="$$missing $${need#*=}"; \
done
endef

define install_missing
[ -n "$$missing" ] || exit 0; \
if ! command -v apt-get >/dev/null; then \
  echo "$@: please install what these Debian packages bring:$$missing"; exit 1; \
fi; \
if [ "$$(id -u)" = 0 ]; then as_root=; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else \
  echo "$@: some Debian packages are missing. Type this, then make $(or $(MAKECMDGOALS),setup) again:"; \
  echo; echo "  sudo apt-get update && sudo apt-get install --no-install-recommends$$missing"; echo; \
  [ -z "$$asleep" ] || echo "Debian starts servers as it installs them. To end that: sudo systemctl disable --now$$asleep"; \
  exit 1; \
fi; \
echo "$@: installing Debian packages:$$missing"; \
$$as_root apt-get update -qq || exit 1; \
$$as_root sh -c "$${before:-:}"; \
$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
done=$$?; $$as_root sh -c "$${after:-:}"; exit $$done
endef

$(STAMP): requirements/dev.txt pyproject.toml
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || \
	  { echo "setup: making $(VENV) with $$($(PYTHON) --version)"; $(PYTHON) -m venv $(VENV); }
	@echo "setup: installing $$(grep -c '==' requirements/dev.txt) pinned packages into $(VENV), each checked by its hash"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
	@echo "setup: done. Programs are in $(BIN): edge-agent, kiosk-ui, provision"

demo: setup ## play the whole path on this machine: VIDEO=file or CAMERA=address, JSON=1 for figures that programs read
	@$(BIN)/provision demo $(if $(VIDEO),--video '$(VIDEO)') $(if $(CAMERA),--camera '$(CAMERA)') \
	  $(if $(filter-out 0,$(JSON)),--json)

test: setup ## run all tests, the pure cores with 100 % of their branches; ARGS='tests/sync -x' runs some, uncounted
	@$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-n 3 --dist loadfile --cov --cov-report=term)

faults: setup ## play every fault suite in full, an hour and more: JSON=1 for figures, ARGS='--only link --seed 7' for one
	@$(BIN)/python -m tests.faults $(if $(filter-out 0,$(JSON)),--json) $(ARGS)

soak: setup ## carry a mixed load through mishaps for HOURS=8 hours, watching memory, disk and order
	@$(BIN)/python -m tests.soak.cuts
	@$(BIN)/python -m tests.soak --hours $(or $(HOURS),8) $(ARGS)

lint: setup ## check style, format, types and who imports whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## put files into the one format, and repair what can be repaired safely
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: setup ## measure the promises on this machine, peers side by side; ARGS goes to the benchmarks
	@$(BIN)/python -m benchmarks $(ARGS)

peers: $(PEERS)/.installed ## install the trackers that benchmarks measure ours against, into .venv-peers

# The build tool comes first and by its hash as well: one of the peers is published as source only.
$(PEERS)/.installed: requirements/peers.txt
	@echo "peers: installing $$(grep -c '==' requirements/peers.txt) pinned packages into $(PEERS), each checked by its hash"
	@$(PYTHON) -m venv --clear $(PEERS)
	@awk '/^[a-z]/ { wanted = /^setuptools==/ } wanted' requirements/peers.txt > $(PEERS)/build.txt
	@for pins in $(PEERS)/build.txt requirements/peers.txt; do \
	  $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
	    --no-build-isolation -r $$pins || exit 1; \
	done
	@touch $@

pins: setup ## write requirements/ anew from pyproject.toml, with hashes (UPGRADE=1 takes the newest of what it does not name)
	@echo "pins: requirements/dev.txt"
	@$(call compile,dev,--extra dev $(LEFT_OUT))
	@echo "pins: requirements/peers.txt"
	@$(call resolve,peers,--override requirements/peers-left-out.in,requirements/peers.in)
	@for shape in $(SHAPES); do \
	  echo "pins: requirements/$$shape.txt"; \
	  if [ $$shape = agent ]; then extra=; else extra="--extra $$shape"; fi; \
	  if [ $$shape = plates ]; then extra="$$extra $(LEFT_OUT)"; fi; \
	  $(call compile,$$shape,$$extra --constraints requirements/dev.txt) || exit 1; \
	done

# Universal: one file serves Python 3.11 to 3.13 on every processor. No header and no index: a pin names no host.
compile = $(call resolve,$(1),$(2),pyproject.toml)
resolve = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-emit-index-url --no-annotate $(if $(UPGRADE),--upgrade) $(2) $(3) --output-file requirements/$(1).txt >/dev/null

wheel: setup ## build the one wheel that devices install, into dist/
	@$(BIN)/python -m hatchling build --target wheel

clean: ## remove what was built and cached; .venv stays
	@rm -rf dist build htmlcov .coverage .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
