# No link is followed, also if a folder is swapped for one at the very moment
# between the look for links and the open. (test/fault/meet.c stops the program
# there.)

load lib
load witness

setup()
{
	begin
	can_meet
	make_fleet 3 -k 1
	mkdir fleet/users
	mv "$(db bob)" fleet/users/
	# What the link leads to is a database of the same name that is not to
	# be touched, nor read. A look at it would tell of what is there.
	mkdir outside
	cp fleet/users/bob_longterm.db outside/
	leave_secret
}
teardown() { end; }

leave_secret()
{
	sqlite3 outside/bob_longterm.db 'CREATE TABLE secret_plans(a);
		ALTER TABLE conversations ADD COLUMN compact_summary'
}

# The folder of bob's database becomes a link to `outside`.
SWAP='cd "$T/fleet" && mv users users.old && ln -s ../outside users'

# swapped_at N COMMAND...: runs it, and swaps the folder when SQLite has looked at
# the path of bob's database for the N-th time, and opens it next. 1: it never
# came to that.
swapped_at()
{
	local n=$1

	shift
	rm -rf fleet calls
	cp -a start fleet
	LD_PRELOAD=$MEET MEET_NTH=$n MEET_DO=$SWAP MEET_LOG=$T/calls \
		MEET_AT="lstat $T/fleet/users/bob_longterm.db" run fleet "$@"
	grep -q '^met .*[^!]$' calls
}

# at_each LEAST COMMAND...: the same for each N there is, of which there are so
# many. What is outside is not touched, nor is a word of it told.
at_each()
{
	local least=$1 n=1 before

	shift
	rm -rf start
	cp -a fleet start
	before=$(listing outside)
	while swapped_at "$n" "$@"; do
		diff <(echo "$before") <(listing outside)
		lacks secret_plans
		lacks compact_summary
		n=$((n + 1))
	done
	echo "# $((n - 1)) moments of: $*" >&3
	[ "$n" -gt "$least" ]
}

@test "links: a folder swapped for one before a database is opened in place" {
	at_each 2 upgrade --set run.strategy=in-place --jobs 1
}

@test "links: a folder swapped for one before a look" {
	for command in status verify "upgrade --dry-run"; do
		# shellcheck disable=SC2086
		at_each 1 $command
	done
}

@test "links: a folder swapped for one before a restore" {
	fleet upgrade --quiet
	cp fleet/users/bob_longterm.db outside/
	sqlite3 outside/bob_longterm.db 'CREATE TABLE secret_plans(a)'
	at_each 2 restore bob
}
