# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Completion of kpoolmon for bash. A test holds the options against the program's own table.

_kpoolmon() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i
	local options='--for --interval --objects --tags --no-rescue --probes --private --no-audit --verify --pins --from --keep --per-op --pool --include --exclude --sort
		--reverse --limit --by-change --totals --no-highlight --labels --exact
		--verbose --columns
		--format --output --append --changed --snapshot --alert --alerts --once --state --syslog --exec --kernel --root --help --version'
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [ "${COMP_WORDS[i]}" = -- ]; then
			mapfile -t COMPREPLY < <(compgen -c -f -- "$cur")
			return
		fi
	done
	case $prev in
	--format) mapfile -t COMPREPLY < <(compgen -W 'table csv json record prometheus' -- "$cur") ;;
	--sort | --columns)
		mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --help 2>/dev/null |
			awk '/^Columns:/ { on = 1; next } /^$/ { on = 0 } on { print $1 }')" -- "$cur")
		;;
	--kernel)
		mapfile -t COMPREPLY < <(compgen -W "$(ls /lib/modules 2>/dev/null)" -- "$cur")
		;;
	--root | --pins) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
	-o | --output | --alerts | --state | --exec | -n | --snapshot | -g | --labels | --from)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	--for | -D | --interval | --objects | --tags | --keep | --per-op | --probes | --alert | --limit | -i | --include | -x | --exclude) ;;
	*)
		[ "$COMP_CWORD" -eq 1 ] && options="console dump watch suspects find start stop status record replay diff report audit $options"
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		;;
	esac
}
complete -F _kpoolmon kpoolmon
