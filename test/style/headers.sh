#!/bin/sh
# Every header compiles alone, whatever was included before it, and its guard
# is named after it.

. "$(dirname "$0")/tap.sh"

CC=${TEST_CC:-cc}
CFLAGS=${TEST_CFLAGS:-"-std=gnu11 -D_GNU_SOURCE -Wall -Wextra"}

wrong=$(find src -name '*.h' | sort | while read -r header; do
	printf '#include "%s"\n#include "%s"\n' "${header#src/}" \
		"${header#src/}" |
		eval "$CC" "$CFLAGS" -Werror -Isrc -fsyntax-only -x c - 2>&1 |
		sed "s|^|$header: |" | head -n 5
done)
check "every header compiles alone, and twice" "$wrong"

wrong=$(find src -name '*.h' | sort | while read -r header; do
	guard=FLEET_$(echo "${header#src/}" | tr 'a-z/.' 'A-Z__')
	grep -q "^#ifndef $guard\$" "$header" ||
		echo "$header: the guard is not $guard"
done)
check "every header has a guard of its own name" "$wrong"

tap_end
