#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Prints the descriptions of common terminals as members of a C table, in the form that ncurses takes
# from the environment variable TERMINFO.
set -eu
for t in linux xterm xterm-256color screen screen-256color tmux tmux-256color vt100 vt220 ansi; do
	text=$(infocmp -q -Q2 "$t" 2>/dev/null | tr -d '\n') || continue
	[ -z "$text" ] || printf '{"%s", "%s"},\n' "$t" "$text"
done
