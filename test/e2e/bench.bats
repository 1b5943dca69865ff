# The measurements work: every contender does its work and is looked after, and
# one that cheats or is missing is told apart. No time is judged here.

load lib
setup()
{
	begin
	BENCH_TOOLS=${BENCH_TOOLS:-$SRCDIR/contrib/bench}
	# Who has a dbmate may say so; nothing is looked for.
	export BENCH_TOOLS DBMATE=${DBMATE:-$T/nowhere}
	mkdir "$T/tmp" "$T/bin"
}
teardown() { end; }

# bench STATUS ARGUMENT...: the short form, which leaves nothing behind.
bench()
{
	local expected=$1

	shift
	exits "$expected" "$SRCDIR/contrib/bench/bench" --short \
		--dir "$T/tmp" --json "$T/json" "$@"
	[ -z "$(ls -A "$T/tmp")" ]
}

# stand_in NAME LINE...: a program of that name, before all others.
stand_in()
{
	local name=$1

	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$T/bin/$name"
	chmod +x "$T/bin/$name"
}

# Which contenders of a work were measured, or have the key.
measured()
{
	told ".works[] | select(.work == \"$1\") | .contenders[] |
		select(.median > 0) | .contender" | tr '\n' ' '
}

those_with()
{
	told ".works[].contenders[] | select(.$1 != null) | .contender" |
		tr '\n' ' '
}

@test "the short form does every work with every contender, and judges none" {
	local all='fleet-upgrade sqlite3 python dbmate floor '

	stand_in dbmate 'while [ "$1" != -u ]; do shift; done' \
		'sqlite3 "${2#sqlite:}" "CREATE TABLE schema_migrations(v);' \
		'INSERT INTO schema_migrations VALUES (1)" &&' \
		'sqlite3 "${2#sqlite:}" <"$4/../bare.sql"'
	[ -x "$DBMATE" ] || DBMATE=$T/bin/dbmate
	bench 0 --million
	same "$all" "$(measured swap)"
	same 'fleet-upgrade python ' "$(measured held)"
	same 'upgrade:small upgrade:middle upgrade:large ' "$(measured scale)"
	for work in idle idle-written million; do
		same 'upgrade status open-each ' "$(measured "$work")"
	done
	same 'fleet-upgrade cp ' "$(measured big)"
	same '' "$(those_with skipped)$(those_with failed)"

	same null "$(told '[.goals[].reached] | unique | .[]')"
	same 0 "$(told '[.goals[] | select(.value == null)] | length')"
	same '10 3 8 0.8' "$(told '[.goals[] | select(.work == "swap").goal |
		tostring] | join(" ")')"
	told '.machine | .cores, .kernel, .file_system, .sqlite' >facts
	same 4 "$(grep -c . facts)"
	says "not judged" "floor / fleet-upgrade"
	lacks "reached"
}

@test "a contender that did nothing is told, and is not in the table of times" {
	ln -s "$BENCH_TOOLS/open-each" "$BENCH_TOOLS/peak" bin/
	stand_in floor 'exit 0'
	stand_in dbmate 'exit 0'
	stand_in python3 "echo '$(command -v true)'"
	# The fleet gets its ledgers, and then no step.
	stand_in fleet-upgrade 'case "$*" in' \
		"*--to*) exec '$FLEET_UPGRADE' \"\$@\" ;;" 'esac'
	PATH=$T/bin:$PATH BENCH_TOOLS=$T/bin DBMATE=$T/bin/dbmate \
		FLEET_UPGRADE=$T/bin/fleet-upgrade bench 1 swap
	same 'sqlite3 ' "$(measured swap)"
	same 'fleet-upgrade python dbmate floor ' "$(those_with failed)"
	has "swap, floor: FAILED: it did not do its work"
}

@test "backups that are missing, or made too late, are told" {
	ln -s "$BENCH_TOOLS/floor" "$BENCH_TOOLS/peak" "$BENCH_TOOLS/open-each" \
		bin/
	stand_in fleet-upgrade "'$FLEET_UPGRADE' \"\$@\" || exit" \
		'case "$*" in *--to*) exit ;; esac' \
		'rm "$2"/.fleet-upgrade/backups/*/bob_longterm.db'
	stand_in sqlite3 'case "$2" in .backup*) exit ;; esac' \
		"exec '$(command -v sqlite3)' \"\$@\""
	rm bin/floor
	stand_in floor "'$BENCH_TOOLS/floor' \"\$@\" &&" \
		'cp "$2"/*_longterm.db "$2/.floor/backup/"'
	PATH=$T/bin:$PATH BENCH_TOOLS=$T/bin \
		FLEET_UPGRADE=$T/bin/fleet-upgrade bench 1 swap
	same 'fleet-upgrade sqlite3 floor ' "$(those_with failed)"
}

@test "what is not there leaves its row out, with the reason" {
	ln -s "$BENCH_TOOLS/open-each" "$BENCH_TOOLS/peak" bin/
	stand_in floor 'echo "no lease here" >&2' 'exit 77'
	stand_in python3 'exit 127'
	PATH=$T/bin:$PATH BENCH_TOOLS=$T/bin DBMATE=$T/nowhere \
		bench 0 swap held
	same 'fleet-upgrade sqlite3 ' "$(measured swap)"
	same 'python dbmate floor all ' "$(those_with skipped | tr ' ' '\n' |
		awk 'NF && !seen[$0]++' | tr '\n' ' ')"
	says "skipped: there is no python3" "skipped: no lease here"
}

@test "a run that is ended early tells what it has, and leaves nothing" {
	ln -s "$BENCH_TOOLS/open-each" "$BENCH_TOOLS/peak" bin/
	stand_in floor 'kill -TERM $PPID'
	stand_in python3 'exit 127'
	PATH=$T/bin:$PATH BENCH_TOOLS=$T/bin bench 143 swap held
	same 'fleet-upgrade sqlite3 ' "$(measured swap)"
	has "swap          sqlite3"
}

@test "a work for which there is no room is left out" {
	stand_in df 'echo Avail' 'echo 100'
	PATH=$T/bin:$PATH bench 0
	same 'all all all all ' "$(those_with skipped)"
	has "it needs 5 MiB on the disk"
}

@test "a wrong command line, and a program that is not built, are told" {
	exits 64 "$SRCDIR/contrib/bench/bench" nothing
	has "usage: bench"
	exits 64 "$SRCDIR/contrib/bench/bench" --rounds 0
	FLEET_UPGRADE=$T/nowhere exits 1 "$SRCDIR/contrib/bench/bench"
	has "nowhere is not there"
}
