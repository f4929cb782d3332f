# SPDX-License-Identifier: BSD-2-Clause
# The front door; CMake does the work (CMakePresets.json).
#
#   make           builds build/sel4emu and the guests
#   make demo      says which packages are missing, offers to install them, builds, runs a guest
#   make check     builds and runs every test; the last line is the total
#   make install   PREFIX=/usr/local, DESTDIR= for packages
#   make format    formats the sources;   make lint   clang-tidy
#   make clean     removes build/

PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
BUILD := build
MAKEFLAGS += --no-print-directory

.PHONY: all demo check install format lint deps clean

all: $(BUILD)/CMakeCache.txt
	@cmake --build $(BUILD) --target front -j $(JOBS)

$(BUILD)/CMakeCache.txt:
	@scripts/install-deps.sh --check build
	@cmake --preset default

demo:
	@scripts/install-deps.sh build
	@$(MAKE) all
	@scripts/demo.sh

check:
	@scripts/install-deps.sh --check all
	@JOBS=$(JOBS) python3 tests/run.py

install: all
	@DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix "$(PREFIX)"

format:
	@scripts/sources.sh | xargs clang-format -i

lint:
	@JOBS=$(JOBS) scripts/lint.sh

# What `make demo` does about packages, for those who go on to `make check`.
deps:
	@scripts/install-deps.sh all

clean:
	@rm -rf $(BUILD)
