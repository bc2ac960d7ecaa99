# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the kernel matrix keeps outside the tree: a private apt root, downloaded packages, unpacked
# kernels, header trees and a build chroot. Sourced by run. Installs nothing, changes no apt
# configuration of the machine, runs no guest.
#
# Every entry of the cache is made under a temporary name and renamed when it is whole, with a
# list of checksums that is compared before each use; a bad entry is thrown away and made again.
# The whole cache is safe to delete.

CACHE=${KPM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kpoolmon}/kernels
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The releases whose kernels we look at, with the compiler their newest kernels are built with.
SUITES="bullseye bullseye-security bookworm bookworm-security bookworm-backports
trixie trixie-security trixie-backports"

note() { echo "kernels: $*" >&2; }
die() { note "$*"; exit 1; }

# seal DIR: writes the list of checksums of all files in DIR (links by their target's name).
seal() {
	(cd "$1" && find . -type f ! -name .sums -print0 | sort -z | xargs -0 -r sha256sum) \
		>"$1.sums.tmp" && mv "$1.sums.tmp" "$1/.sums"
}

# whole DIR: is the entry there and as it was when it was sealed?
whole() {
	[ -s "$1/.sums" ] || return 1
	(cd "$1" && sha256sum --quiet --status -c .sums) && return 0
	note "cache entry ${1#"$CACHE"/} is damaged, making it again"
	rm -rf "$1"
	return 1
}

# The machine's own Debian archives: "KIND URI" lines, KIND main or security. Reads deb822
# (.sources) and one-line (.list) files; entries of other archives, and disabled ones, are left.
archives() {
	local etc
	etc=$(apt-config shell E Dir::Etc/f | sed "s/^E='\(.*\)'$/\1/")
	find "$etc/sources.list.d" -name '*.sources' -exec awk '
		function put() { if (uri ~ /debian/ && on != "no" && types ~ /deb/)
			print (suites ~ /-security/ ? "security" : "main"), uri; uri = suites = on = types = "" }
		FNR == 1 { put() }
		/^[ \t]*$/ { put(); next }
		/^URIs:/ { uri = $2 } /^Types:/ { types = $0 } /^Enabled:/ { on = $2 }
		/^Suites:/ { suites = $0 }
		END { put() }' {} + 2>/dev/null
	cat "$etc/sources.list" "$etc"/sources.list.d/*.list 2>/dev/null | awk '$1 == "deb" {
		i = 2; if ($i ~ /^\[/) { while ($i !~ /\]$/) i++; i++ }
		if ($i ~ /debian/) print ($(i + 1) ~ /-security|\/updates/ ? "security" : "main"), $i }'
}

# Makes the private apt root (again): our suites on the machine's archives, nothing else.
apt_root() {
	local r=$CACHE/apt main sec s uri found=
	[ -z "${REFRESH:-}" ] && [ -s "$r/ok" ] && return 0
	main=$(archives | awk '$1 == "main" { print $2; exit }')
	sec=$(archives | awk '$1 == "security" { print $2; exit }')
	[ -n "$main" ] || die "no Debian archive in the machine's apt configuration"
	rm -rf "$r.tmp" && mkdir -p "$r.tmp/state/lists/partial" "$r.tmp/cache/archives/partial" \
		"$r.tmp/parts"
	: >"$r.tmp/status"
	for s in $SUITES; do
		uri=$main
		case $s in *-security) uri=${sec:-$main-security} ;; esac
		printf 'Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
			"$uri" "$s" "$KEYRING" >"$r.tmp/parts/$s.sources"
	done
	echo "$main" >"$r.tmp/main"
	note "reading the package lists of $(echo "$SUITES" | wc -w) suites"
	rm -rf "$r" && mv "$r.tmp" "$r"
	# A suite that the archive has dropped must not spoil the others.
	apt_do apt-get -q update >"$r/log" 2>&1 || note "some package lists could not be read"
	found=$(find "$r/state/lists" -maxdepth 1 -name '*_Packages*' | wc -l)
	[ "$found" -gt 0 ] || die "no package list could be read, see $r/log"
	echo "$found" >"$r/ok"
}

# apt_do COMMAND ARGS: an apt program on the private root.
apt_do() {
	local c=$1 r=$CACHE/apt
	shift
	"$c" -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$r/parts" \
		-o Dir::State="$r/state" -o Dir::State::status="$r/status" -o Dir::Cache="$r/cache" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=2 "$@"
}

# names REGEX: package names of the archive that match, newest first.
names() {
	apt_do apt-cache pkgnames | grep -E "^($1)$" | sort -rV
}

# deb DIR PACKAGE...: downloads (apt checks the signed sums) and unpacks the packages into DIR.
debs_into() {
	local d=$1 p t
	shift
	t=$(mktemp -d "$CACHE/tmp.XXXXXX")
	for p in "$@"; do
		if ! (cd "$t" && apt_do apt-get -q download "$p" >log 2>&1); then
			rm -rf "$t"
			return 1
		fi
	done
	for p in "$t"/*.deb; do
		dpkg-deb -x "$p" "$d" || { rm -rf "$t"; return 1; }
		dpkg-deb -f "$p" Package Version >>"$d/packages"
	done
	rm -rf "$t"
}

# kernel LINE REGEX [config]: the directory of the newest kernel whose release matches REGEX (and
# whose configuration is there, and that was not found to be unbuildable). In it: vmlinuz, release
# (uname -r), version (of the package), config if there is one, net (modules of a network card).
# Remembered per line, so that a second run asks nothing of the archive.
kernel() {
	local re=$2 need=${3:-} d=$CACHE/kernel/$1 t rel pkg p img
	if [ -z "${REFRESH:-}" ] && whole "$d" && [ -d "$d/net" ]; then
		echo "$d"
		return 0
	fi
	apt_root
	for rel in $(names "linux-(image|binary)-${re}-cloud-amd64(-unsigned)?" |
		sed -E 's/^linux-(image|binary)-//; s/-unsigned$//' | sort -uV | tac); do
		t=$d.tmp
		[ -n "$need" ] && grep -qxF "$rel" "$CACHE/unbuildable" 2>/dev/null && continue
		for pkg in "linux-image-$rel" "linux-image-$rel-unsigned" "linux-binary-$rel"; do
			rm -rf "$t" && mkdir -p "$t/x"
			[ -n "$(names "${pkg//+/\\+}")" ] || continue
			if ! debs_into "$t/x" "$pkg"; then
				note "$pkg is listed but cannot be downloaded"
				continue
			fi
			img=$(find "$t/x/boot" "$t/x/usr/lib/modules" -name 'vmlinuz*' -type f \
				2>/dev/null | head -n 1)
			[ -n "$img" ] || continue
			cp "$img" "$t/vmlinuz"
			echo "$rel" >"$t/release"
			awk '/^Version:/ { print $2; exit }' "$t/x/packages" >"$t/version"
			for p in "linux-base-$rel" "linux-modules-$rel"; do
				[ -e "$t/x/boot/config-$rel" ] &&
					find "$t/x" -name 'virtio_net.ko*' | grep -q . && break
				[ -n "$(names "${p//+/\\+}")" ] && debs_into "$t/x" "$p"
			done
			find "$t/x" -name "config-$rel" -exec cp {} "$t/config" \; -quit
			find "$t/x" -path "*/modules/$rel/config" -exec cp {} "$t/config" \; -quit
			network_modules "$t/x" "$rel" "$t/net"
			rm -rf "$t/x"
			[ -n "$need" ] && [ ! -e "$t/config" ] && continue
			seal "$t" && rm -rf "$d" && mkdir -p "${d%/*}" && mv "$t" "$d"
			echo "$d"
			return 0
		done
	done
	rm -rf "$d.tmp"
	return 1
}

# The modules of the network card that a guest can have, in the order of loading.
NETWORK_MODULES='virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover \
net_failover virtio_net'

# network_modules UNPACKED REL DIR: those that the kernel does not have built in, unpacked.
network_modules() {
	local m f
	mkdir -p "$3"
	for m in $NETWORK_MODULES; do
		f=$(find "$1" -path "*/$2/*" -name "$m.ko*" | head -n 1)
		case $f in
		*.ko) cp "$f" "$3/$m.ko" ;;
		*.ko.xz) xz -dc "$f" >"$3/$m.ko" ;;
		*.ko.zst) zstd -qdc "$f" >"$3/$m.ko" ;;
		esac
	done
}

# chroot_of SUITE: a build system of that release, for kernels whose header tools need its libc.
chroot_of() {
	local s=$1 d=$CACHE/chroot/$1 sum
	if [ -s "$d/.made" ] && sum=$(chroot_sum "$d") && [ "$sum" = "$(cat "$d/.made")" ]; then
		echo "$d"
		return 0
	fi
	apt_root
	note "making a build chroot of $s"
	rm -rf "$d" "$d.tmp" && mkdir -p "${d%/*}"
	debootstrap --variant=minbase --keyring="$KEYRING" --include=gcc,make,libc6-dev,bc,bison,flex,\
libelf-dev,libssl-dev,libdw-dev,pahole,python3,kmod,xz-utils,cpio,perl \
		"$s" "$d.tmp" "$(cat "$CACHE/apt/main")" >"$CACHE/debootstrap.log" 2>&1 ||
		die "debootstrap $s failed, see $CACHE/debootstrap.log"
	rm -rf "$d.tmp"/var/cache/apt/archives/*.deb "$d.tmp"/var/lib/apt/lists/*
	chroot_sum "$d.tmp" >"$d.tmp/.made"
	mv "$d.tmp" "$d"
	echo "$d"
}

# The part of a chroot that a build depends on.
chroot_sum() {
	(cd "$1" && find -L usr/bin usr/lib/gcc usr/libexec/gcc -xdev -type f -printf '%p %s\n' \
		2>/dev/null | sort | sha256sum)
}

# build_host REL: the release name whose compiler and libc fit the kernel: from its suffix.
suite_of() {
	case $1 in
	6.1.0-* | *+deb12*) echo bookworm ;;
	*+deb13*) echo trixie ;;
	*) echo unknown ;;
	esac
}

# memleak_into DIR: memleak of Debian 13's libbpf-tools, with its libraries and their loader.
memleak_into() {
	local root f d=$CACHE/memleak
	if ! whole "$d"; then
		root=$(chroot_of trixie)
		apt_root
		rm -rf "$d" "$d.tmp" && mkdir -p "$d.tmp/x"
		debs_into "$d.tmp/x" libbpf-tools/trixie || die "libbpf-tools cannot be downloaded"
		cp "$d.tmp/x/usr/sbin/memleak-libbpf" "$root/tmp/memleak"
		for f in $(chroot "$root" ldd /tmp/memleak | grep -o '/[^ ]*'); do
			cp -L "$root$f" "$d.tmp"
		done
		mv "$root/tmp/memleak" "$d.tmp/memleak"
		rm -rf "$d.tmp/x"
		seal "$d.tmp" && mv "$d.tmp" "$d"
	fi
	mkdir -p "$1" && cp "$d"/* "$1"
}

# guest_files ROOT BINARY INIT: what every guest has: busybox, BINARY as /kpm/tool with its libraries
# in their places, INIT as the first process.
guest_files() {
	local r=$1 f
	mkdir -p "$r/bin" "$r/kpm"
	cp "$(command -v busybox)" "$r/bin/busybox"
	ldd "$r/bin/busybox" >/dev/null 2>&1 && die "busybox is not static; run tests/kernels/deps"
	cp "$3" "$r/init"
	chmod +x "$r/init"
	[ -n "$2" ] || return 0
	cp "$2" "$r/kpm/tool"
	for f in $(ldd "$2" 2>/dev/null | grep -o '/[^ ]*'); do
		mkdir -p "$r${f%/*}"
		cp -L "$f" "$r$f"
	done
}
