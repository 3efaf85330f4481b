# Everything needs Python 3.11+ and make, nothing else: `.venv` is made by the first target.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/installed

.PHONY: install run demo test check bench chaos audit lock messages clean

install: $(STAMP)

$(STAMP): requirements/base.txt requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements/base.txt -r requirements/dev.txt
	touch $(STAMP)

run: install
	$(PY) -m scripts.run $(ARGS)

demo: install
	$(PY) -m scripts.demo

test: install
	$(PY) -m scripts.test $(ARGS)

check: install
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/djhtml --check --tabwidth 2 templates
	$(VENV)/bin/djcss --check --tabwidth 4 sync/static
	$(PY) -m scripts.lines
	$(PY) -m scripts.shape
	$(PY) -m scripts.architecture --check
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/bandit -q -c pyproject.toml -r sync connector_site
	$(PY) -m scripts.check

bench: install
	$(PY) -m scripts.bench $(ARGS)

chaos: install
	$(PY) -m tests.chaos $(ARGS)

audit: install
	$(VENV)/bin/pip-audit --require-hashes --disable-pip -r requirements/base.txt

lock: install
	$(VENV)/bin/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --no-header --allow-unsafe \
		-o requirements/base.txt requirements/base.in
	$(VENV)/bin/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --no-header --allow-unsafe \
		-o requirements/dev.txt requirements/dev.in

# Collects the strings of both languages; needs GNU gettext.
messages: install
	$(PY) -m scripts.messages

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
