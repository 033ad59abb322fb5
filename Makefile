# Every target sets up what it needs in .venv; nothing but Python >= 3.11 is expected on the machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
export UV_PYTHON := $(CURDIR)/$(BIN)/python
export UV_NO_PROGRESS := 1
# Where Python may write nothing beside its packages, each process would compile what it imports: seconds.
export UV_COMPILE_BYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help install demo test soak torture lint format bench lock clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

install: $(VENV)/.installed ## Set up the command, .venv/bin/roundtrip, and all it needs

demo: $(VENV)/.installed ## Run the nightly job twice around a simulated business day, and push back, against the local sandbox
	@$(BIN)/roundtrip demo

test: $(VENV)/.installed ## Run the test suite
	@$(BIN)/pytest -n auto --dist loadscope --no-loadscope-reorder

soak: $(VENV)/.installed ## Run at full length the tests that make test shortens: many days, every fault, every kill
	@ROUNDTRIP_SOAK=1 $(BIN)/pytest -n auto --dist loadscope --no-loadscope-reorder \
		tests/test_many_days.py tests/test_incremental.py tests/test_truth.py tests/test_publish.py \
		tests/test_crash.py tests/test_faults.py tests/test_push_crash.py tests/test_push_machine.py tests/test_mirror.py

torture: $(VENV)/.installed ## Torture it through sixty days of faults, kills, full disks and rivals, then prove that nothing is wrong
	@$(BIN)/python -m tests.torture $(if $(SEED),--seed $(SEED)) $(if $(DAYS),--days $(DAYS)) \
		$(if $(KILLS),--kills $(KILLS)) $(if $(DESTINATION),--destination $(DESTINATION))

lint: $(VENV)/.installed ## Check format, rules, types, SQL and the direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint transforms

format: $(VENV)/.installed ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.installed ## Measure speed and memory as ratios against a floor taken in the same run
	@$(BIN)/python -m tests.bench

lock: $(VENV)/.installed ## Write requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --all-extras \
		--no-emit-index-url --no-header --output-file requirements.lock pyproject.toml

clean: ## Remove the virtual environment and all caches; data/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis *.egg-info build

$(VENV)/.installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"roundtrip needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/uv --version 2>/dev/null | grep -q " $(UV_VERSION)" || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
