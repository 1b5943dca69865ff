# Kill sweeps: the program is ended by SIGKILL at its n-th call that changes
# the disk, for every n, and what it leaves is looked at. (test/fault/killpoint.c
# counts and kills.)
#
#	begin_sweeps		in place of begin
#	make_small_fleet	in $T/fleet; then whatever is to come first
#	sweep_begin		the fleet as it is now is where each point starts
#	sweep COMMAND...	counts the calls of COMMAND, ends it at each, and calls
#				is_well_after_kill and is_well_after_next_run of
#				the caller's; sets $points
#
# FLEET_SWEEP=full sweeps every point, before and after the call; otherwise so
# many of them as SWEEP_POINTS says, from one end to the other, beginning with
# another one each day.
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, whoever loads this

# begin, and in memory where that can be had: a kill, unlike a power cut, asks
# nothing of the disk, and some hundred runs that sync take their time.
begin_sweeps()
{
	if [ -d /dev/shm ] && [ -w /dev/shm ]; then
		BATS_TMPDIR=/dev/shm begin
	else
		begin
	fi
	KILLPOINT=${KILLPOINT:-$SRCDIR/test/fault/killpoint.so}
	[ -e "$KILLPOINT" ] || skip "$KILLPOINT is not built"
	! is_built_with tsan ||
		skip "the thread sanitizer does not work beside the killer"
	# It would also be ended at the writes of its own counts.
	! is_built_with gcov || skip "who is killed counts no coverage"
	# The killer comes before the sanitizer's library, and that is fine.
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	export KILLPOINT ASAN_OPTIONS
}

SMALL=(system.db alice_longterm.db bob_longterm.db carol_longterm.db)

# small_file KIND NAME: a database of the small fleet: few pages, so that there
# are few points; a rebuilt table, so that there is something to lose.
small_file()
{
	{
		small_schema "$1"
		echo "INSERT INTO note(id, body) VALUES (1, 'first of $2'),
			(2, 'second — \"quoted\"'), (7, x'00ff10');"
	} | sqlite3 -bail "fleet/$2"
}

small_schema()
{
	echo "CREATE TABLE note(id INTEGER PRIMARY KEY, body NOT NULL);"
	[ "$1" = system ] || echo "CREATE INDEX note_body ON note(body);"
}

# system.db and three users at version 1, with rows: alice has a rollback
# journal, bob a WAL, carol no ledger. The migrations go to version 2.
make_small_fleet()
{
	local kind

	mkdir -p migrations fleet
	for kind in system user; do
		small_schema "$kind" | add_step baseline 1 "$kind"
	done
	add_step 1 2 system <<<"ALTER TABLE note ADD COLUMN colour TEXT;"
	add_step 1 2 <<-'SQL'
		CREATE TABLE new_note(id INTEGER PRIMARY KEY, body NOT NULL,
			length INTEGER);
		INSERT INTO new_note SELECT id, body, length(body) FROM note;
		DROP TABLE note;
		ALTER TABLE new_note RENAME TO note;
		CREATE INDEX note_body ON note(body);
	SQL
	small_file system system.db
	small_file user alice_longterm.db
	small_file user bob_longterm.db
	fleet upgrade --to 1 --quiet
	sqlite3 fleet/bob_longterm.db 'PRAGMA journal_mode = WAL' >/dev/null
	small_file user carol_longterm.db
	rm -r fleet/.fleet-upgrade
}

# state_of FILE: the version that its ledger says, what SQLite finds wrong, its
# journal mode, and a checksum of its schema and rows but for the ledger, in
# one line. FILE is a copy: a hot journal beside it is played back.
state_of()
{
	local dump version

	sqlite3 "$1" 'PRAGMA integrity_check' 'PRAGMA journal_mode' .dump \
		2>&1 | awk -v sum=sha256sum '
		NR <= 2 { says = says " " $0; next }
		/^INSERT INTO fleet_schema_history/ { split($0, ledger, ",") }
		!/fleet_schema_history/ { print | sum }
		END {
			printf "%s%s ", ledger[4] "" == "" ? "none" : ledger[4],
				says
			fflush()
			close(sum)
		}'
}

# states FOLDER FILE...: fills the array `state`, by file, from copies.
states()
{
	local folder=$1 file

	shift
	state=()
	rm -rf "$T/looked-at"
	mkdir "$T/looked-at"
	cp "$folder"/*.db* "$T/looked-at/"
	rm -f "$T"/looked-at/*-shm
	for file; do
		state[$file]=$(state_of "$T/looked-at/$file")
	done
}

sweep_begin()
{
	declare -gA state before
	local file

	rm -rf "$T/start"
	cp -a fleet "$T/start"
	states fleet "${SMALL[@]}"
	for file in "${SMALL[@]}"; do
		before[$file]=${state[$file]}
	done
}

# Where each database ends when COMMAND is not disturbed, in `after`; and how
# many calls that takes, in `calls`.
sweep_measure()
{
	declare -gA after
	local file

	LD_PRELOAD=$KILLPOINT KILLPOINT_COUNT=$T/count \
		fleet "$@" --jobs 1 --quiet
	calls=$(cat "$T/count")
	states fleet "${SMALL[@]}"
	for file in "${SMALL[@]}"; do
		after[$file]=${state[$file]}
	done
}

# Ends COMMAND at a point; fails if it came through.
kill_at()
{
	local n=$1 when=$2 status=0

	shift 2
	rm -rf fleet
	cp -a start fleet
	(LD_PRELOAD=$KILLPOINT KILLPOINT_AT=$n KILLPOINT_WHEN=$when \
		fleet "$@" --jobs 1 --quiet) >"$T/killed" 2>&1 || status=$?
	if [ "$status" -ne 137 ]; then
		echo "status $status, not killed:"
		cat "$T/killed"
		return 1
	fi
}

point()
{
	local n=$1 when=$2

	shift 2
	points=$((points + 1))
	if ! { kill_at "$n" "$when" "$@" && is_well_after_kill &&
		is_well_after_next_run; }; then
		echo "^ ended $when call $n of $calls of: $*"
		return 1
	fi
}

# Each point is one call more; both sides of it are looked at in turn, or both
# of every one.
sweep()
{
	local n step first when=after most=${SWEEP_POINTS:-150}

	sweep_measure "$@"
	points=0
	if [ "${FLEET_SWEEP-}" = full ]; then
		for ((n = 1; n <= calls; n++)); do
			point "$n" before "$@" || return 1
			point "$n" after "$@" || return 1
		done
		return
	fi
	! is_built_with asan || most=$((most / 4))
	step=$(((calls + most - 1) / most))
	first=$((1 + 10#$(date +%j) % step))
	for ((n = first; n <= calls; n += step)); do
		[ "$when" = before ] && when=after || when=before
		point "$n" "$when" "$@" || return 1
	done
	echo "# $points of $calls points of: $*" >&3
}

# Every database is as it was before or as it is to be, and nothing between.
all_whole()
{
	local file

	states fleet "${SMALL[@]}"
	for file in "${SMALL[@]}"; do
		if [ "${state[$file]}" != "${before[$file]}" ] &&
			[ "${state[$file]}" != "${after[$file]}" ]; then
			echo "$file is neither old nor new: ${state[$file]}"
			return 1
		fi
	done
}

# Every database is what the array of that name says.
all_are()
{
	declare -n expected=$1
	local file

	states fleet "${SMALL[@]}"
	for file in "${SMALL[@]}"; do
		if [ "${state[$file]}" != "${expected[$file]}" ]; then
			echo "$file is not as $1: ${state[$file]}"
			return 1
		fi
	done
}

# Nothing is left but databases and the state directory. (A database that is not
# opened for writing again, because it is where it should be, keeps what SQLite
# had beside it. That is part of it, and was counted in its state.)
nothing_stale()
{
	local stale

	stale=$(find fleet -path fleet/.fleet-upgrade -prune -o ! -type d \
		! -name '*.db' ! -name .fleet-upgrade.hold \
		! -name 'bob_longterm.db-wal' ! -name 'bob_longterm.db-shm' \
		! -name 'dave_longterm.db-wal' ! -name 'dave_longterm.db-shm' \
		! -name 'alice_longterm.db-journal' -print
		find fleet/.fleet-upgrade/staging -mindepth 1
		find fleet/.fleet-upgrade/backups -mindepth 1 -maxdepth 1 |
			while read -r folder; do
				find "$folder" -name '*.db' | grep -q . ||
					echo "$folder"
			done)
	if [ -n "$stale" ]; then
		echo "left behind: $stale"
		return 1
	fi
}
