# Real limits: a disk that is full, a file that may not grow, no more files to be
# opened, a disk that is only read, a state directory on another disk. Every
# database is whole, what is said is so, and with room the next run does what is
# left.

load lib
load sweep
load failing

setup()
{
	begin_sweeps
	make_small_fleet
}
teardown() { end; }

# apart COMMAND...: runs it with mounts of its own, which go when it ends.
apart()
{
	local how=(unshare -m)

	[ "$(id -u)" -eq 0 ] || how=(unshare -Urm)
	"${how[@]}" mount -t tmpfs none fleet 2>/dev/null ||
		skip "nothing may be mounted here"
	"${how[@]}" bash -c "set -u
		$(declare -p T SMALL state before after 2>/dev/null; declare -f)
		"'"$@"' apart "$@"
}

# told_by COMMAND...: what strike is for failing calls, where nothing is done to
# them. What it tells comes through a pipe: the limits are not for that.
told_by()
{
	fleet "$@" --set run.jobs=1 --json 2> >(cat >said) | cat >told
	status=${PIPESTATUS[0]}
}

# with_room KIB COMMAND...: COMMAND on a disk that has so much room beside the
# fleet; then the same with plenty.
with_room()
{
	local kib=$1

	shift
	mount -t tmpfs none fleet && cp -a start/. fleet || return
	kib=$((kib + $(df --output=used -k fleet | tail -n 1)))
	mount -o "remount,size=${kib}k" fleet || return
	told_by "$@"
	is_well_after_failure || return
	echo "$status" >>ends
	mount -o remount,size=16m fleet
	next_run "$@"
	kib=$?
	umount fleet
	return "$kib"
}

# Every 4 KiB are a page of the disk's.
fill()
{
	local kib most=$1

	shift
	for ((kib = 0; kib <= most; kib += STEP)); do
		if ! with_room "$kib" "$@"; then
			echo "^ $kib KiB of room, status $status, for: $*"
			cat told said
			return 1
		fi
	done
}

# measured COMMAND...: where the fleet begins and ends.
measured()
{
	local FATES=("fail:EIO:write")

	sweep_begin
	sweep_measure "$@"
	STEP=16
	! is_built_with asan || STEP=32
	[ "${FLEET_SWEEP-}" != full ] || STEP=4
	export STEP
}

# Of the ways in which a sweep's runs ended, there are at least so many, and good
# ones among them.
ended_in_ways()
{
	if ! grep -q '^0$' ends || [ "$(sort -u ends | wc -l)" -lt "$1" ]; then
		echo "only: $(xargs <ends)"
		return 1
	fi
	echo "# $(wc -l <ends) runs ended with $(sort -u ends | xargs)" >&3
}

@test "a disk that is full at any time of an upgrade" {
	measured upgrade
	apart fill 240 upgrade
	ended_in_ways 3
}

@test "a disk that is full at any time of an upgrade in place" {
	measured upgrade --set run.strategy=in-place
	apart fill 240 upgrade --set run.strategy=in-place
	ended_in_ways 3
}

@test "a disk that is full at any time of a rollback" {
	fleet upgrade --quiet
	measured rollback
	apart fill 160 rollback
	ended_in_ways 2
}

# limit WHAT NUMBER...: an upgrade with each limit, and one without.
limit()
{
	local what=$1 number

	shift
	for number; do
		rm -rf fleet
		cp -a start fleet
		cat >limited <<-SH
			#!/bin/sh
			ulimit -c 0
			ulimit $what $number
			exec "$FLEET_UPGRADE" "\$@"
		SH
		chmod +x limited
		FLEET_UPGRADE=$T/limited told_by upgrade
		# So few that the program could not even be loaded.
		[ "$status" -ne 127 ] || continue
		if ! { is_well_after_failure && next_run upgrade; }; then
			echo "^ ulimit $what $number, status $status"
			cat told said
			return 1
		fi
		echo "$status" >>ends
	done
}

@test "files that may not grow are told of, and kill nobody" {
	measured upgrade
	limit -f 0 1 4 8 12 16 20 24 28 32 48 64
	ended_in_ways 2
}

@test "without more files to be opened it is told, and nothing is lost" {
	measured upgrade
	# shellcheck disable=SC2046 # numbers
	limit -n $(seq 5 3 65)
	ended_in_ways 2
}

read_only()
{
	mount -t tmpfs none fleet && cp -a start/. fleet &&
		mount -o remount,ro fleet && told_by "$@" &&
		same "" "$(diff -r start fleet 2>&1)" || return
	echo "$status" >>ends
}

@test "a disk that can only be read is looked at, and no more" {
	measured upgrade
	apart read_only upgrade
	grep -q 'Read-only file system' said
	apart read_only upgrade --dry-run
	apart read_only status
	apart read_only verify
	same "74 0 0 0" "$(xargs <ends)"
}

# The state directory is on a disk of its own, which has so much room.
beside()
{
	local kib=$1

	mkdir -p state
	mount -t tmpfs -o "size=${kib}k,mode=700" none state || return
	rm -rf fleet
	cp -a start fleet
	told_by upgrade --set fleet.state_dir="$T/state"
	is_well_after_failure || return
	echo "$status" >>ends
	mount -o remount,size=16m state &&
		told_by upgrade --set fleet.state_dir="$T/state" &&
		same 0 "$status" && all_are after &&
		same "" "$(find state/staging -mindepth 1)"
	# Nothing can be linked or renamed from there.
	! grep -q '"strategy":"swap"' told
}

fill_beside()
{
	local kib

	for ((kib = 8; kib <= 200; kib += STEP)); do
		if ! beside "$kib"; then
			echo "^ a state directory with $kib KiB, status $status"
			cat told said
			return 1
		fi
		umount state
	done
}

@test "a state directory on another disk, full at any time" {
	measured upgrade
	apart fill_beside
	ended_in_ways 3
}

# comes_to STATUS ARGUMENT...: `exits`, for within `apart`.
comes_to()
{
	local expected=$1

	shift
	output=$(fleet "$@" 2>&1)
	same "$expected" "$?" && return
	echo "$output"
	return 1
}

# A disk without one free byte, with what three runs have backed up.
filled()
{
	mount -t tmpfs -o mode=755 none fleet && cp -a start/. fleet &&
		fleet upgrade --quiet && fleet rollback --quiet &&
		fleet upgrade --quiet --release || return
	mount -o "remount,size=$(($(df --output=used -k fleet |
		tail -n 1)))k" fleet
	cat /dev/zero >fleet/zeros 2>/dev/null
	same 0 "$(df --output=avail -k fleet | tail -n 1 | xargs)"
}

# Nothing there that could be written in place.
strip()
{
	: >fleet/.fleet-upgrade/lock
	rm fleet/.fleet-upgrade/journal.db
	! cat /dev/zero >>fleet/zeros 2>/dev/null
}

backups_of_alice()
{
	find fleet/.fleet-upgrade/backups -name alice_longterm.db | sort
}

makes_room()
{
	local most=(--set backup.keep=1 --set backup.max_age=0s) was

	filled && comes_to 6 rollback --force &&
		says "no room for the backups" "--data-dir $T/fleet" \
			"backups prune ${most[*]}" &&
		comes_to 0 backups prune && has "removed 0 backups" || return
	[ "$1" = ready ] || strip
	was=$(backups_of_alice)
	sleep 1.1
	# As it is in the message. The newest upgrade's stays.
	comes_to 0 backups prune "${most[@]}" && lacks "removed 0" &&
		[ "$(wc -l <<<"$was")" -ge 3 ] &&
		same "$(tail -n 1 <<<"$was")" "$(backups_of_alice)" || return
	mount -o remount,size=16m fleet && comes_to 0 rollback && all_sound
}

@test "a full disk keeps nobody from pruning, which makes room" {
	cp -a fleet start
	apart makes_room ready
	apart makes_room bare
}

unsigned()
{
	filled && strip && comes_to 74 rollback &&
		says "$T/fleet/.fleet-upgrade" \
			"the lock file cannot be written" \
			"no database was touched" "--data-dir $T/fleet" \
			"backups prune --set backup.keep=1"
}

@test "where a full disk keeps others from signing, it is said what helps" {
	cp -a fleet start
	apart unsigned
}
