#!/bin/sh
# The budgets: what makes code feared is its tail, so the tail is cut off.

. "$(dirname "$0")/tap.sh"

FILE_LINES=400
FUNCTION_LINES=60
COMMENT_PERCENT=33

wrong=$(c_files src | while read -r file; do
	lines=$(wc -l <"$file")
	[ "$lines" -le "$FILE_LINES" ] || echo "$file: $lines lines"
done)
check "a file has at most $FILE_LINES lines" "$wrong"

# A function is what stands between a "{" and a "}" in the first column; it is
# counted from its own first line, the last one that begins with a letter.
# shellcheck disable=SC2016
wrong=$(c_files src | xargs awk -v limit="$FUNCTION_LINES" '
	FNR == 1 { is_open = 0 }
	/^[a-zA-Z].*\(/ && !is_open { begin = FNR; head = $0 }
	/^{/ { is_open = 1 }
	/^}/ {
		if (is_open && FNR - begin + 1 > limit)
			print FILENAME ":" begin ": " FNR - begin + 1 \
				" lines: " head
		is_open = 0
	}')
check "a function has at most $FUNCTION_LINES lines" "$wrong"

# How many lines of a file are comment, wholly or in part.
wrong=$(find src -name '*.h' | sort | while read -r file; do
	awk -v least="$COMMENT_PERCENT" -v file="$file" '
		in_comment || /\/\*/ { comment++ }
		/\/\*/ { in_comment = 1 }
		/\*\// { in_comment = 0 }
		END {
			if (comment * 100 < NR * least)
				printf "%s: %d of %d lines\n", file, comment, NR
		}' "$file"
done)
check "a header is to at least $COMMENT_PERCENT % comment" "$wrong"

code=$(c_files src | xargs cat | wc -l)
tests=$(find test -type f \( -name '*.[ch]' -o -name '*.bats' \
	-o -name '*.bash' -o -name '*.sh' \) -exec cat {} + | wc -l)
wrong=
if [ "$tests" -lt "$code" ]; then
	wrong="$tests lines of tests for $code lines of code"
fi
check "there is at least as much test code as code" "$wrong"

# A module is a source with a header of its own. Commands are tested through
# the program.
wrong=$(find src -name '*.c' ! -path 'src/cli/cmd_*' | sort |
	while read -r file; do
		name=$(basename "$file" .c)
		[ ! -e "${file%.c}.h" ] || [ -e "test/unit/test_$name.c" ] ||
			echo "$file: no test/unit/test_$name.c"
	done)
check "every module has its unit test" "$wrong"

tap_end
