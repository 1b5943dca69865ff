#!/bin/sh
# The include graph: a folder of src/ includes itself and the folders before it
# in this list, and nothing else. It is what keeps code that runs on a worker
# thread (database and below) from naming anything of the loop thread's.
#
# Three headers of other people belong to one folder each.

. "$(dirname "$0")/tap.sh"

LAYERS="base sqlite migration replay database fleet report cli"
OWNED="sqlite3.h:sqlite uv.h:fleet ini.h:cli"

# The included names of the files of one folder, as "file:line: name".
includes_of()
{
	find "src/$1" -name '*.[ch]' -exec \
		sed -n -s '/^[ \t]*#[ \t]*include/{F;=;p}' {} + |
		paste - - - |
		sed 's/\t\([0-9]*\)\t[ \t]*#[ \t]*include[ \t]*[<"]/:\1: /;
			s/[>"].*$//'
}

allowed=
for layer in $LAYERS; do
	allowed="$allowed $layer"
	wrong=$(includes_of "$layer" | awk -v allowed="$allowed" '
		BEGIN {
			count = split(allowed, list, " ")
			for (i = 1; i <= count; i++)
				ok[list[i]] = 1
		}
		split($2, part, "/") == 2 && system_folder(part[1]) { next }
		part[2] != "" && !(part[1] in ok) { print }
		function system_folder(name) {
			return name == "sys" || name == "linux"
		}')
	check "$layer includes only:$allowed" "$wrong"
done

for pair in $OWNED; do
	header=${pair%:*}
	owner=${pair#*:}
	wrong=$(for layer in $LAYERS; do
		[ "$layer" = "$owner" ] || includes_of "$layer"
	done | awk -v header="$header" '$2 == header')
	check "$header is included in src/$owner only" "$wrong"
done

wrong=$(find src -mindepth 1 -maxdepth 1 -type d | sed 's,src/,,' |
	while read -r folder; do
		case " $LAYERS " in
		*" $folder "*) ;;
		*) echo "src/$folder is in no layer; add it to $0" ;;
		esac
	done)
check "every folder of src/ is a layer" "$wrong"

wrong=$(find src -name '*.c' | while read -r file; do
	own=${file#src/}
	own=${own%.c}.h
	[ -e "src/$own" ] || continue
	first=$(sed -n 's/^#include //p' "$file" | head -n 1)
	[ "$first" = "\"$own\"" ] || echo "$file begins with $first"
done)
check "every source includes its own header first" "$wrong"

wrong=$(grep -nE '^#include "[^/]*"' -r src || true)
check "an include of ours names its folder" "$wrong"

tap_end
