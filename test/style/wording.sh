#!/bin/sh
# How the text itself looks: line lengths, blanks, words.

. "$(dirname "$0")/tap.sh"

COLUMNS_MOST=80

sources()
{
	c_files src test
}

wrong=$(sources | while read -r file; do
	expand "$file" | grep -nE "^.{$((COLUMNS_MOST + 1)),}" |
		sed "s|^|$file:|"
done)
check "no line of C is over $COLUMNS_MOST columns" "$wrong"

wrong=$(sources | xargs grep -HnE '[ 	]+$' || true)
check "no line of C ends in blanks" "$wrong"

wrong=$(sources | xargs grep -HnE '^ +[^ *]' || true)
check "C is indented with tabs" "$wrong"

wrong=$(sources | xargs grep -HnE '(^|[ 	])//' || true)
check "comments of C stand between /* and */" "$wrong"

wrong=$(c_files src | xargs grep -HnE '\b(TODO|FIXME|XXX)\b' || true)
check "nothing is left for later" "$wrong"

# A message is part of a longer line: it begins small and has no full stop.
wrong=$(c_files src | xargs grep -HnE \
	'error_(set|set_errno|prefix|append)\(.*"[A-Z][a-z]+ ' || true)
check "a message begins in lower case" "$wrong"

wrong=$(c_files src | xargs grep -HnE 'typedef (struct|enum)' || true)
check "no struct and no enum hides behind a typedef" "$wrong"

# What a file keeps for all its callers, two threads could write at once.
wrong=$(c_files src | grep '\.c$' | xargs grep -HnE \
	'^static [^(]*(=|;)' | grep -vE '\bconst\b' || true)
check "no file keeps state of its own" "$wrong"

tap_end
