#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs a command as root: directly, or through sudo.
if [ "$(id -u)" -eq 0 ]; then
	exec "$@"
elif command -v sudo >/dev/null 2>&1; then
	exec sudo "$@"
fi
echo "as-root: '$1' must run as root and there is no sudo; become root and try again" >&2
exit 1
