# SPDX-License-Identifier: BSD-2-Clause
"""The ways in which a guest can run: what holds for one has to hold for the other."""

# {what the name of a test says of it: options of the command}
SEATS = {"": ["--isolate"], " in place": ["--in-place"]}
