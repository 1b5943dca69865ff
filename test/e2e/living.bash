# An application at work on its fleet while that is upgraded again and again:
# test/app/living.c is the application, and says what there is in its databases.
#
#	begin_living		in place of begin
#	make_living N		a fleet of N databases in $T/fleet, at version 1, and
#				a chain of $STEPS small steps in $T/migrations
#	live			the application begins, and is $PROCESSES processes
#	upgraded STRATEGY	one run, counted in $T/runs
#	rolled_back		two: a rollback, and an upgrade again
#	slowly COMMAND...	the same, with a pause before each rename of a swap
#	stop_living		the application ends; nothing of it failed
#	whole_living		nothing is lost, and everything is at $version
#
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, whoever loads this

STEPS=100
PROCESSES=9

# For less long than some read.
HASTY=(--set run.busy_timeout=200ms --set run.retries=0)

# Of the objects that a run printed: its end, with the outcomes of its
# databases, and the strategies of those upgraded; an error if one failed.
# shellcheck disable=SC2016 # the names are jq's
COUNTED='[.[] | select(.event == "database")] as $all |
	if [$all[].outcome] - ["upgraded", "current", "busy", "skipped",
		"restored", "kept"] != [] then error("a database failed")
	else last + {command: $command, as: [$all[].outcome],
		by: [$all[] | select(.outcome == "upgraded").strategy]} end'

begin_living()
{
	begin
	LIVING=${LIVING:-$SRCDIR/test/app/living}
	[ -x "$LIVING" ] || skip "$LIVING is not built"
	app_pid=
	preload=()
	MEET=${MEET:-$SRCDIR/test/fault/meet.so}
	# What is preloaded comes before the sanitizer's library.
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	export ASAN_OPTIONS
}

end_living()
{
	[ -z "$app_pid" ] || kill -KILL "$app_pid"
	end
}

# Every tenth step changes the schema as well.
living_step()
{
	local kind=$1 n=$2

	echo "INSERT INTO applied(step) VALUES ($n);"
	[ $((n % 10)) -ne 0 ] ||
		echo "ALTER TABLE note ADD COLUMN of_$n TEXT;"
}

# (One file with all of them, and not add_step, which is a process each.)
living_chain()
{
	local kind n from

	echo "# The living fleet"
	for kind in system user; do
		for ((n = 1; n <= STEPS; n++)); do
			from=$((n - 1))
			[ "$n" -gt 1 ] || from=baseline
			echo
			echo '```sql'
			echo "-- [$kind:$from→$n:start]"
			if [ "$n" -eq 1 ]; then
				cat <<-'SQL'
					CREATE TABLE note(id INTEGER NOT NULL,
						body TEXT);
					CREATE INDEX note_id ON note(id);
					CREATE TABLE applied(
						step INTEGER NOT NULL);
				SQL
			else
				living_step "$kind" "$n"
			fi
			echo "-- [$kind:$from→$n:end]"
			echo '```'
		done
	done
}

# (A step that only adds a row leaves no mark in a schema, so that databases
# without ledgers could not be told apart: they get theirs here. The backups without are not
# what is looked at.)
make_living()
{
	databases=$1
	rm -rf fleet logs
	mkdir -p fleet logs migrations
	[ -e migrations/chain.md ] || living_chain >migrations/chain.md
	"$LIVING" make fleet logs "$databases"
	fleet baseline --to 1 --quiet
	rm -r fleet/.fleet-upgrade
	version=1
}

live()
{
	local seed=${LIVING_SEED:-$RANDOM}

	echo "seed $seed"
	# Where there are fewer processors than processes, the program still
	# gets its share.
	nice -n 5 "$LIVING" work fleet logs "$databases" "$PROCESSES" \
		"$seed" >counts 2>complaints 3>&- &
	app_pid=$!
}

# runs COMMAND...: one run, amid the application. It may find databases busy, and
# then says so; none may fail. Its end is kept in $T/runs, and with it what its
# databases say.
runs()
{
	local status=0

	(
		[ "${#preload[@]}" -eq 0 ] || export "${preload[@]}"
		fleet --json --set backup.keep=1 --set backup.max_age=1s \
			--set run.busy_timeout=1s "$@"
	) >json 2>errors || status=$?
	if [[ " 0 1 2 5 " != *" $status "* ]] ||
		! jq -sc --arg command "$1" "$COUNTED" json >>runs; then
		echo "status $status of: $*"
		cat json errors
		return 1
	fi
}

# upgraded STRATEGY: to the version after the last.
upgraded()
{
	version=$((version + 1))
	runs upgrade --to "$version" --set run.strategy="$1" "${HASTY[@]}"
}

# Between the look at a lease and the rename there is next to no time, in which
# somebody has to ask for the file. Here there are 20 ms, for three databases
# in ten. (The thread sanitizer does not work beside what is preloaded.)
can_slow()
{
	[ -e "$MEET" ] && ! is_built_with tsan
}

slowly()
{
	local preload=(LD_PRELOAD="$MEET" MEET_NTH=0 MEET_WHEN=before
		MEET_AT="rename */staging/* $T/fleet/u??[1-3]_*.db"
		MEET_PAUSE_US=20000)

	"$@"
}

# And brought up again, when others are written to: the next one has to keep
# those.
rolled_back()
{
	runs rollback "${HASTY[@]}"
	kill -USR1 "$app_pid"
	runs upgrade --release --to "$version" "${HASTY[@]}"
}

# sum NAME [FILE...]: over all runs so far, or what else was counted in the
# files; what a run does not count is 0.
sum()
{
	local name=$1

	shift
	[ $# -gt 0 ] || set -- runs
	jq -s "map(.$name // 0) | add // 0" "$@"
}

stop_living()
{
	local status=0

	kill -TERM "$app_pid"
	wait "$app_pid" || status=$?
	app_pid=
	if [ "$status" -ne 0 ] || [ -s complaints ]; then
		echo "the application ended with $status:"
		head -n 40 complaints
		return 1
	fi
}

whole_living()
{
	# What was busy to the last is done now.
	exits 0 fleet upgrade --release --to "$version"
	"$LIVING" check fleet logs "$version" >found || {
		echo "the fleet of $databases:"
		head -n 40 found
		return 1
	}
}
