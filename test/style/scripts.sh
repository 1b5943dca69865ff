#!/bin/sh
# Every script of the tree passes shellcheck, where that is installed.

. "$(dirname "$0")/tap.sh"

# The files whose first line calls a shell, and what they include.
scripts()
{
	find bootstrap .ci contrib test -type f \
		! -name '*.bats' ! -name '*.c' ! -name '*.h' 2>/dev/null |
		sort | while read -r file; do
		case $file in
		*.sh | *.bash) echo "$file" && continue ;;
		esac
		if head -n 1 "$file" | grep -qaE '^#!.*\b(sh|bash)\b'; then
			echo "$file"
		fi
	done
}

if ! command -v shellcheck >/dev/null; then
	skip "every script passes shellcheck" "shellcheck is not installed"
	tap_end
fi
wrong=$(scripts | while read -r file; do
	shellcheck -x -P SCRIPTDIR -f gcc "$file"
done)
check "every script passes shellcheck" "$wrong"
wrong=$(find test -name '*.bats' -exec shellcheck -i SC2314,SC2315 -f gcc {} +)
check "no test has a line that begins with ! and cannot fail" "$wrong"

tap_end
