# make lab and make test set up everything by themselves, in .venv; make help lists the rest.

PYTHON ?= python3
OLDEST := 3, 11
NEWEST := 3, 14
LAB_OPTIONS ?=
TEST_OPTIONS ?=
MUTANTS_OPTIONS ?=
STUDY ?=

# Neither an active environment nor kernels and packages installed elsewhere take part.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME JUPYTER_PATH CONDA_PREFIX
export PYTHONNOUSERSITE = 1
export JUPYTER_PREFER_ENV_PATH = 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1

BIN := .venv/bin
OLD := build/oldest
FIRST := /lab/tree/notebooks/00_start_here.ipynb
FITS := import sys, venv, ensurepip; sys.exit(not ($(OLDEST)) <= sys.version_info[:2] <= ($(NEWEST)))
FITS_OLD := import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != ($(OLDEST)))
EDITOR_KEYS := $(addprefix metadata.language_info.,codemirror_mode file_extension mimetype nbconvert_exporter \
  pygments_lexer version)
ROOT_FLAG = $(if $(filter 0,$(shell id -u)),--allow-root)

# $(call set-up,FOLDER,FITS,CANDIDATES,VERSIONS IN WORDS): an environment there, of the first Python that fits
define set-up
$(1)/bin/python -c '$(2)' 2>/dev/null || { \
	  for python in '$(PYTHON)' $(3) none; do \
	    "$$python" -c '$(2)' 2>/dev/null && break; \
	  done; \
	  if [ $$python = none ]; then \
	    echo 'No Python $(4) with its venv module was found. Install one from python.org'; \
	    echo '(Debian, Ubuntu: sudo apt install python3 python3-venv), or name yours:'; \
	    echo '  make $(MAKECMDGOALS) PYTHON=/path/to/python3'; \
	    exit 1; \
	  fi; \
	  echo "Setting up $(1) with $$python, once; this takes some minutes ..."; \
	  "$$python" -m venv --clear $(1); }
endef

.PHONY: help lab test test-offline test-portable test-oldest browser-test mutants lint check study \
  capstone-baselines clean-notebooks site site-tools slides handouts dist clean claims minutes turns

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 \t/p' Makefile | expand -t 26

lab: .venv/.installed ## open the course in JupyterLab
	$(BIN)/python -m jupyterlab --LabApp.default_url=$(FIRST) --LabApp.news_url=None $(ROOT_FLAG) $(LAB_OPTIONS)

test: .venv/.installed ## run every test and every notebook
	$(BIN)/python -m pytest

test-offline: .venv/.installed ## run every test with the network unplugged (Linux)
	unshare --map-root-user --net sh -c 'ip link set lo up && exec $(BIN)/python -m pytest $(TEST_OPTIONS)'

test-portable: .venv/.installed ## run what computes with numbers as an older processor would: last bits differ
	$(BIN)/python tests/older_processor.py $(TEST_OPTIONS)

test-oldest: $(OLD)/.installed ## run every test with the oldest packages that requirements.txt admits
	@echo 'With' $$(cat $(OLD)/constraints.txt)
	$(OLD)/bin/python -m ruff check .
	$(OLD)/bin/python -m pytest $(TEST_OPTIONS)

browser-test: .venv/.browser .venv/.site-tools ## test notebooks and website in a real browser, as a reader uses them
	$(BIN)/python tests/browser/lab.py
	$(BIN)/python -m pytest tests/browser

mutants: .venv/.installed ## what do the tests not notice? changes the package in one place at a time (Linux, macOS)
	$(BIN)/python benchmarks/mutants.py $(MUTANTS_OPTIONS)

lint: .venv/.installed ## look for mistakes without running anything
	$(BIN)/python -m ruff check .

check: .venv/.installed ## is this machine ready?
	$(BIN)/python -m course_utils

study: .venv/.installed ## train the stored studies of 09 and 13 anew, in 10 to 20 minutes each (STUDY=robustness, transfer)
	$(BIN)/python benchmarks/study.py $(STUDY)

capstone-baselines: .venv/.installed ## play the capstone's stored games again
	$(BIN)/python benchmarks/capstone.py

claims: .venv/.installed ## list what the notebooks claim, and how far each was seen, in docs/claims.md
	$(BIN)/python docs/claims.py

minutes: .venv/.installed ## count how long the notebooks take, and write it into them and into README.md
	$(BIN)/python docs/minutes.py

turns: .venv/.installed ## ask every claim again under other seeds, lengths, schedules, data and batches, in an hour or so
	$(BIN)/python benchmarks/turns.py

clean-notebooks: .venv/.installed ## remove outputs from the notebooks, before a commit
	$(BIN)/python -m nbstripout --keep-id --extra-keys '$(EDITOR_KEYS)' notebooks/*.ipynb

site: site-tools ## run the notebooks and build the website, in build/site
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet --conf-dir docs --doctree-dir build/doctrees . build/site
	@echo 'Open build/site/index.html'

slides: site-tools ## build the slides of all notebooks, in build/slides
	$(BIN)/python docs/slides.py build/slides

handouts: site-tools ## write predictions, questions and exercises of all notebooks for paper, in build/handouts
	$(BIN)/python docs/handouts.py build/handouts

dist: .venv/.installed ## build the package with its data, as source and wheel, in build/dist
	$(BIN)/python -m pip install build --constraint benchmarks/requirements.txt
	$(BIN)/python -m build --outdir build/dist

site-tools: .venv/.site-tools ## install what the website and the slides need

clean: ## remove what was installed and built; the next command installs it again
	rm -rf .venv build

.venv/.installed: requirements.txt pyproject.toml
	@$(call set-up,.venv,$(FITS),python3.13 python3.12 python3.11 python3.14 python3 python,from 3.11 to 3.14)
	$(BIN)/python -m pip install --requirement requirements.txt
	@touch $@

$(OLD)/.installed: requirements.txt pyproject.toml tests/oldest.py
	@$(call set-up,$(OLD),$(FITS_OLD),python3.11 python3 python,3.11)
	$(OLD)/bin/python tests/oldest.py >$(OLD)/constraints.txt
	$(OLD)/bin/python -m pip install --requirement requirements.txt --constraint $(OLD)/constraints.txt
	@touch $@

.venv/.site-tools: docs/requirements.txt .venv/.installed
	$(BIN)/python -m pip install --requirement requirements.txt --requirement docs/requirements.txt
	@touch $@

.venv/.browser: tests/browser/requirements.txt .venv/.installed
	$(BIN)/python -m pip install --requirement requirements.txt --requirement tests/browser/requirements.txt
	@touch $@
