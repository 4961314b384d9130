# `make demo` answers an example patient, `make test` runs every check; each sets up what it needs, once.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin

.PHONY: demo test bench mutants recovery guideline site pictures clean
.DEFAULT_GOAL := demo

demo: .venv/ready
	@$(BIN)/myeloguide assess examples/after-lenalidomide-maintenance.yaml

test: .venv/ready-to-test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto

bench: .venv/ready-to-test
	$(BIN)/python -m benchmarks.run

mutants: .venv/ready-to-test
	$(BIN)/python -m benchmarks.mutants

.venv/ready: pyproject.toml
	@test -n "$(PYTHON)" || { echo "myeloguide needs Python 3.11 or newer" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "setting up .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/ready-to-test: .venv/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

recovery: .venv/ready-to-test
	$(BIN)/python -m benchmarks.recovery

guideline: .venv/ready
	$(BIN)/myeloguide guideline pages -o docs/guideline

site: .venv/ready-to-test
	$(BIN)/mkdocs build --strict

pictures: .venv/ready-to-test
	$(BIN)/python -m myeloguide.drawing.shipped

clean:
	rm -rf .venv dist build
