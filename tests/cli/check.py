#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Strict readers for the tests: check.py whole|same|leak|order|pool ..."""
import json
import re
import sys


def records(data):
    """RFC 4180 to the letter: CR LF after each record, quotes only around whole fields."""
    out, i = [], 0
    while i < len(data):
        record = []
        while True:
            if data[i:i + 1] == '"':
                m = re.compile(r'"((?:[^"]|"")*)"').match(data, i)
                assert m, f"open quote at {i}"
                field = m.group(1).replace('""', '"')
            else:
                m = re.compile(r'[^",\r\n]*').match(data, i)
                field = m.group(0)
            record.append(field)
            i = m.end()
            if data[i:i + 1] == ',':
                i += 1
                continue
            assert data[i:i + 2] == '\r\n', f"no CR LF at {i}: {data[i:i + 20]!r}"
            i += 2
            break
        out.append(record)
    return out


def table(data):
    head, *rest = records(data)
    assert len(set(head)) == len(head)
    for r in rest:
        assert len(r) == len(head), r
    return [dict(zip(head, r)) for r in rest]


def read(name):
    if name == '-':
        return sys.stdin.buffer.read().decode('utf-8')
    with open(name, newline='', encoding='utf-8') as f:
        return f.read()


def same(csv_name, json_name, text_name):
    rows = table(read(csv_name))
    sample, = [json.loads(line) for line in read(json_name).splitlines()]
    assert rows and len(rows) == len(sample['rows'])
    text = read(text_name).split('\n\n', 1)[1].splitlines()[1:]
    assert len(text) == len(rows), (len(text), len(rows))
    for row, obj, line in zip(rows, sample['rows'], text):
        for key, value in obj.items():
            # not in the frozen columns of CSV
            if key in ('cache_aliases', 'owners', 'processes', 'cgroups', 'samples_lost'):
                continue
            if isinstance(value, bool):
                value = int(value)
            assert row[key] == ('' if value is None else str(value)), (key, row[key], value)
        for key in ('time', 'host', 'kernel', 'lost', 'tracked_s'):
            assert row[key] == (f"{sample[key]:.3f}" if key == 'tracked_s' else str(sample[key]))
        assert row['missing_probes'] == sample['missing_probes']
        absent = [p['name'] for p in sample['probes'] if p['way'] == 'missing']
        assert row['missing_probes'].split(' ') == (absent or [''])
        m = re.match(r'([~ ])([? ]) (.+?) +(Nonp|Paged|Mixed) +(\d+) +(\d+) +(\d+) +(\d+) +'
                     r'(\d+|-) (\S+) +(\S+)$', line)
        assert m, line
        shown = [row[k] or '-' for k in ('tag', 'type', 'allocs', 'frees', 'diff', 'bytes',
                                         'per_alloc', 'module', 'cache')]
        assert list(m.groups()[2:]) == shown, (line, shown)
        assert (m.group(1) == '~') == (row['estimated'] == '1')
        assert (m.group(2) == '?') == (row['missed'] != '0')
        assert int(row['allocs']) - int(row['frees']) == int(row['diff']) + int(row['refused']), row
        assert int(row['nonp_bytes']) + int(row['paged_bytes']) == int(row['bytes'])


def leak(csv_name, symbol, count):
    rows = [r for r in table(read(csv_name)) if r['symbol'] == symbol]
    assert sum(int(r['diff']) for r in rows) >= int(count), rows


def sum_of(symbol, column):
    print(sum(int(r[column]) for r in table(read('-')) if r['symbol'] == symbol))


def prometheus():
    """The text format: HELP and TYPE before a metric's samples, no series twice."""
    text = read('-')
    assert text.endswith('\n')
    kind, helped, seen = {}, set(), set()
    for line in text.splitlines():
        m = re.fullmatch(r'# (HELP|TYPE) ([a-z_]+) (.+)', line)
        if m and m.group(1) == 'HELP':
            assert m.group(2) not in helped, line
            helped.add(m.group(2))
            continue
        if m:
            assert m.group(3) in ('gauge', 'counter') and m.group(2) not in kind, line
            assert (m.group(3) == 'counter') == m.group(2).endswith('_total'), line
            kind[m.group(2)] = m.group(3)
            last = m.group(2)
            continue
        m = re.fullmatch(r'([a-z_]+)(\{([a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (\d+(?:\.\d+)?)', line)
        assert m, line
        assert m.group(1) == last and last in helped and last.startswith('kpoolmon_'), line
        series = line.rsplit(' ', 1)[0]
        assert series not in seen, line
        seen.add(series)
    print(len(seen))


def order(column, reverse=''):
    rows = table(read('-'))
    cells = [r[column] for r in rows]
    known = [c for c in cells if c]
    assert cells[:len(known)] == known, "missing cells come last"
    text = column in ('tag', 'cache')
    keys = known if text else [int(c) for c in known]
    assert keys == sorted(keys, reverse=(not text) != bool(reverse)), keys
    # equal cells: by tag
    for a, b in zip(rows, rows[1:]):
        if a[column] == b[column] and column != 'tag':
            assert (a['tag'], a['cache']) <= (b['tag'], b['cache'])


def pool(csv_name, kind):
    rows = table(read(csv_name))
    other = 'paged_bytes' if kind == 'Nonp' else 'nonp_bytes'
    mine = 'nonp_bytes' if kind == 'Nonp' else 'paged_bytes'
    for r in rows:
        assert r['type'] in (kind, 'Mixed')
        assert r['bytes'] == r[mine]
        assert r['type'] == 'Mixed' or r[other] == '0'


def whole(csv_name, samples=''):
    """Every line whole; a sample's rows stand together, none of its tags twice."""
    rows = table(read(csv_name))
    seen, last, count, tags = set(), None, 0, set()
    for r in rows:
        key = (r['time'], r['tracked_s'])
        if key != last or (r['tag'], r['cache']) in tags:
            count += 1
            tags = set()
        last = key
        tags.add((r['tag'], r['cache']))
    if samples:
        assert count == int(samples), f"{count} samples, not {samples}"
    print(f"{len(rows)} rows of {count} samples")


if __name__ == '__main__':
    {'sum': sum_of, 'prometheus': prometheus, 'same': same, 'leak': leak, 'order': order, 'pool': pool,
     'whole': whole}[sys.argv[1]](*sys.argv[2:])
