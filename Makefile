# Every target sets up what it needs, and does so once: a second run starts at once.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Tests run side by side in so many processes, each with a JupyterLab and a Chromium of its own; 0: in this one.
WORKERS ?= 2
PYTEST := -m pytest -q
SIDE_BY_SIDE := -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Drawn examples are the same at each run, and none has a deadline, which a busy machine would miss; soak draws anew.
SAME := --hypothesis-profile=ci
# Kept bytecode: without it each kernel, worker and second run compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: lab test quick test-here test-lowest test-pythons soak release-check lint notebooks reference pictures teach \
	terminal accuracy fit bench site class clean

lab: $(VENV)/.lab  ## open JupyterLab on the labs
	@$(BIN)/mlsysim-labs --here labs -- $(ARGS)

test: test-here  ## what must hold at every commit: all but soak and release, the lowest versions, other Pythons
	@$(MAKE) --no-print-directory -j2 test-lowest test-pythons

quick: $(VENV)/.tools  ## for the hand while working: half a minute, without a browser
	@$(BIN)/python $(PYTEST) $(SIDE_BY_SIDE) $(SAME) -m "not (slow or browser or soak or release)" $(ARGS)

test-here: $(VENV)/.test
	@$(BIN)/python $(PYTEST) $(SIDE_BY_SIDE) $(SAME) -m "not (soak or release)" $(ARGS)

test-lowest: $(VENV)/.test  ## the fast suite on the lowest versions that are allowed
	@tools/pythons.sh $(BIN)/python lowest $(WORKERS)

test-pythons: $(VENV)/.test  ## what must hold on every Python, on the others of this machine
	@tools/pythons.sh $(BIN)/python others

soak: $(VENV)/.test  ## what takes longer than a person waits: kills, fuzzing, load
	$(BIN)/python $(PYTEST) -m soak $(ARGS)
	LAW_EXAMPLES=3000 $(BIN)/python $(PYTEST) $(SIDE_BY_SIDE) tests/solver/formulas/test_laws.py \
		tests/solver/serving/test_serving_laws.py $(ARGS)
	LAW_EXAMPLES=20000 $(BIN)/python $(PYTEST) $(SIDE_BY_SIDE) tests/solver/training/test_training_laws.py \
		tests/solver/formulas/test_queue_laws.py tests/solver/fleet/test_collective.py \
		-k "never_lower or gets_lost or waits_grow or ring_of_many" $(ARGS)

release-check: $(VENV)/.test  ## before a release: wheel, sdist, Colab, Binder and notebook 6.5 in environments of their own
	$(BIN)/python $(PYTEST) $(SIDE_BY_SIDE) -m release --durations=10 $(ARGS)

lint: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

notebooks: $(VENV)/.tools  ## write badges and first cells anew, and strip outputs
	$(BIN)/python tools/notebooks.py

pictures: $(VENV)/.test  ## draw the pictures that notebooks show to readers that run nothing
	$(BIN)/python tools/pictures.py

teach: $(VENV)/.tools  ## write the keys into the teachers' pages
	$(BIN)/python tools/teach.py

reference: $(VENV)/.tools  ## write docs/solver.md, the solver name by name
	$(BIN)/python tools/reference.py

terminal: $(VENV)/.tools  ## write what commands print into docs/command_line.md
	$(BIN)/python tools/command_line.py

accuracy: $(VENV)/.tools  ## compare predictions with the measurements in DIR, and write docs/accuracy.md
	$(BIN)/python tools/accuracy.py "$(DIR)"

fit: $(VENV)/.tools  ## fit figures to the measurements in DIR, and write solver/zoo/fitted.toml
	$(BIN)/python tools/fit.py "$(DIR)" $(ARGS)
	$(BIN)/python tools/fit.py "$(DIR)" --stage 2 $(ARGS)
	$(BIN)/python tools/fit.py "$(DIR)" --stage 3 $(ARGS)

site: $(VENV)/.tools  ## build the site into build/site: labs that are live, pages for teachers, the reference
	@$(BIN)/python tools/gallery.py

class: $(VENV)/.tools  ## make a class of thirty in build/class; docs/teach/start.md leads through it
	@$(BIN)/python tools/example_class.py

bench: $(VENV)/.test
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/spaces.py
	$(BIN)/python benchmarks/labs.py
	$(BIN)/python benchmarks/classroom.py
	$(BIN)/python benchmarks/pages.py
	$(BIN)/python benchmarks/latency.py

clean:
	rm -rf .venv .venv-* build

$(VENV)/.made:
	@tools/venv.sh "$(PYTHON)" $(VENV)
	@$(BIN)/python -m pip install -qqq --disable-pip-version-check uv 2>/dev/null || true
	@touch $@

$(VENV)/.lab: $(VENV)/.made pyproject.toml
	@echo "Installing mlsysim-labs and JupyterLab into $(VENV), once ..."
	@$(BIN)/python tools/install.py $(BIN)/python -e '.[lab]'
	@touch $@

$(VENV)/.tools: $(VENV)/.made pyproject.toml
	@echo "Installing mlsysim-labs and the tools of its tests into $(VENV), once ..."
	@$(BIN)/python tools/install.py $(BIN)/python -e '.[test,site]'
	@touch $@ $(VENV)/.lab

$(VENV)/.test: $(VENV)/.tools tools/equip.py
	@$(BIN)/python tools/equip.py
	@touch $@
