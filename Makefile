# `make test PYTHON=python3.13` runs with another Python, in an environment of its own.
PYTHON ?= python3
VENV ?= .venv$(if $(filter-out python3,$(PYTHON)),-$(subst /,-,$(PYTHON)))
RUN := $(VENV)/bin/
SETUP := PYTHON='$(PYTHON)' VENV='$(VENV)' sh .ci/setup

# Compiled modules are kept, for the hundreds of processes that tests start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo env env-slow test fast-tests test-slow lint types imports fix golden lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

demo: $(VENV)/.program  ## make sample data, then scan, select, build and open it
	@PATH="$(abspath $(VENV))/bin:$$PATH" sh demo/run

test: lint  ## format, lint, types, import directions, and the fast tests
	@$(MAKE) --no-print-directory --jobs=3 types imports fast-tests

# One process more than there are cores: tests wait for disks, servers and processes for a tenth of their time.
fast-tests: env
	$(RUN)python -m pytest -n $$($(RUN)python -c 'import joblib; print(joblib.cpu_count() + 1)') --dist worksteal -m 'not slow'

test-slow: env-slow  ## the tests that need clusters, emulators, a browser, strace or kill loops
	$(RUN)python -m pytest -n auto -m slow

lint: env
	$(RUN)ruff format --check .
	$(RUN)ruff check .

types: env
	$(RUN)mypy

imports: env
	$(RUN)lint-imports

fix: env  ## format, and repair what ruff can
	$(RUN)ruff format .
	$(RUN)ruff check --fix .

env: $(VENV)/.ready  ## environment of `make test`: packages, archivers, libarchive

env-slow: $(VENV)/.ready-slow  ## environment of `make test-slow`: adds Dask, Ray, emulators, Chromium, strace

$(VENV)/.ready: pyproject.toml requirements-test.lock .ci/setup
	@$(SETUP) test
	@touch $@

$(VENV)/.ready-slow: pyproject.toml requirements-test.lock .ci/setup
	@$(SETUP) test-slow
	@touch $@ $(VENV)/.ready

$(VENV)/.program: pyproject.toml
	@$(SETUP) program
	@touch $@

lock:  ## write requirements-test.lock from the newest versions that pyproject.toml allows
	@PYTHON='$(PYTHON)' sh .ci/lock

clean:  ## remove environments and sample data
	rm -rf .venv .venv-* demo-data build dist

.PHONY: bench-fetch
bench-fetch: env  ## throughput of fetch against the bare HTTP client, 10,000 URLs on loopback; ARGS="FOLDER ROUNDS"
	$(RUN)python -m benchmarks.bench_fetch $(ARGS)

.PHONY: bench-read
bench-read: env  ## 3,000 random members of 100,000: read_members, zipfile, libarchive; needs 6 GB of disk
	$(RUN)python -m benchmarks.bench_read $(ARGS)

.PHONY: bench-scan
bench-scan: env  ## listing and scanning against zipfile and scandir; ARGS=--memory: the peak of 5,000,000 members
	$(RUN)python -m benchmarks.bench_scan $(ARGS)

.PHONY: bench-start
bench-start: env  ## time of --help, a build of 200 images and a rescan of 20 sources; ARGS="--rounds N"
	$(RUN)python -m benchmarks.bench_start $(ARGS)

.PHONY: bench-select
bench-select: env  ## selection from 10,000,000 rows, near duplicates among 1,000,000 hashes; ARGS="ROWS HASHES"
	$(RUN)python -m benchmarks.bench_select $(ARGS)

.PHONY: bench-shortcuts
bench-shortcuts: env  ## five planted label shortcuts in 20,000 pictures, before and after matching; ARGS=COUNT
	$(RUN)python -m benchmarks.bench_shortcuts $(ARGS)

.PHONY: bench-trust
bench-trust: env  ## splits and audit on random manifests: crossings, stability, fractions, false alarms; ARGS=WORLDS
	$(RUN)python -m benchmarks.trust $(ARGS)

.PHONY: bench-build
bench-build: env  ## a build against a plain copy, decoding alone, other tools; then bench-world; ARGS="8000 30000"
	$(RUN)python -m benchmarks.bench_build $(ARGS)
	$(RUN)python -m benchmarks.bench_world

.PHONY: bench-world
bench-world: env  ## scan, select and build a small AI-GenBench against its published steps; ARGS="--rounds N"
	$(RUN)python -m benchmarks.bench_world $(ARGS)

.PHONY: bench-png
bench-png: env  ## time and size of PNGs against Pillow's, for photographs, drawings, screenshots and noise
	$(RUN)python -m benchmarks.bench_png

.PHONY: bench-verdicts
bench-verdicts: env  ## verdicts of the decode check against a full decode, 10,000 damaged images; ARGS="FOLDER --seed N"
	$(RUN)python -m benchmarks.verdicts $(ARGS)

.PHONY: bench-train
bench-train: env  ## random batches for training against loose files, zipfile, datasets and WebDataset; ARGS="--images N"
	$(RUN)python -m benchmarks.bench_train $(ARGS)

.PHONY: bench-scale
bench-scale: env  ## plan, select, export and resume with 10,000,000 rows; ARGS="50000000 --memory 8GB"
	$(RUN)python -m benchmarks.bench_scale $(ARGS)

golden: env  ## write the expected rows of tests/cases again; review the difference before you commit it
	GOLDEN=1 $(RUN)python -m pytest -q tests/declarations -k 'golden or bad_declarations'

.PHONY: bench-derive
bench-derive: env  ## declarations over 2,500,000 raw rows with as many rows of metadata; ARGS=ROWS
	$(RUN)python -m benchmarks.bench_derive $(ARGS)

.PHONY: fuzz corpora soak
fuzz: env  ## damage archives and images for MINUTES and check what the programs make of them
	$(RUN)python -m fuzz --minutes $(or $(MINUTES),10) --seed $(or $(SEED),0)

corpora: env  ## scan, select and build the bad files of the test suites of Pillow, Go, Python and libarchive
	$(RUN)python -m benchmarks.corpora $(ARGS)

soak: env-slow  ## scan and build under kills and faults for MINUTES, then compare with an undisturbed run
	$(RUN)python -m benchmarks.soak --minutes $(or $(MINUTES),60) --seed $(or $(SEED),0)
