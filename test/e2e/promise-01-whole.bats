# Promise 1: whatever kills the program, and at whatever instruction, every
# database is afterwards either as it was or fully at the version it was to
# reach; no repair is needed before the next run.

load lib
load sweep
load witness
setup()
{
	begin_sweeps
	make_small_fleet
}
teardown() { end; }

next_run()
{
	if ! fleet "$@" --quiet >next 2>&1; then
		echo "the next run failed:"
		cat next
		return 1
	fi
}

# A backup of every database, once, each what it was before: those of changed
# databases are kept, those of unchanged ones went.
backups_are_old()
{
	local file found=() lines

	for file in "${SMALL[@]}"; do
		found+=(fleet/.fleet-upgrade/backups/*/"$file")
	done
	if [ ${#found[@]} -ne ${#SMALL[@]} ]; then
		echo "not one backup of each: ${found[*]}"
		return 1
	fi
	mapfile -t lines < <(state_of "${found[@]}")
	for file in "${SMALL[@]}"; do
		if [ "${lines[0]}" != "${before[$file]}" ]; then
			echo "not what it was: ${found[0]}: ${lines[0]}"
			return 1
		fi
		found=("${found[@]:1}")
		lines=("${lines[@]:1}")
	done
}

# alice, carol and system.db; bob is in WAL mode.
is_swapped()
{
	local file

	for file in system.db alice_longterm.db carol_longterm.db; do
		[ "$(stat -c %i "start/$file")" != "$(stat -c %i "fleet/$file")" ] ||
			return 1
	done
}

# No backup is the live file: that would change with it.
no_live_backups()
{
	[ -z "$(find fleet -name '*.db' -links +1)" ]
}

sweep_upgrade()
{
	options=("$@")
	is_well_after_kill() { all_whole; }
	is_well_after_next_run()
	{
		next_run upgrade "${options[@]}" && all_are after && nothing_stale &&
			no_live_backups && backups_are_old
	}
	sweep_begin
	SWEEP_POINTS=60 sweep upgrade "$@"
}

@test "an upgrade killed anywhere leaves each database whole old or whole new" {
	sweep_upgrade
	[ "$calls" -ge 100 ]
	rm -rf fleet
	cp -a start fleet
	fleet upgrade --quiet
	is_swapped
}

@test "so does one in place" {
	sweep_upgrade --set run.strategy=in-place
	[ "$calls" -ge 150 ]
}

# For users a step without a transaction and a program, in numbered files; for
# system.db what it was. The versions are the same.
make_steps_apart()
{
	rm -r migrations
	mkdir -p migrations/system migrations/user
	small_schema system >migrations/system/1_start.sql
	small_schema user >migrations/user/1_start.sql
	echo "ALTER TABLE note ADD COLUMN colour TEXT;" \
		>migrations/system/2_colour.sql
	cat >migrations/user/2_length.sql <<-'SQL'
		-- fleet-upgrade: no-transaction, vacuum
		BEGIN;
		ALTER TABLE note ADD COLUMN length INTEGER;
		COMMIT;
		UPDATE note SET length = length(body);
	SQL
	cat >migrations/user/3-colour <<-'SH'
		#!/bin/sh
		exec sqlite3 "$1" "UPDATE note SET length = length + 100"
	SH
	chmod 755 migrations/user/3-colour
}

@test "so does one whose steps need a copy" {
	make_steps_apart
	sweep_upgrade --set migrations.allow_programs=yes
	[ "$calls" -ge 150 ]
	same "124 3" "$(sqlite3 fleet/bob_longterm.db "SELECT length || ' ' ||
		max(rank) FROM note, fleet_schema_history WHERE id = 1")"
}

@test "a rollback killed anywhere goes on where it was, and stays held" {
	is_well_after_kill() { all_whole; }
	is_well_after_next_run()
	{
		next_run rollback && all_are after && nothing_stale || return
		exits 6 fleet upgrade && has "held since"
	}
	fleet upgrade --quiet
	sweep_begin
	SWEEP_POINTS=60 sweep rollback
	[ "$calls" -ge 100 ]
}

@test "a rollback killed after it changed anything has left its hold" {
	is_well_after_kill() { states && held_where_changed; }
	is_well_after_next_run() { true; }
	fleet upgrade --quiet
	sweep_begin
	SWEEP_POINTS=40 sweep rollback
}

@test "a restore killed anywhere leaves each database whole old or whole new" {
	is_well_after_kill() { all_whole; }
	is_well_after_next_run()
	{
		next_run restore alice bob --force && all_are after &&
			nothing_stale
	}
	fleet upgrade --quiet
	sweep_begin
	SWEEP_POINTS=60 sweep restore alice bob
	[ "$calls" -ge 60 ]
}

@test "a forgetting of ledgers killed anywhere loses nothing" {
	is_well_after_kill() { all_whole; }
	is_well_after_next_run()
	{
		next_run baseline --forget && all_are after && nothing_stale
	}
	fleet upgrade --quiet
	sweep_begin
	SWEEP_POINTS=32 sweep baseline --forget
}

@test "a prune killed anywhere leaves the backups that have to stay" {
	is_well_after_kill() { all_are before && kept_is_there; }
	is_well_after_next_run() { prunes_to_kept; }
	make_old_backups
	sweep_begin
	SWEEP_POINTS=100 sweep "${PRUNE[@]}"
}

# Killed three times at most: where the first kill left the most to do.
@test "the run that follows a kill may be killed as well" {
	local part all

	is_well_after_kill() { all_whole; }
	is_well_after_next_run()
	{
		next_run upgrade && all_are after && nothing_stale &&
			no_live_backups && backups_are_old
	}
	sweep_begin
	mv start untouched
	for part in 3 6 9; do
		rm -rf start
		cp -a untouched start
		sweep_measure upgrade
		all=${calls_of[${FATES[0]}]}
		strike $((all * part / 10)) "${FATES[0]}" upgrade
		same 137 "$status"
		rm -rf start
		mv fleet start
		SWEEP_POINTS=12 sweep upgrade
	done
}

# Killed where the backup is still the live file itself, it leaves that to the
# next run; who ran before stands in a file which that cannot read.
@test "a run that cannot tell who was killed changes nothing" {
	local n=0 call=kill-after::name

	needs_trace
	FATES=("$call")
	sweep_begin
	sweep_measure upgrade
	while no_live_backups; do
		strike $((++n)) "$call" upgrade
		[ "$n" -le "$calls" ]
	done
	exits 74 stumbles 1 openat lock fleet upgrade
	has "fleet/.fleet-upgrade: cannot open lock: Input/output error" \
		"whether the run before died" "nothing was touched"
	exits 0 fleet upgrade
	all_are after
	no_live_backups
	nothing_stale
}

# Its backups have the names of databases.
@test "a folder that may be a state directory is not upgraded" {
	local state=(--set fleet.state_dir="$T/fleet/state") nth

	needs_trace
	fleet upgrade --quiet "${state[@]}"
	fleet rollback --quiet "${state[@]}"
	backups=$(find fleet/state/backups -type f -exec sha256sum {} +)
	for nth in 1 2; do
		exits 74 stumbles "$nth" newfstatat fleet-upgrade.state \
			fleet upgrade --release "${state[@]}"
		has "Input/output error"
		same "$backups" "$(find fleet/state/backups -type f \
			-exec sha256sum {} +)"
	done
	exits 0 fleet upgrade --release "${state[@]}"
	has "4 databases"
}
