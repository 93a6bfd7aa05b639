# Two commands: `make book` and `make test`. Each sets up .venv on its own; a second
# call reuses what is there. PYTHON=python3.12 chooses the Python of a new .venv.
.DEFAULT_GOAL := help
.PHONY: help book test check test-long house bench clean

BIN := .venv/bin
BROKEN := 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'
# The first Python that runs and is one of those the project is tested with.
PYTHON ?= $(shell for p in python3 python3.11 python; do \
	$$p -c $(BROKEN) 2>/dev/null && echo $$p && break; done)

help:
	@echo "make book   execute every chapter, build the book, print its address"
	@echo "make test   everything that CI checks"
	@echo "make check  lint, types, unit tests, doctests, pairs: for every commit"
	@echo "make test-long  what takes hours: defects, mutants, faults, fuzzing"
	@echo "make house  how large the house is, and how large it may become"
	@echo "make bench  time what is meant to be fast"
	@echo "make clean  remove what was built (not .venv)"

.venv/.reader: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed" >&2; exit 1; }
	@$(PYTHON) -c $(BROKEN) || { echo "$(PYTHON) is not Python 3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.tester: .venv/.reader
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

book: .venv/.reader
	$(BIN)/python -m progtx_core run --out build/executed
	PROGTX_NOTEBOOKS='$(CURDIR)/build/executed' \
		$(BIN)/jupyter-book build -W --keep-going -q --path-output build book/
	@echo "Open file://$(CURDIR)/build/_build/html/index.html"

check: .venv/.tester
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright --pythonpath $(BIN)/python & types=$$!; \
		$(BIN)/pytest -q -n 2; tested=$$?; wait $$types && exit $$tested

# Executes every chapter and compares its outputs with the committed ones; two tests at
# a time, the longest first, and those that share the built book one after another.
test: check
	$(BIN)/pytest -q -n 2 --dist loadgroup --no-loadscope-reorder -m 'slow or browser'

# All deliberate defects, mutants of five rooms, troubles at random moments: hours.
test-long: .venv/.tester
	$(BIN)/python -m tests.defects --report
	$(BIN)/python -m tests.defects.mutate --report
	$(BIN)/python -m tests.faults --report
	PROGTX_AXE=1 $(BIN)/pytest -q -m browser tests/browser/test_accessibility.py
	PROGTX_FUZZED=20000 $(BIN)/pytest -q tests/test_bad_commands.py -k anything

house: .venv/.tester
	@$(BIN)/python -m tests.house

bench: .venv/.tester
	$(BIN)/python tests/bench/bench_import.py
	$(BIN)/python tests/bench/bench_fit.py
	$(BIN)/python tests/bench/bench_search.py
	$(BIN)/python tests/bench/bench_generation.py
	$(BIN)/python tests/bench/bench_trackers.py
	$(BIN)/python -m tests.bench.bench_sweeps

clean:
	rm -rf build book/_build book/chapters book/_static/dashboard
