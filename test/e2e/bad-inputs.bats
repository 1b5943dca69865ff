# More than 450 bad files in one fleet: what is no database or no file, every
# byte of the header, every type of page damaged in a dozen ways, journals and
# WALs that are cut off, garbage or another database's, hostile schemas, ledgers
# of nonsense, users who are called like paths and options. Each is told once and
# left as it is, or upgraded with every row; the healthy ones beside them are
# upgraded.

load lib
setup()
{
	begin
	make_fleet 1 -r -k 20
	# Touches rows, so that triggers and indexes are.
	add_step 0.3.20 0.3.21 <<-'SQL'
		UPDATE topics SET topic_name = topic_name;
		UPDATE conversations SET message_count = message_count;
	SQL
	inputs make "$T/fleet" "$(db alice)" >"$T/count"
	# With the address sanitizer one of them takes two seconds, and more than
	# five where the machine has much else to do.
	! is_built_with asan || export MOST_SECONDS=20
	! is_built_with tsan || skip "the other builds do this"
}
teardown()
{
	end
}

inputs()
{
	python3 "$SRCDIR/test/e2e/bad-inputs.py" "$@"
}

# tried STATUS ARGUMENT...: the program ends with it, in time, has found no
# defect in itself, and has printed no control character.
tried()
{
	local expected=$1 got=0

	shift
	TMPDIR=$T timeout 300 "$FLEET_UPGRADE" --data-dir "$T/fleet" \
		--migrations "$T/migrations" --set backup.min_free=0% \
		--set run.busy_timeout=100ms --set run.retries=0 \
		"$@" >"$T/out" 2>"$T/err" || got=$?
	if [ "$got" -ne "$expected" ]; then
		echo "exit status $got, not $expected, of: $*"
		tail -n 40 "$T/err"
		return 1
	fi
	LC_ALL=C fails_to grep -n -a -P \
		'[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$T/out" "$T/err"
	iconv -f UTF-8 -t UTF-8 "$T/out" "$T/err" >"$T/valid"
}

@test "bad files are told, and left as they are or upgraded whole" {
	echo "# $(cat "$T/count") bad files" >&3
	[ "$(cat "$T/count")" -ge 450 ]
	inputs picture "$T/fleet" >"$T/before"
	cp -a fleet saved

	# Looking changes nothing, whatever it sees.
	tried 1 upgrade --dry-run --json
	jq -e . <"$T/out" >"$T/parsed"
	tried 0 status --json --verbose
	jq -e . <"$T/out" >"$T/parsed"
	tried 0 status
	tried 1 verify --json
	jq -e . <"$T/out" >"$T/parsed"
	tried 0 list
	inputs picture "$T/fleet" | diff "$T/before" -
	[ ! -e fleet/.fleet-upgrade ]

	tried 1 upgrade --json
	inputs judge "$T/fleet" "$T/saved" <"$T/out" 2>&3
	tried 0 history
	# What failed fails again, and what was upgraded is current.
	tried 1 upgrade --json
	jq -s -e '[.[] | select(.outcome == "current")] | length > 200' <"$T/out"
}
