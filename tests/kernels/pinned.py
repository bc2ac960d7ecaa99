#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what a guest of tests/kernels/pinned wrote: pinned.py RESULTS LINE"""
import csv
import json
import sys


def truth(lines):
    """Outstanding objects of each function of the module, and its cache."""
    out = {}
    for line in lines:
        if not line.startswith('truth '):
            continue
        f = dict(word.split('=', 1) for word in line.split()[1:] if '=' in word)
        out[f['sym']] = (out.get(f['sym'], (0,))[0] + int(f['out']), f['cache'])
    return out


def say(good, what, why=''):
    print('PASS' if good else 'FAIL', sys.argv[2], 'pinned', what, '' if good else why)


def judge(way, parts):
    before, after = truth(parts.get('before', [])), truth(parts.get('after', []))
    rows = list(csv.DictReader(parts.get('csv', [])))
    wrong = []
    for sym, (out, cache) in sorted(after.items()):
        leaked = out - before.get(sym, (0,))[0]
        seen = sum(int(r['diff']) for r in rows if r['symbol'] == sym)
        if seen != leaked:
            wrong.append(f'{sym}: {seen}, not {leaked}')
    say(bool(after) and not wrong, f'{way}: {len(after)} functions to the object', ', '.join(wrong))
    status = json.loads((parts.get('status') or ['{}'])[0])
    say(status.get('missing_probes') == '', f'{way}: all probes are attached', str(status))
    # at most lost: what no copy of a probe was run for, and where there is none what it was not
    say(0 <= status.get('lost', -1) <= 3, f'{way}: next to nothing is lost', str(status.get('lost')))
    say(not parts.get('replay'), f'{way}: a recording is the same', str(parts.get('replay')))
    said = parts.get('say', [])
    say(said == ['tracking; kpoolmon shows it, kpoolmon stop ends it', 'tracking ended'],
        f'{way}: starts and stops', str(said))
    say(not parts.get('left'), f'{way}: nothing is left in the kernel', str(parts.get('left')))


def main():
    parts, done, other = {}, [], []
    with open(sys.argv[1], encoding='utf-8', errors='replace') as f:
        for line in f.read().replace('\r', '').splitlines():
            words = line.split(' ', 2)
            if words[0] in ('fentry', 'kprobe') and len(words) > 1:
                parts.setdefault(words[0], {}).setdefault(words[1], []).append(
                    words[2] if len(words) > 2 else '')
            elif words[:2] == ['kpm', 'done']:
                done.append(words[2])
            elif words[0] == 'dmesg':
                other.append(line)
    for way in ('fentry', 'kprobe'):
        if way in done:
            judge(way, parts.get(way, {}))
        else:
            say(False, f'{way}: the guest got there', 'it ended before')
    say(not other, 'the kernel says nothing', str(other))


main()
