# The power goes, at any moment of a run: what had not been made durable may be
# on the disk or not, each piece by itself. Every database is whole old or whole
# new all the same, with a copy of what it was; what was told to be done is done;
# and the next run goes on from there.
#
# test/fault/recorder.c writes down what a run does to the disk, disk.py makes
# of it what a cut may leave, and powercut.py says what has to be so in it.
#
# POWER_RANDOM is how many states are taken at random at each moment, besides
# those that are taken anyway, POWER_NEXT how many next runs each test makes, and
# POWER_SEED what chance begins with; `make power` takes many. POWER_REPORT is a
# file that the numbers are added to.

load lib
load sweep

setup()
{
	begin_sweeps
	! is_built_with asan || skip "what is left is the same without asan"
	RECORDER=${RECORDER:-$SRCDIR/test/fault/recorder.so}
	[ -e "$RECORDER" ] || skip "$RECORDER is not built"
	make_small_fleet
}
teardown() { end; }

# record COMMAND...: from what is in start/.
record()
{
	rm -rf fleet records told
	cp -a start fleet
	find fleet -printf '%P\0%D %i\0' >inodes
	if ! LD_PRELOAD="${MEET_AT:+$MEET }$RECORDER" \
		RECORDER_LOG=$T/records \
		fleet "$@" --jobs 1 --json >told 2>said; then
		echo "it failed: $*"
		cat told said
		return 1
	fi
}

powercut()
{
	python3 -B "$SRCDIR/test/fault/powercut.py" "$@" "$T"
}

# cut FLOOR COMMAND...: every state that a cut leaves of it is well, and so many
# were looked at.
cut()
{
	local floor=$1 states

	shift
	record "$@" || return 1
	rm -rf next
	powercut --random "${POWER_RANDOM:-10}" --seed "${POWER_SEED:-1}" \
		--next "${POWER_NEXT:-4}" >looked || {
		cat looked
		echo "^ the power was cut in: $*"
		return 1
	}
	echo "$(cat looked), of: $*" | tee -a "${POWER_REPORT:-/dev/null}" |
		sed 's/^/# /' >&3
	states=$(sed 's/ .*//' looked)
	if [ "$states" -lt "$floor" ]; then
		echo "$states states are less than $floor"
		return 1
	fi
}

# changes N: the run that was recorded has told so many databases to be done.
changes()
{
	same "$1" "$(jq -s 'map(select(.outcome == "upgraded" or
		.outcome == "restored")) | length' told)"
}

# goes_on COMMAND...: it ends well from each of the states that `cut` has left
# in next/, and all is then as if the power had never been gone.
goes_on()
{
	local name

	rm -rf settled end
	mkdir settled
	mv fleet end
	for name in $(cd next && find . -mindepth 1 -maxdepth 1 -type d \
		-printf '%f\n'); do
		rm -rf fleet
		mv "next/$name" fleet
		if ! { fleet "$@" --quiet >said 2>&1 && nothing_stale; }; then
			cat said "next/$name.why"
			echo "^ so far it came; after that: $*"
			return 1
		fi
		cp -a fleet "settled/$name"
	done
	rm -rf fleet
	mv end fleet
	powercut --settled
}

# What is there now is where a run begins.
begin_here()
{
	rm -rf start
	mv fleet start
}

@test "the power goes in an upgrade" {
	begin_here
	cut 5000 upgrade
	changes 4
	goes_on upgrade
}

@test "so it does in one in place" {
	begin_here
	cut 5000 upgrade --set run.strategy=in-place
	changes 4
	goes_on upgrade
}

@test "the power goes in a rollback" {
	fleet upgrade --quiet
	begin_here
	cut 5000 rollback
	changes 4
	goes_on rollback
}

# The folders of the backups have to last as well, and the hold, in a folder that
# SQLite has no reason to sync. What dave's application left is in his WAL only.
@test "the power goes where databases lie in folders" {
	mkdir fleet/team
	small_file user team/dave_longterm.db
	small_file user team/erin_longterm.db
	sqlite3 fleet/team/dave_longterm.db 'PRAGMA journal_mode = WAL' \
		'.dbconfig no_ckpt_on_close on' \
		"INSERT INTO note(id, body) VALUES (9, 'in the WAL')" >/dev/null
	[ -s fleet/team/dave_longterm.db-wal ]
	begin_here
	cut 5000 upgrade
	changes 6
	goes_on upgrade
	begin_here
	cut 2000 rollback dave
	changes 1
	goes_on rollback dave
}

# The next run clears away, plays back, and does what is left; that may be cut
# as well.
@test "the power goes in the run that follows a cut" {
	local number

	begin_here
	cut 5000 upgrade --set run.strategy=in-place
	mv next cut
	for number in 1 2; do
		echo "# from $(cat "cut/$number.why")" >&3
		rm -rf start
		mv "cut/$number" start
		cut 500 upgrade --set run.strategy=in-place
		goes_on upgrade
	done
}

@test "the power goes in a restore" {
	fleet upgrade --quiet
	begin_here
	cut 2000 restore alice bob
	changes 2
	goes_on restore alice bob --force
}

# As swap-asked.bats does it: somebody opens the old file when the new one has
# its name already.
@test "the power goes in a swap that is undone" {
	begin_here
	export MEET_WHEN=after MEET_DO='
		"$LIVING" ask fleet/.fleet-upgrade/backups/*/alice_l* >asked'
	MEET_AT="rename */staging/* $T/fleet/alice_longterm.db" \
		cut 5000 upgrade
	same leased "$(cat asked)"
	same 1 "$(jq 'select(.event == "run-end").undone' told)"
	goes_on upgrade
}
