#!/bin/sh
# Patches rot: every mutant in test/mutants/ applies to its source as it stands,
# the result compiles, and its tests are there. (`make mutants` shows that these
# see it.)

. "$(dirname "$0")/tap.sh"

CC=${TEST_CC:-cc}
CFLAGS=${TEST_CFLAGS:-"-std=gnu11 -D_GNU_SOURCE -Wall -Wextra"}

mutated=$(mktemp) || exit 74
trap 'rm -f "$mutated"' EXIT

# What is wrong with the patch $1, of the source $2.
judge()
{
	if ! patch -s -N -F 0 -r - -o - "$2" "$1" >"$mutated"; then
		echo "it cannot be applied to $2; make it anew"
		return
	fi
	eval "$CC" "$CFLAGS" -Isrc -fsyntax-only -x c "$mutated" 2>&1 |
		head -n 5
	grep -q '^Seen by: ' "$1" || echo "it names no test"
	sed -n 's/^Seen by: //p' "$1" | while read -r test; do
		[ -e "$test" ] || [ -e "$test.c" ] || echo "there is no $test"
	done
}

if ! command -v patch >/dev/null; then
	skip "every mutant can be made" "patch is not installed"
	tap_end
fi
wrong=$(for patch in test/mutants/*.patch; do
	judge "$patch" "$(sed -n 's|^+++ b/||p' "$patch")" 2>&1 |
		sed "s|^|$patch: |"
done)
check "every mutant can be made" "$wrong"

tap_end
