# Somebody asks for a database at a moment of its swap: each moment that there
# is, on purpose and one by one. (test/fault/meet.c stops the program there;
# living.bats leaves it to chance.)

load lib
load living

setup()
{
	begin_living
	can_slow || skip "nothing can be preloaded"
	make_living 3
	export LIVING LIVE=$T/fleet/u001_longterm.db
	inode=$(stat -c %i "$LIVE")
}

teardown() { end_living; }

# meeting WHEN CALL COMMAND: an upgrade to version 2, and COMMAND at that call;
# in it, $LIVE is the file and $LIVING the application. Fails if the moment never
# came.
meeting()
{
	local preload=(LD_PRELOAD="$MEET" MEET_WHEN="$1" MEET_AT="$2"
		MEET_DO="$3" MEET_LOG="$T/calls")

	: >runs
	version=2
	runs upgrade --to 2 --jobs 1
	if ! grep -q "^met .*[^!]$" calls; then
		echo "nobody met: $1 $2"
		cat calls
		return 1
	fi
}

# counted SWAPPED GIVEN_UP UNDONE: what the upgrade counted, of three databases.
counted()
{
	same "swapped $1 in_place $((3 - $1)) given_up $2 undone $3" \
		"swapped $(sum swapped) in_place $(sum in_place) given_up $(
		sum given_up) undone $(sum undone)"
}

# The file is the one that it was, or another.
is_old_file()
{
	same "$inode" "$(stat -c %i "$LIVE")"
}

is_new_file()
{
	! is_old_file >/dev/null
}

# puts CODE...: the row that somebody put got these codes, and is there once,
# and then is known to the logs, so that whole_living does not take it amiss.
puts()
{
	local tries=600

	until [ "$(tail -n 1 put)" = 0 ] || [ $((tries -= 1)) -eq 0 ]; do
		sleep 0.05
	done
	same "$*" "$(xargs <put)"
	same 1 "$(sqlite3 "file:$LIVE?mode=ro" \
		'SELECT count(*) FROM note WHERE id = 4294967297')"
	echo "1 4294967297 ok" >logs/1
}

# Puts a row, and waits until that stands in open(), where the name has been
# looked up already.
PUT_ONE=' n=0; $LIVING put $LIVE 4294967297 >put 2>&1 </dev/null 3>&- &
	until grep -q lease /proc/$!/wchan || [ $((n += 1)) -gt 40 ]; do
		sleep 0.05
	done'

@test "nobody asks: all are swapped, and the old file is the backup" {
	: >runs
	version=2
	runs upgrade --to 2
	counted 3 0 0
	is_new_file
	same "$inode" "$(stat -c %i \
		fleet/.fleet-upgrade/backups/*/u001_longterm.db)"
	whole_living
}

@test "asked for while its copy is migrated: it is done in place" {
	meeting after "setlease write $LIVE" \
		'$LIVING ask $LIVE >asked'";$PUT_ONE"
	same leased "$(cat asked)"
	counted 2 1 0
	is_old_file
	puts 0
	whole_living
}

@test "asked for between link and rename: the link goes, it is done in place" {
	meeting after "link $LIVE */backups/*" \
		'$LIVING ask $LIVE >asked'";$PUT_ONE"
	same leased "$(cat asked)"
	counted 2 1 0
	is_old_file
	puts 0
	whole_living
}

@test "asked for at the last moment before the rename" {
	meeting before "rename */staging/* $LIVE" '$LIVING ask $LIVE >asked'
	same leased "$(cat asked)"
	counted 2 0 1
	is_old_file
	whole_living
}

@test "the old file asked for behind the rename: the rename is undone" {
	meeting after "rename */staging/* $LIVE" \
		'$LIVING ask fleet/.fleet-upgrade/backups/*/u001_l* >asked'
	same leased "$(cat asked)"
	counted 2 0 1
	is_old_file
	whole_living
}

@test "the new file asked for behind the rename: who asks gets the new one" {
	meeting after "rename */staging/* $LIVE" \
		'$LIVING ask $LIVE >asked'";$PUT_ONE"
	same leased "$(cat asked)"
	counted 3 0 0
	is_new_file
	puts 0
	whole_living
}

@test "both asked for: the new one's opener loses once, and no row is lost" {
	meeting after "rename */staging/* $LIVE" \
		'$LIVING ask $LIVE fleet/.fleet-upgrade/backups/*/u001_l* >asked'";$PUT_ONE"
	same "leased leased" "$(xargs <asked)"
	counted 2 0 1
	is_old_file
	puts 26 0
	whole_living
}

# Saves the application's file anew, as editors do: a whole file, renamed over the
# old one.
SAVE=' cp "$T/saved" "$LIVE.new"; mv "$LIVE.new" "$LIVE"'

# A copy of it with a row that the file has not.
make_saved()
{
	export T
	cp "$LIVE" saved
	sqlite3 saved "CREATE TABLE precious(word); INSERT INTO precious VALUES ('x')"
}

is_saved()
{
	same x "$(sqlite3 "file:$LIVE?mode=ro" 'SELECT word FROM precious')"
}

@test "another file renamed over it at the last moment is not lost" {
	make_saved
	meeting before "rename */staging/* $LIVE" "$SAVE"
	counted 2 0 1
	is_saved
	same '' "$(ls -A fleet/.fleet-upgrade/staging)"
	whole_living
}

@test "another file renamed over the new one is not lost to an undo" {
	make_saved
	meeting after "rename */staging/* $LIVE" \
		'$LIVING ask fleet/.fleet-upgrade/backups/*/u001_l* >asked;'"$SAVE"
	same leased "$(cat asked)"
	counted 3 0 0
	is_saved
	same '' "$(ls -A fleet/.fleet-upgrade/staging)"
	exits 0 fleet upgrade --to 2
	is_saved
}

@test "nor is one that comes in the instant of the undo" {
	make_saved
	export LIVE
	cat >come <<-EOF
		case \$(wc -l <met) in
		0) $LIVING ask fleet/.fleet-upgrade/backups/*/u001_l* >asked ;;
		1) $SAVE ;;
		esac
		echo >>met
	EOF
	: >met
	MEET_NTH=0 meeting before "rename */staging/* $LIVE" '. ./come'
	counted 3 0 0
	is_saved
}

@test "who has it open all along is not asked to let go" {
	exec 7<"$LIVE"
	: >runs
	version=2
	runs upgrade --to 2
	exec 7<&-
	counted 2 0 0
	is_old_file
	whole_living
}
