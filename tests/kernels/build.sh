# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Header trees and the test modules of one kernel, in the cache of lib.sh. Sourced by run.
#
# Where the archive still has the kernel's header packages they are unpacked, not installed;
# where it has only the image and the source, a header tree is prepared from the source with the
# configuration that is in the image. Kernels of the machine's own release are built for with its
# compiler, the others in a chroot of their release.

# compiler_root REL: where to build for that kernel, "" for this system.
compiler_root() {
	local s
	s=$(suite_of "$1")
	[ "$s" = unknown ] && return 1
	[ "$s" = "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" ] && return 0
	chroot_of "$s"
}

# in_root ROOT COMMAND: there. The newest objtool reads /proc, so the chroot gets one, in a mount
# namespace that ends with the command.
in_root() {
	local r=$1
	shift
	if [ -n "$r" ]; then
		# shellcheck disable=SC2016 # for the inner shell
		unshare -m sh -c 'mount -t proc proc "$1/proc" || exit 1
			r=$1; shift; exec chroot "$r" /usr/bin/env -i LC_ALL=C \
				PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' sh "$r" "$@"
	else
		"$@"
	fi
}

# header_debs REL DIR: the header packages, unpacked into DIR; fails where the archive has none.
header_debs() {
	local rel=$1 d=$2 com kb
	com=${rel%-cloud-amd64}
	kb=linux-kbuild-$com
	case $rel in 6.1.0-*) kb=linux-kbuild-6.1 ;; esac
	[ -n "$(names "linux-headers-${rel//+/\\+}")" ] || return 1
	debs_into "$d" "linux-headers-$rel" "linux-headers-$com-common" "$kb"
}

# header_source REL VERSION CONFIG DIR ROOT PATH: a header tree at DIR/usr/src/linux-headers-REL
# from the upstream source of the package (its own patches change nothing that a module sees).
header_source() {
	local rel=$1 ver=$2 config=$3 d=$4 root=$5 path=$6 t line s
	t=$(mktemp -d "$CACHE/tmp.XXXXXX")
	s=$d/usr/src/linux-headers-$rel
	line=$(apt_do apt-get -q source --print-uris --download-only "linux=$ver" 2>/dev/null |
		grep -m 1 '\.orig\.tar\.xz ')
	if [ -z "$line" ] || ! download "$line" "$t/orig.tar.xz"; then
		rm -rf "$t"
		return 1
	fi
	note "preparing headers of $rel from its source"
	mkdir -p "$s"
	tar xf "$t/orig.tar.xz" -C "$s" --strip-components=1 --wildcards \
		--exclude='*/Documentation/*/*' --exclude='*/tools/testing/*' \
		--exclude='*/drivers/*.[chS]' --exclude='*/sound/*.[ch]' --exclude='*/fs/*.[ch]' \
		--exclude='*/net/*.[ch]' --exclude='*/arch/[!x]*/*.[chS]' --exclude='*.dts*'
	rm -rf "$t"
	cp "$config" "$s/.config"
	in_root "$root" make -s -C "$path/usr/src/linux-headers-$rel" \
		LOCALVERSION="+${rel#*+}" olddefconfig modules_prepare >"$CACHE/prepare.log" 2>&1 &&
		grep -q "\"$rel\"" "$s/include/generated/utsrelease.h" && return 0
	note "headers of $rel could not be prepared, see $CACHE/prepare.log"
	return 1
}

# download "'URI' NAME SIZE SHA256:SUM" FILE: by apt, which checks the sum.
download() {
	local uri sum
	uri=${1#\'}
	uri=${uri%%\'*}
	sum=${1##* }
	apt_do /usr/lib/apt/apt-helper download-file "$uri" "$2" "$sum" >/dev/null 2>&1
}

# headers KERNELDIR ROOT: prints the directory, as seen from inside ROOT, to build modules in.
headers() {
	local k=$1 root=$2 rel ver d path mk
	rel=$(cat "$k/release")
	ver=$(cat "$k/version")
	if [ -n "$root" ]; then d=$root/kpm/$rel path=/kpm/$rel; else d=$CACHE/headers/$rel path=$d; fi
	if ! whole "$d"; then
		apt_root
		rm -rf "$d" && mkdir -p "$d"
		if header_debs "$rel" "$d"; then
			for mk in "$d/usr/src/linux-headers-$rel"/{Makefile,.kernelvariables}; do
				[ -e "$mk" ] && sed -i "s#/usr/src/#$path/usr/src/#g" "$mk"
			done
		elif ! { [ -s "$k/config" ] &&
			header_source "$rel" "$ver" "$k/config" "$d" "$root" "$path"; }; then
			rm -rf "$d"
			return 1
		fi
		seal "$d"
	fi
	echo "$path/usr/src/linux-headers-$rel"
}

# modules KERNELDIR SOURCEDIR: the directory with the built test modules for that kernel, made
# again whenever their source changes.
modules() {
	local k=$1 src=$2 rel d root h b sum
	rel=$(cat "$k/release")
	sum=$(cat "$src"/*.[ch] "$src/Kbuild" | sha256sum | cut -c 1-12)
	d=$CACHE/module/$rel-$sum
	if whole "$d"; then
		echo "$d"
		return 0
	fi
	root=$(compiler_root "$rel") || return 1
	h=$(headers "$k" "$root") || return 1
	b=$(mktemp -d "$root/tmp/kpm-build.XXXXXX")
	cp "$src"/*.[ch] "$src/Kbuild" "$b"
	# Without Module.symvers (a tree made from source) undefined symbols are the loader's matter.
	if ! in_root "$root" make -s -C "$h" M="${b#"$root"}" LOCALVERSION="+${rel#*+}" \
		KBUILD_MODPOST_WARN=1 CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$b/log" 2>&1; then
		cp "$b/log" "$CACHE/module-$rel.log"
		sed 's/^/kernels: /' "$b/log" | grep -E 'error|Error' | head -n 20 >&2
		rm -rf "$b"
		return 1
	fi
	grep -E 'warning:' "$b/log" >&2
	find "${d%/*}" -maxdepth 1 -name "$rel-*" -exec rm -rf {} + 2>/dev/null
	mkdir -p "$d.tmp"
	cp "$b"/*.ko "$d.tmp"
	rm -rf "$b"
	seal "$d.tmp" && mv "$d.tmp" "$d"
	echo "$d"
}
