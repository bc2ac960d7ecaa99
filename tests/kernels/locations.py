#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges what a guest of tests/kernels/locations showed: locations.py RESULTS MODULES SOURCES RELEASE.

The file of each module is known; the line of a tag is that of binutils' addr2line -i, past what
stands in the kernel's headers, and the statement there must be one that allocates. The lines of
inlined.c are known by their comments."""
import csv
import os
import re
import subprocess
import sys

results, modules, sources, release = sys.argv[1:]
FILES = {"leaky": "kernel/leaky.ko", "inlined": "extra/inlined.ko", "left": "extra/left.ko.xz",
         "gone": "updates/dkms/gone.ko.zst", "other": "kernel/other.ko.gz"}
passed = failed = 0


def check(good, text):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print("PASS" if good else "FAIL", release, "locations", text)


def rows(kind):
    """The CSV that the guest wrote with this word before each line."""
    with open(results, newline="", errors="replace") as f:
        lines = [l.rstrip("\r\n")[len(kind) + 1:] for l in f if l.startswith(kind + " ")]
    return list(csv.DictReader(lines))


def said(kind):
    with open(results, errors="replace") as f:
        return [l.strip() for l in f if l.startswith(f"err {kind} ")]


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def symbols(module):
    """name -> [(value, section)]"""
    found = {}
    names = {}
    for l in run("readelf", "-SW", f"{modules}/{module}.ko").splitlines():
        m = re.match(r"\s*\[\s*(\d+)\]\s+(\S+)", l)
        if m:
            names[m[1]] = m[2]
    for l in run("readelf", "-sW", f"{modules}/{module}.ko").splitlines():
        w = l.split()
        if len(w) >= 8 and w[3] == "FUNC" and w[6] in names:
            found.setdefault(w[7], []).append((int(w[1], 16), names[w[6]]))
    return found


SYMBOLS = {m: symbols(m) for m in FILES}


def chain(module, symbol, offset):
    """(file, line) from the innermost outwards."""
    value, section = SYMBOLS[module][symbol][0]
    out = run("addr2line", "-i", "-e", f"{modules}/{module}.ko", "-j", section,
              hex(value + offset - 1))
    pairs = []
    for l in out.splitlines():
        name, _, line = l.rpartition(":")
        pairs.append((name, int(line.split()[0]) if line.split()[0].isdigit() else 0))
    return pairs


def statement(name, line):
    with open(os.path.join(sources, name)) as f:
        return f.read().splitlines()[line - 1]


seen = {m: 0 for m in FILES}
leaks = {}
for row in rows("csv"):
    module = row["module"].split()[0]
    if module not in FILES:
        continue
    tag = row["tag"]
    seen[module] += 1
    want = f"/lib/modules/{release}/{FILES[module]}"
    check(row["module_file"] == want, f"{tag}: file {row['module_file']}")
    places = [p for p in chain(module, row["symbol"], int(row["offset"], 16))
              if "/include/" not in p[0]]
    name, line = os.path.basename(places[0][0]), places[0][1]
    text = statement(name, line).strip()
    check(os.path.basename(row["source_file"]) == name and row["source_line"] == str(line) and
          re.search(r"alloc|dup|leak:", text),
          f"{tag}: {row['source_file']}:{row['source_line']} '{text}' [{row['inlined']}]")
    if module == "inlined":
        m = re.search(r"leak: (\w+)", text)
        leaks[m[1] if m else text] = row
    if module not in ("left", "gone"):
        check(row["build"] == "loaded", f"{tag}: build {row['build']}")
for module, count in seen.items():
    check(count, f"{count} tags of {module}")
check(sorted(leaks) == ["inner", "middle", "outer", "tail"], f"the leaks of inlined: {sorted(leaks)}")
for name, about in (("inner", "inner < middle"), ("middle", "middle")):
    inlined = leaks.get(name, {}).get("inlined", "")
    check(inlined.endswith(about), f"{name} is inlined by way of {inlined}")
check(not said("csv"), f"nothing to complain of: {said('csv')}")

# leaky's file was exchanged for another build
others = [r for r in rows("other") if r["module"] == "leaky"]
check(others, "tags of leaky with another build on disk")
for row in others:
    check(row["build"] == "other" and not row["source_file"] and not row["source_line"] and
          row["module_file"].endswith("kernel/leaky.ko"), f"{row['tag']}: build {row['build']}, no line")
check(any("is not the build of leaky that is loaded" in l for l in said("other")),
      f"another build is said: {said('other')}")
sys.exit(failed > 0)
