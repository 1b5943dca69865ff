# Sweeps: something happens to the program at its n-th call to the system, for
# every n, and what it leaves is looked at. (test/fault/faultpoint.c counts the
# calls and does it.)
#
#	begin_sweeps		in place of begin
#	make_small_fleet	in $T/fleet; then whatever is to come first
#	sweep_begin		the fleet as it is now is where each point starts
#	sweep COMMAND...	counts the calls of COMMAND, lets happen at each what
#				FATES says, and calls is_well_after_kill (or
#				is_well_after_failure) and is_well_after_next_run
#				of the caller's; sets $points
#
# FLEET_SWEEP=full sweeps every point; otherwise so many of them as SWEEP_POINTS
# says, from one end to the other, beginning with another one each day; and not
# fewer than half of that.
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, whoever loads this

# What happens at a point, which error a call then ends with, and the kinds of
# calls that are points, as faultpoint.c knows them.
CHANGES=write,sync,name,dress,create,lock
FATES=("kill-before::$CHANGES" "kill-after::$CHANGES")

# FAULTPOINT is there, and does its work in this build; the test is skipped if not.
have_faultpoint()
{
	FAULTPOINT=${FAULTPOINT:-$SRCDIR/test/fault/faultpoint.so}
	[ -e "$FAULTPOINT" ] || skip "$FAULTPOINT is not built"
	! is_built_with tsan ||
		skip "the thread sanitizer does not work beside what is preloaded"
	# What happens to calls would happen to those that write its counts.
	! is_built_with gcov || skip "who is killed counts no coverage"
	# That comes before the sanitizer's library, and it is fine.
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	export FAULTPOINT ASAN_OPTIONS
}

# begin, and in memory where that can be had: a kill, unlike a power cut, asks
# nothing of the disk, and some hundred runs that sync take their time.
begin_sweeps()
{
	if [ -d /dev/shm ] && [ -w /dev/shm ]; then
		BATS_TMPDIR=/dev/shm begin
	else
		begin
	fi
	have_faultpoint
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
	chmod 600 fleet/alice_longterm.db
	chmod 640 fleet/bob_longterm.db
	chmod 664 fleet/carol_longterm.db
	[ "$(id -u)" -ne 0 ] || chgrp 12345 fleet/carol_longterm.db
}

# state_of FILE...: a line for each, as test/app/state.c says. Called in a subshell,
# which becomes that program.
state_of()
{
	exec "${STATE:-$SRCDIR/test/app/state}" "$T" "$@"
}

# states [FILE...]: fills the array `state`: of the fleet's by name, of others by
# path.
states()
{
	local file lines i=0

	mapfile -t lines < <(state_of "${SMALL[@]/#/fleet/}" "$@")
	state=()
	for file in "${SMALL[@]}" "$@"; do
		state[$file]=${lines[i++]}
	done
}

sweep_begin()
{
	declare -gA state before
	local file

	rm -rf "$T/start"
	states
	for file in "${SMALL[@]}"; do
		before[$file]=${state[$file]}
	done
	cp -a fleet "$T/start"
}

# strike N FATE COMMAND...: does COMMAND to the fleet as it was at first; its N-th
# call has that fate. Its status is in $status, what it told in $T/told (JSON)
# and $T/said, how many calls it made in $T/count.
strike()
{
	local n=$1 what failure kinds

	IFS=: read -r what failure kinds <<<"$2"
	shift 2
	rm -rf fleet count
	cp -a start fleet
	status=0
	FAULTPOINT_AT=$n FAULTPOINT_DO=$what FAULTPOINT_ERRNO=$failure \
		FAULTPOINT_CALLS=$kinds FAULTPOINT_COUNT=$T/count \
		LD_PRELOAD=$FAULTPOINT fleet "$@" --set run.jobs=1 --json \
		>told 2>said || status=$?
}

# Where each database ends when COMMAND is not disturbed, in `after`; and how
# many calls that takes, in `calls` and, by fate, in `calls_of`.
sweep_measure()
{
	declare -gA after calls_of
	local fate file

	for fate in "${FATES[@]}"; do
		strike 0 "$fate" "$@"
		same 0 "$status" || return 1
		read -r calls <count
		calls_of[$fate]=$calls
	done
	states
	for file in "${SMALL[@]}"; do
		after[$file]=${state[$file]}
	done
}

# It happened; with several threads the last calls are not always as many.
struck()
{
	local made

	case $2 in
	kill-*) [ "$status" -eq 137 ] ;;
	*) [ ! -e count ] || { read -r made <count && [ "$made" -ge "$1" ]; } ;;
	esac
}

point()
{
	local n=$1 fate=$2 is_well=is_well_after_failure

	shift 2
	[[ $fate != kill-* ]] || is_well=is_well_after_kill
	points=$((points + 1))
	if ! { strike "$n" "$fate" "$@" && struck "$n" "$fate" &&
		"$is_well" && is_well_after_next_run; }; then
		echo "^ $fate, call $n of ${calls_of[$fate]}, status $status, of: $*"
		cat told said
		return 1
	fi
}

# All points are in one row, fate by fate, and every step-th of them is looked at.
sweep()
{
	local - fate n i=0 all=0 step=1 next=1 most=${SWEEP_POINTS:-150}

	# What bats does before each command takes longer than the command.
	set +T
	sweep_measure "$@" || return 1
	points=0
	for fate in "${FATES[@]}"; do
		all=$((all + calls_of[$fate]))
	done
	if [ "${FLEET_SWEEP-}" != full ]; then
		! is_built_with asan || most=$((most / 4))
		step=$(((all + most - 1) / most))
		next=$((1 + 10#$(date +%j) % step))
	fi
	for fate in "${FATES[@]}"; do
		for ((n = 1; n <= calls_of[$fate]; n++)); do
			((++i == next)) || continue
			next=$((next + step))
			point "$n" "$fate" "$@" || return 1
		done
	done
	echo "# $points of $all points of: $*" >&3
	[ "$points" -ge $((all < most ? all : most / 2)) ]
}

# all_whole [FILE...]: every database is as it was before or as it is to be, and
# nothing between. (The state of these files is taken with theirs.)
all_whole()
{
	local file

	states "$@"
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

	states
	for file in "${SMALL[@]}"; do
		if [ "${state[$file]}" != "${expected[$file]}" ]; then
			echo "$file is not as $1: ${state[$file]}"
			return 1
		fi
	done
}

# Whatever a rollback has changed stays so for the night's upgrade. (Goes by the
# states that were taken.)
held_where_changed()
{
	local file

	for file in "${SMALL[@]}"; do
		if [ "${state[$file]}" != "${before[$file]}" ] &&
			[ ! -e fleet/.fleet-upgrade.hold ]; then
			echo "$file went back, and nothing holds it"
			return 1
		fi
	done
}

# The backups of the runs, from the oldest to the newest, and what each holds.
holdings()
{
	local folder

	for folder in fleet/.fleet-upgrade/backups/*/; do
		echo "$folder" && (cd "$folder" && state_of ./*.db)
	done
}

# Backups of three runs, of which the newest upgrade's have to stay ($kept), and
# the others go when PRUNE is done.
PRUNE=(backups prune --set backup.keep=1 --set backup.max_age=1d)
make_old_backups()
{
	local run

	fleet upgrade --quiet
	fleet rollback --quiet
	fleet upgrade --release --quiet
	for run in fleet/.fleet-upgrade/backups/*; do
		mv "$run" "${run/\/2???/\/2020}"
	done
	kept=$(holdings | tail -n 5)
}
kept_is_there() { [[ $(holdings) == *"$kept" ]]; }
prunes_to_kept()
{
	fleet "${PRUNE[@]}" >/dev/null && same "$kept" "$(holdings)"
}

# Nothing is left but databases and the state directory, and in that no folder of
# backups without one. (A database that is not opened for writing again, because
# it is where it should be, keeps what SQLite had beside it. That is part of it,
# and was counted in its state.)
nothing_stale()
{
	local ours=fleet/.fleet-upgrade paths path run stale=()
	declare -A backups=()

	mapfile -t paths < <(find fleet -printf '%y %p\n')
	for path in "${paths[@]}"; do
		run=${path#? "$ours"/backups/}
		run=${run%%/*}
		case $path in
		"d $ours/staging") ;;
		?\ "$ours"/staging/*) stale+=("$path") ;;
		"d $ours/backups") ;;
		?\ "$ours"/backups/*.db) backups[$run]=some ;;
		?\ "$ours"/backups/*) : "${backups[$run]:=none}" ;;
		?\ "$ours"/* | d\ *) ;;
		*.db | *.db-journal | *.fleet-upgrade.hold) ;;
		*/bob_longterm.db-wal | */bob_longterm.db-shm) ;;
		*/dave_longterm.db-wal | */dave_longterm.db-shm) ;;
		*) stale+=("$path") ;;
		esac
	done
	for run in "${!backups[@]}"; do
		[ "${backups[$run]}" = some ] || stale+=("backups of $run")
	done
	if [ ${#stale[@]} -gt 0 ]; then
		echo "left behind: ${stale[*]}"
		return 1
	fi
}
