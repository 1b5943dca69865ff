# Nothing that an application was told is kept gets lost, and nothing comes
# twice, while its databases are upgraded under its hands: writers that open,
# insert, commit and close without pause, writers that stay, idle holders,
# readers, and openers that do nothing but come in between.
#
# LIVING_SECONDS is for how long (`make living` says 600). After that it goes on
# until each interleaving of an upgrade and an opener was met often enough, but
# not for longer than as much again and a minute; then it fails, naming the one
# that was not.

load lib
load living
setup() { begin_living; }
teardown() { end_living; }

# What has to be met, each so often.
floors()
{
	echo "runs in_place $1"
	echo "application committed $(($1 * 10))"
	echo "application read $(($1 * 2))"
	echo "runs swapped $1"
	echo "runs given_up 3"
	# With a sanitizer everybody is slow, and few come at that moment.
	! can_slow || echo "runs undone $(sanitized 1 3)"
}

# The first one in a build with a sanitizer, or else the second.
sanitized()
{
	if is_built_with asan || is_built_with tsan; then
		echo "$1"
	else
		echo "$2"
	fi
}

reached()
{
	case $1 in
	runs) sum "$2" ;;
	application) app_sum "$2" ;;
	esac
}

# The floors that are not reached.
missing()
{
	local of name floor got

	floors 20 | while read -r of name floor; do
		got=$(reached "$of" "$name")
		[ "$got" -ge "$floor" ] || echo "$name: $got of $floor"
	done
}

# episode DATABASES SECONDS: one application at work on one fleet.
episode()
{
	local until=$((SECONDS + $2)) round=0

	make_living "$1"
	live 8
	while [ "$round" -lt 3 ] || [ "$SECONDS" -lt "$until" ]; do
		[ "$version" -lt "$STEPS" ] || break
		${ways[round % ${#ways[@]}]}
		round=$((round + 1))
		[ $((round % 15)) -ne 10 ] || rolled_back u001
	done
	stop_living
	whole_living
}

# What an upgrade counts is what its databases say.
agree()
{
	local of='def of(way): .by | map(select(. == way)) | length;'

	jq -se "$of"' map(select(.command == "upgrade")) |
		all((.swapped // 0) == of("swap") and
			.in_place == of("in-place"))' runs >/dev/null
}

@test "an application loses nothing while its fleet is upgraded under its hands" {
	local sizes=(4 50 2 200) seconds=${LIVING_SECONDS:-24} i=0
	local ways=("upgraded auto" "upgraded in-place") each end

	! can_slow || ways+=("slowly upgraded auto")
	if is_built_with asan || is_built_with tsan; then
		seconds=$((seconds / 2)) sizes=(4 20 2 50)
	fi
	each=$((seconds < 120 ? seconds / 4 : 30))
	end=$((SECONDS + seconds))
	: >runs >ended
	while [ "$i" -lt 4 ] || [ "$SECONDS" -lt "$end" ] ||
		{ [ -n "$(missing)" ] &&
			[ "$SECONDS" -lt $((end + seconds + 60)) ]; }; do
		episode "${sizes[i % 4]}" "$each"
		i=$((i + 1))
		agree
	done
	echo "# $(wc -l <runs) runs: in place $(sum in_place)," \
		"swapped $(sum swapped), given up $(sum given_up)," \
		"undone $(sum undone)" >&3
	echo "# application: $(app_sum committed) rows," \
		"$(app_sum opened) opens, $(app_sum lost) races lost," \
		"$(app_sum moved) moved; longest wait" \
		"$(jq -s 'map(.longest_open_us) | max / 1000' ended) ms" >&3
	same "" "$(missing)"
}
