#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the pictures of the console: a leaking message queue on the running kernel, found as a new
# user would. Needs root, BTF, tmux and python3.
#
#	capture.sh BINARY LEAKER FOLDER
#
# Writes console.svg, console.txt, mark.txt and details.txt to FOLDER.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binary=$(realpath "$1")
leaker=$(realpath "$2")
folder=$(realpath "$3")
work=$(mktemp -d)
columns=118 lines=26
"$leaker" &
leak=$!
trap 'kill $leak; tmux -S "$work/tmux" kill-server 2>/dev/null || true; rm -rf "$work"' EXIT

t() { tmux -S "$work/tmux" "$@"; }
plain() { t capture-pane -p -t k | sed 's/ *$//'; }

t -f /dev/null new-session -d -s k -x $columns -y $lines \
	"cd $work && HOME=$work TERM=screen-256color $binary"
sleep 30
t capture-pane -p -e -N -t k | python3 "$here/picture.py" $columns >"$folder/console.svg"
plain >"$folder/console.txt"
t send-keys -t k P
t send-keys -t k B
t send-keys -t k z
sleep 11
t capture-pane -p -t k | sed 's/ *$//' | head -n 14 >"$folder/mark.txt"
t send-keys -t k Home
t send-keys -t k Enter
sleep 1
plain >"$folder/details.txt"
t send-keys -t k q
