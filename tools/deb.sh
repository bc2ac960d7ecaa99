#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the package from a clean copy of the tracked files: deb.sh FOLDER
set -eu
to=$1
if ! command -v dpkg-buildpackage >/dev/null || ! command -v dh >/dev/null; then
	echo 'make deb needs dpkg-dev and debhelper: apt-get install dpkg-dev debhelper' >&2
	exit 1
fi
rm -rf "$to"
mkdir -p "$to/kpoolmon"
git ls-files -z | xargs -0 cp --parents -t "$to/kpoolmon"
cd "$to/kpoolmon"
dpkg-buildpackage -us -uc -b >../build.log 2>&1 || {
	tail -n 40 ../build.log >&2
	exit 1
}
cd ..
ls ./*.deb
