# What the end-to-end tests share. Each .bats file begins with:
#
#	load lib
#	setup() { begin; }
#	teardown() { end; }
#
# Environment, set by test/run: SRCDIR (the source tree), FLEET_UPGRADE (the
# program).
#
# begin	makes a fresh folder $T and goes there. Nothing is written elsewhere.
# fleet	is the program, on $T/fleet and $T/migrations, without a configuration
#	of the machine's.
# shellcheck shell=bash
# shellcheck disable=SC2154 # bats sets status and output

begin()
{
	local name

	SRCDIR=${SRCDIR:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
	FLEET_UPGRADE=${FLEET_UPGRADE:-$SRCDIR/src/fleet-upgrade}
	# A test that expects silence must not pass because nothing ran.
	if [ ! -x "$FLEET_UPGRADE" ]; then
		echo "$FLEET_UPGRADE is not built"
		return 1
	fi
	for name in $(compgen -e FLEET_UPGRADE_); do
		unset "$name"
	done
	unset NO_COLOR
	T=$(mktemp -d "${BATS_TMPDIR:-/tmp}/fleet-e2e.XXXXXX")
	# A link in the way (as /tmp may be) would show in every path.
	T=$(cd "$T" && pwd -P)
	cd "$T" || return 1
	umask 022
	export SRCDIR FLEET_UPGRADE T
}

end()
{
	cd / || return 1
	chmod -R u+rwX "$T" 2>/dev/null || true
	rm -rf "$T"
}

# make_fleet USERS [OPTION...]: system.db and so many users' databases at 0.3.19,
# with rows and without ledgers, in $T/fleet; the application's own migrations
# in $T/migrations. What several tests of a file begin with is made once.
make_fleet()
{
	local users=$1 made

	shift
	made=$BATS_FILE_TMPDIR/fleet-$users$*
	mkdir -p "$T/migrations" "$T/fleet"
	cp "$SRCDIR/migrations/history.md" "$T/migrations/"
	[ -e "$made" ] || "$SRCDIR/contrib/demo/make-fleet" \
		-m "$T/migrations/history.md" "$@" "$made" "$users"
	cp -r "$made/." "$T/fleet/"
}

# The file of a user of make_fleet's.
db()
{
	echo "$T/fleet/$1_longterm.db"
}

# fleet ARGUMENT...: the program, on the fleet in $T.
fleet()
{
	"$FLEET_UPGRADE" --data-dir "$T/fleet" \
		--migrations "$T/migrations" --set backup.min_free=0% "$@"
}

# exits STATUS COMMAND...: runs the command as `run` does, and fails with all of
# its output if the exit status is another.
exits()
{
	local expected=$1

	shift
	run "$@"
	if [ "$status" -ne "$expected" ]; then
		echo "exit status $status, not $expected, of: $*"
		echo "$output"
		return 1
	fi
}

# fails_to COMMAND...: it fails. (A line that begins with ! is no failure for
# bats, whatever comes of it.)
fails_to()
{
	! "$@"
}

# is_built_with asan|tsan|gcov: the program has that sanitizer in it, or counts
# coverage; some tests take less then, or make no sense.
is_built_with()
{
	grep -q "__${1}_init" "$FLEET_UPGRADE"
}

# needs_landlock: skips the test where there is none that run.sandbox could use.
# The kernel is asked, since the program may be what is wrong: that is
# landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION).
needs_landlock()
{
	local version

	version=$(python3 -c 'import ctypes
print(ctypes.CDLL(None).syscall(444, None, 0, 1))') || return
	[ "$version" -ge 2 ] || skip "this kernel has no Landlock, or an old one"
}

# on_terminal COMMAND...: what it shows on a terminal, in $output.
on_terminal()
{
	script -qec true "$T/typescript" </dev/null >/dev/null 2>&1 ||
		skip "no terminal can be had here"
	run script -qec "$(printf '%q ' "$@")" "$T/typescript" </dev/null
}

# has TEXT: the last output has it somewhere. lacks TEXT: it has not.
has()
{
	if [[ $output != *"$1"* ]]; then
		echo "\"$1\" is not in:"
		echo "$output"
		return 1
	fi
}

lacks()
{
	if [[ $output == *"$1"* ]]; then
		echo "\"$1\" is in:"
		echo "$output"
		return 1
	fi
}

# says TEXT...: the last output has each of them.
says()
{
	local text

	for text; do
		has "$text" || return 1
	done
}

# json STATUS ARGUMENT...: the program with --json, on the fleet in $T; what it
# printed is in $T/json, one object a line, and what it said besides in
# $T/errors.
json()
{
	local expected=$1 got=0

	shift
	fleet "$@" --json >"$T/json" 2>"$T/errors" || got=$?
	if [ "$got" -ne "$expected" ]; then
		echo "exit status $got, not $expected, of: $* --json"
		cat "$T/json" "$T/errors"
		return 1
	fi
	while IFS= read -r line; do
		if ! jq -e 'type == "object"' <<<"$line" >/dev/null; then
			echo "no object: $line"
			return 1
		fi
	done <"$T/json"
}

# told FILTER: what jq makes of the objects of the last `json`.
told()
{
	jq -r "$1" "$T/json"
}

# same EXPECTED GOT
same()
{
	if [ "$1" != "$2" ]; then
		printf 'expected: %s\ngot:      %s\n' "$1" "$2"
		return 1
	fi
}

# newest_run: the id of the newest run that left backups.
newest_run()
{
	find "$T/fleet/.fleet-upgrade/backups" -mindepth 1 -maxdepth 1 \
		-printf '%f\n' | sort | tail -n 1
}

# ask USER SQL: what a user's database says, as whoever looks at a copy.
ask()
{
	sqlite3 "file:$(db "$1")?mode=ro" "$2"
}

# holding FILE COMMAND...: runs the command while somebody has FILE locked for
# writing, as a busy application has.
holding()
{
	local file=$1 status=0 holder

	shift
	mkfifo "$T/holder"
	sqlite3 -bail "$file" <"$T/holder" >"$T/held" 2>&1 &
	holder=$!
	exec 8>"$T/holder"
	rm "$T/holder"
	echo "BEGIN IMMEDIATE; SELECT 'locked';" >&8
	until grep -q locked "$T/held"; do
		sleep 0.02
	done
	"$@" 8>&- || status=$?
	exec 8>&-
	wait "$holder"
	return "$status"
}

# add_step FROM TO [KIND]: a further step, with the SQL on standard input.
add_step()
{
	local kind=${3:-user}

	{
		printf '# %s to %s\n\n' "$1" "$2"
		printf '```sql\n-- [%s:%s→%s:start]\n' "$kind" "$1" "$2"
		cat
		printf -- '-- [%s:%s→%s:end]\n```\n' "$kind" "$1" "$2"
	} >"$T/migrations/step-$2-$kind.md"
}

# version_of FILE: what the ledger says; "none" without one.
version_of()
{
	sqlite3 "file:$1?mode=ro" "SELECT to_version FROM fleet_schema_history
		ORDER BY rank DESC LIMIT 1" 2>/dev/null || echo none
}

# save_fleet NAME: a copy of the fleet as it is now, for rows_kept and
# files_same. No program may have it open.
save_fleet()
{
	rm -rf "${T:?}/$1"
	cp -a "$T/fleet" "$T/$1"
	rm -rf "${T:?}/$1/.fleet-upgrade"
}

# Prints the SQL that compares every table of `old` with the same one of `main`,
# in the columns that `old` has; each row of its result is a loss.
comparing_sql()
{
	sqlite3 "$1" "
		SELECT 'SELECT ''' || replace(t.name, '''', '''''') ||
			''', count(*) FROM (SELECT ' || c.list ||
			' FROM old.' || t.quoted || ' EXCEPT SELECT ' ||
			c.list || ' FROM main.' || t.quoted ||
			') HAVING count(*) > 0 UNION ALL SELECT ''' ||
			replace(t.name, '''', '''''') || ', rows'', n FROM ' ||
			'(SELECT (SELECT count(*) FROM old.' || t.quoted ||
			') - (SELECT count(*) FROM main.' || t.quoted ||
			') AS n) WHERE n <> 0;'
		FROM (SELECT name, '\"' || replace(name, '\"', '\"\"') || '\"'
				AS quoted
			FROM sqlite_schema WHERE type = 'table'
			AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
			AND name <> 'fleet_schema_history') AS t
		JOIN (SELECT m.name AS name,
				group_concat('quote(\"' || replace(i.name,
					'\"', '\"\"') || '\")') AS list
			FROM sqlite_schema AS m, pragma_table_info(m.name) AS i
			GROUP BY m.name) AS c ON c.name = t.name"
}

# rows_kept NAME [FILE...]: every row of the saved copy is still in the fleet,
# and no row more, in the columns that the copy has (all files, or those named
# below the fleet). The files are compared as copies, so that looking changes
# nothing in the fleet.
rows_kept()
{
	local saved=$T/$1 old new file sql lost bad=0

	shift
	if [ $# -eq 0 ]; then
		mapfile -t -d '' < <(cd "$saved" &&
			find . -name '*.db' -printf '%P\0')
		set -- "${MAPFILE[@]}"
	fi
	mkdir -p "$T/compare"
	for file; do
		old=$T/compare/old.db new=$T/compare/new.db
		rm -f "$T/compare"/*
		cp "$saved/$file" "$old"
		cp "$T/fleet/$file" "$new"
		[ ! -e "$T/fleet/$file-wal" ] ||
			cp "$T/fleet/$file-wal" "$new-wal"
		# One after the other: who closes a database in WAL mode last
		# locks it for a moment.
		sql=$(comparing_sql "$old")
		lost=$(sqlite3 -bail "$new" "ATTACH '$old' AS old; $sql" 2>&1) ||
			lost="$lost (status $?)"
		if [ -n "$lost" ]; then
			echo "rows of $file differ: $lost"
			bad=1
		fi
	done
	rm -rf "${T:?}/compare"
	return "$bad"
}

# files_same NAME [FILE...]: the files are those of the saved copy, byte for
# byte, with the same modes and times, and there is none more or less.
files_same()
{
	local saved=$T/$1

	shift
	if [ $# -eq 0 ]; then
		diff <(picture "$saved") <(picture "$T/fleet")
		return
	fi
	for file; do
		cmp "$saved/$file" "$T/fleet/$file" || return 1
	done
}

# picture FOLDER: every file below it, with mode, size, modification time and
# content, but for the state directory.
picture()
{
	(cd "$1" && find . -path ./.fleet-upgrade -prune -o -type f \
		-printf '%P %m %s %T@ ' -exec sha256sum {} \; | sort)
}

# integrity of every database in the fleet, on copies.
all_sound()
{
	local file

	for file in "$T"/fleet/*.db; do
		cp "$file" "$T/sound.db"
		[ "$(sqlite3 "$T/sound.db" 'PRAGMA integrity_check')" = ok ] ||
			return 1
	done
	rm -f "$T/sound.db" "$T/sound.db-wal" "$T/sound.db-shm"
}

# break_user NAME: its database is garbage. conflict_user NAME: somebody has
# added by hand what the step 0.3.19→0.3.20 adds.
break_user()
{
	echo 'this is no database' >"$(db "$1")"
}

conflict_user()
{
	sqlite3 "$(db "$1")" \
		'ALTER TABLE conversations ADD COLUMN compact_summary TEXT'
}
