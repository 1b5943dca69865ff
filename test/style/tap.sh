# What the style scripts share: each check is one TAP test.
#
#   . "$SRCDIR/test/style/tap.sh"
#   check "what holds" "what does not hold, a line each; empty if it holds"
#   tap_end
#
# shellcheck shell=sh

SRCDIR=${SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
cd "$SRCDIR" || exit 74
LC_ALL=C.UTF-8
export LC_ALL

tap_count=0
tap_failed=0

check()
{
	tap_count=$((tap_count + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_count - $1"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	printf '%s\n' "$2" | sed 's/^/# /'
}

skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

tap_end()
{
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}

# C sources and headers below the given folders, one a line.
c_files()
{
	find "$@" -name '*.[ch]' -type f | sort
}
