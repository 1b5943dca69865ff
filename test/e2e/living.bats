# Nothing that an application was told is kept gets lost, and nothing comes
# twice, while its databases are upgraded, rolled back and upgraded again under
# its hands: writers that open, insert, commit and close without pause, writers
# that stay, idle holders, readers for a moment and for long, and openers that
# do nothing but come in between.
#
# LIVING_SECONDS is for how long (`make living` says 600). After that it goes on
# until each interleaving of an upgrade and an opener was met often enough, but
# not for longer than as much again and two minutes; then it fails, naming the
# one that was not.

load lib
load living
setup() { begin_living; }
teardown() { end_living; }

# What has to be met in each episode, so often.
floors()
{
	echo "in_place 3"
	echo "restored 2"
	echo "kept 2"
}

# What has to be met in all of them together.
floors_of_all()
{
	echo "committed 200"
	echo "read 40"
	echo "in_place 20"
	echo "swapped 20"
	echo "given_up 3"
	echo "busy 3"
	# Few come at that moment where everybody is slow.
	! can_slow || echo "undone 1"
}

# missing FILE...: of the floors that are read, those not reached in the files.
missing()
{
	local name floor got

	while read -r name floor; do
		got=$(sum "$name" "$@")
		[ "$got" -ge "$floor" ] || echo "$name: $got of $floor"
	done
}

# told FILE NAME...: what was counted there of each.
told()
{
	local file=$1

	shift
	jq -jn '[inputs] as $all | $ARGS.positional[] |
		" \(.) \([$all[][.] // 0] | add)"' --args "$@" <"$file"
}

# episode DATABASES SECONDS: one application at work on one fleet.
episode()
{
	local until=$((SECONDS + $2)) round=0

	: >runs
	make_living "$1"
	live
	while [ "$round" -lt "${#ways[@]}" ] || [ "$SECONDS" -lt "$until" ] ||
		{ [ -n "$(floors | missing runs)" ] &&
			[ "$SECONDS" -lt $((until + 60)) ]; }; do
		[ "$version" -lt "$STEPS" ] || break
		${ways[round % ${#ways[@]}]}
		round=$((round + 1))
	done
	stop_living
	whole_living
	agree
	echo "# $1 databases, $round rounds:$(told runs in_place swapped \
		given_up undone restored kept busy),$(told counts committed \
		opened busy lost moved longest_open_us)" >&3
	cat runs >>all_runs
	cat counts >>all_counts
	same "" "$(floors | missing runs)"
}

# What an upgrade or a rollback counts is what its databases say. Only who came
# amid a swap that was undone has lost a race. And one has a WAL.
agree()
{
	local of='def of(name): map(select(. == name)) | length;'

	jq -se "$of"' all(
		if .command == "upgrade" then
			(.swapped // 0) == (.by | of("swap")) and
			.in_place == (.by | of("in-place"))
		else
			(.restored // 0) == (.as | of("restored")) and
			(.kept // 0) == (.as | of("kept"))
		end)' runs >/dev/null || return
	if [ "$(sum lost counts)" -gt $(($(sum undone runs) * PROCESSES)) ]; then
		echo "$(sum lost counts) lost, $(sum undone runs) undone"
		return 1
	fi
	same wal "$(sqlite3 fleet/u003_longterm.db "PRAGMA journal_mode")"
}

@test "an application loses nothing while its fleet is upgraded under its hands" {
	local sizes=(4 50 5 200) seconds=${LIVING_SECONDS:-24} i=0
	local ways=("upgraded in-place" rolled_back "upgraded auto" rolled_back)
	local each end

	! can_slow || ways=("${ways[@]/#/slowly }")
	if is_built_with asan || is_built_with tsan; then
		seconds=$((seconds / 2)) sizes=(4 20 5 50)
	fi
	each=$((seconds < 120 ? seconds / 4 : 30))
	end=$((SECONDS + seconds))
	: >all_runs >all_counts
	while [ "$i" -lt 4 ] || [ "$SECONDS" -lt "$end" ] ||
		{ [ -n "$(floors_of_all | missing all_runs all_counts)" ] &&
			[ "$SECONDS" -lt $((end + seconds + 120)) ]; }; do
		episode "${sizes[i % 4]}" "$each"
		i=$((i + 1))
	done
	same "" "$(floors_of_all | missing all_runs all_counts)"
}
