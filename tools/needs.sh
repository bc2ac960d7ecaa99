#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What kpoolmon needs, by the four package managers' names.
#   needs.sh build    says what is missing to build, with its package; exit 1 if anything is
#   needs.sh install  installs what is missing to build, run and test; prints what it installs
set -u

# what | how to see that it is there | apt | dnf | zypper | pacman | build or test
table() {
	cat <<'T'
C compiler|cmd:${CC:-gcc}|gcc|gcc|gcc|gcc|build
make|cmd:make|make|make|make|make|build
clang|cmd:${CLANG:-clang}|clang|clang|clang|clang|build
bpftool|cmd:${BPFTOOL:-bpftool}|bpftool|bpftool|bpftool|bpf|build
pkg-config|cmd:${PKG_CONFIG:-pkg-config}|pkg-config|pkgconf-pkg-config|pkg-config|pkgconf|build
libbpf 1.1|lib:libbpf >= 1.1|libbpf-dev|libbpf-devel|libbpf-devel|libbpf|build
jansson|lib:jansson|libjansson-dev|jansson-devel|libjansson-devel|jansson|build
ncurses, wide|lib:ncursesw|libncurses-dev|ncurses-devel|ncurses-devel|ncurses|build
protobuf-c|lib:libprotobuf-c|libprotobuf-c-dev|protobuf-c-devel|libprotobuf-c-devel|protobuf-c|build
protobuf-c compiler|cmd:${PROTOC_C:-protoc-c}|protobuf-c-compiler|protobuf-c-compiler|protobuf-c|protobuf-c|build
libdw|lib:libdw|libdw-dev|elfutils-devel|libdw-devel|elfutils|build
libelf|lib:libelf|libelf-dev|elfutils-libelf-devel|libelf-devel|libelf|build
libzstd|lib:libzstd|libzstd-dev|libzstd-devel|libzstd-devel|zstd|build
liblzma|lib:liblzma|liblzma-dev|xz-devel|xz-devel|xz|build
zlib|lib:zlib|zlib1g-dev|zlib-devel|zlib-devel|zlib|build
cmocka|lib:cmocka|libcmocka-dev|libcmocka-devel|libcmocka-devel|cmocka|test
libFuzzer|fuzzer:${CLANG:-clang}|libclang-rt-dev|compiler-rt|clang|compiler-rt|test
xz|cmd:xz|xz-utils|xz|xz|xz|test
zstd|cmd:zstd|zstd|zstd|zstd|zstd|test
tmux|cmd:tmux|tmux|tmux|tmux|tmux|test
python3|cmd:python3|python3|python3|python3|python|test
jq|cmd:jq|jq|jq|jq|jq|test
mandoc|cmd:mandoc|mandoc|mandoc|mandoc|mandoc|test
T
}

manager() {
	for m in apt-get dnf zypper pacman; do
		if command -v "$m" >/dev/null 2>&1; then
			echo "$m"
			return
		fi
	done
	echo none
}

column() {
	case $1 in
	dnf) echo 4 ;;
	zypper) echo 5 ;;
	pacman) echo 6 ;;
	*) echo 3 ;;
	esac
}

there() {
	what=$(eval "printf '%s' \"$1\"")
	case $what in
	cmd:*)
		# shellcheck disable=SC2086 # CC may carry arguments
		set -- ${what#cmd:}
		command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]
		;;
	fuzzer:*)
		# shellcheck disable=SC2086
		echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' |
			${what#fuzzer:} -x c -fsanitize=fuzzer,address -o /dev/null - 2>/dev/null
		;;
	lib:*) ${PKG_CONFIG:-pkg-config} --exists "${what#lib:}" 2>/dev/null ;;
	esac
}

manager=$(manager)
column=$(column "$manager")
missing=
packages=
while IFS='|' read -r what test rest; do
	purpose=${rest##*|}
	[ "$1" = build ] && [ "$purpose" != build ] && continue
	there "$test" && continue
	package=$(printf '%s|%s|%s' "$what" "$test" "$rest" | cut -d'|' -f"$column")
	missing="$missing$what is missing: package $package
"
	packages="$packages $package"
done <<EOT
$(table)
EOT

[ -z "$packages" ] && exit 0
if [ "$1" = build ]; then
	printf '%s' "$missing" >&2
	echo "run 'make deps' to install it" >&2
	exit 1
fi
as_root() { sh "$(dirname "$0")/as-root.sh" "$@"; }
echo "installing:$packages"
# shellcheck disable=SC2086 # a list of packages
case $manager in
apt-get)
	as_root apt-get update -qq &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends $packages
	;;
dnf) as_root dnf install -y -q $packages ;;
zypper) as_root zypper --non-interactive --quiet install $packages ;;
pacman) as_root pacman -S --needed --noconfirm $packages ;;
*)
	echo "no package manager that this knows (apt, dnf, zypper, pacman): install by hand:$packages" >&2
	exit 1
	;;
esac
