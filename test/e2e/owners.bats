# A fleet of several owners, upgraded by root: each database is worked on by a
# process that has its owner's rights, and the others have no part in it. What
# one of them does to his own ends there.
#
# Takes long.

load lib
load witness

# Nobody has an account with these ids.
ALICE=12345
BOB=12346
CAROL=12347

# system.db is root's; alice has two databases, in folders of her own.
setup()
{
	[ "$(id -u)" -eq 0 ] || skip "only root can give files to others"
	begin
	# Whoever the files are given to has to come to them.
	chmod 711 "$T"
	make_fleet 4 -k 1 -r
	move alice $ALICE
	move bob $BOB
	move carol $CAROL
	move dave $ALICE
	sqlite3 "$(db carol)" 'PRAGMA journal_mode = WAL' >/dev/null
	chown $CAROL:$CAROL "$(db carol)"
	chmod 640 "$(db bob)"
	save_fleet saved
	STATE=fleet/.fleet-upgrade
}
teardown()
{
	[ -n "${T-}" ] || return 0
	[ -z "${app_pid-}" ] || app_close
	[ -z "${run_pid-}" ] || kill -KILL "$run_pid" || true
	end
}

db()
{
	echo "$T/fleet/$1/$1_longterm.db"
}

# move USER ID: the database lies in a folder of the user's.
move()
{
	mkdir "fleet/$1"
	mv "fleet/$1_longterm.db" "fleet/$1/"
	chown -R "$2:$2" "fleet/$1"
}

# as ID COMMAND...: with that user's rights, and none of root's.
as()
{
	setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"
}

# at_work ID: the worker process that has the rights of that user. One that is
# dead, and that nobody has asked for its status yet, is none.
at_work()
{
	pgrep -r D,R,S,T -U "$1" -f "^$FLEET_UPGRADE "
}

# stands_at_work ID: prints the process of that user's that is to write, once it
# is there. (Its room is made before it, and after those that only look.)
stands_at_work()
{
	local run

	run=$(sed -n 's/^run //p' $STATE/lock)
	until [ -d "$STATE/owners/$1/backups/$run" ] && at_work "$1"; do
		kill -0 "$run_pid" || return 1
		sleep 0.02
	done
}

# begin_run ARGUMENT...: the program, in the background and in a process group of
# its own; until system.db has been upgraded.
begin_run()
{
	setsid env --default-signal=INT "$FLEET_UPGRADE" -d fleet \
		-m migrations --set backup.min_free=0% "$@" >said 2>&1 3>&- &
	run_pid=$!
	until [ "$(version_of fleet/system.db)" = 0.3.20 ]; do
		kill -0 "$run_pid"
		sleep 0.02
	done
}

# ends STATUS: the program begun, within some seconds.
ends()
{
	local got=0

	wait "$run_pid" || got=$?
	run_pid=
	output=$(cat said)
	if [ "$got" -ne "$1" ]; then
		echo "exit status $got, not $1"
		echo "$output"
		return 1
	fi
}

# all_at VERSION USER...
all_at()
{
	local version=$1 user

	shift
	for user; do
		same "$version" "$(version_of "$(db "$user")")"
	done
}

# Every user's database is sound.
users_sound()
{
	local user

	for user in alice bob carol dave; do
		cp "$(db "$user")" look.db
		[ ! -e "$(db "$user")-wal" ] ||
			cp "$(db "$user")-wal" look.db-wal
		same ok "$(sqlite3 look.db 'PRAGMA integrity_check')"
		rm -f look.db*
	done
}

@test "an upgrade: all get there, and nothing changes hands" {
	json 0 upgrade
	same 5 "$(told 'select(.event == "run-end").upgraded')"
	same 5 "$(told 'select(.event == "run-end").in_place')"
	all_at 0.3.20 alice bob carol dave
	rows_kept saved
	users_sound
	same "" "$(find fleet/alice fleet/dave ! -user $ALICE -o ! -group $ALICE)"
	same "" "$(find fleet/bob ! -user $BOB -o ! -group $BOB)"
	same "" "$(find fleet/carol ! -user $CAROL -o ! -group $CAROL)"
	same 640 "$(stat -c %a "$(db bob)")"
	# Nothing to do is found without a process.
	sleep 2.1
	exits 0 fleet status
	exits 0 fleet upgrade
	says "5 current" "nothing was changed"
}

@test "the backups are where it says, with the owner and mode of the originals" {
	json 0 upgrade
	for user in alice bob dave; do
		backup=$(told "select(.username == \"$user\").backup")
		cmp "$backup" "saved/$user/${user}_longterm.db"
		same "$(stat -c '%a %u %g' "saved/$user/${user}_longterm.db")" \
			"$(stat -c '%a %u %g' "$backup")"
	done
	same "$ALICE 700" "$(stat -c '%u %a' $STATE/owners/$ALICE)"
	same "$BOB 700" "$(stat -c '%u %a' $STATE/owners/$BOB)"
	same "0 711" "$(stat -c '%u %a' $STATE/owners)"
	same "0 711" "$(stat -c '%u %a' $STATE)"
	# Nobody but its owner may even look at what is in a room.
	same "" "$(find $STATE/owners -mindepth 2 -type d -perm /077)"
}

@test "a user sees, changes and swaps no backup but his own" {
	exits 0 fleet upgrade
	run=$(newest_run)
	mine=$STATE/owners/$BOB/backups/$run/bob/bob_longterm.db
	hers=$STATE/owners/$ALICE/backups/$run/alice/alice_longterm.db
	as $BOB cat "$mine" >/dev/null
	fails_to as $BOB cat "$hers" 2>/dev/null
	fails_to as $BOB ls $STATE 2>/dev/null
	fails_to as $BOB ls $STATE/owners 2>/dev/null
	fails_to as $BOB ls "$STATE/owners/$ALICE/backups" 2>/dev/null
	for file in journal.db lock backups; do
		fails_to as $BOB cat "$STATE/$file" 2>/dev/null
		fails_to as $BOB mv "$STATE/$file" "$STATE/$file.mine" 2>/dev/null
	done
	fails_to as $BOB mv "$STATE/owners/$ALICE" "$STATE/owners/hers" 2>/dev/null
	fails_to as $BOB cp "$mine" "$hers" 2>/dev/null
	fails_to as $BOB touch "$STATE/owners/new" 2>/dev/null
	# And his own he may spoil for himself only.
	as $BOB sh -c "echo 'no database' >'$mine'"
	exits 1 fleet rollback
	has bob
	all_at none alice carol dave
	all_at 0.3.20 bob
}

@test "root's own process opens no user's database, and the others are theirs" {
	local user id pid

	add_step 0.3.20 0.3.21 <<<"CREATE TABLE more(a);"
	for command in status "upgrade --dry-run" verify upgrade rollback; do
		# shellcheck disable=SC2086
		traced setuid,setgid,setgroups,open,openat fleet $command \
			>/dev/null || true
		for user in alice:$ALICE bob:$BOB carol:$CAROL dave:$ALICE; do
			id=${user#*:}
			user=${user%:*}
			grep -E "open.*/${user}_longterm.db\"" trace |
				sed 's/ .*//' | sort -u >pids
			[ -s pids ]
			while read -r pid; do
				awk -v pid="$pid" -v id="$id" -v "user=$user" '
					$1 != pid { next }
					/setgroups\(1, / { groups = 1 }
					$0 ~ "setgid\\(" id "\\)" { gid = groups }
					$0 ~ "setuid\\(" id "\\)" { uid = gid }
					$0 ~ user "_longterm.db\"" && !uid { exit 1 }
				' trace
			done <pids
		done
	done
}

@test "looking leaves no trace, and says the same" {
	untouched fleet status
	says "0.3.19" "5 pending"
	untouched fleet upgrade --dry-run
	has "5 would be upgraded"
	untouched fleet verify
	untouched fleet list
	# What lies beside a database stays where it is.
	leave_wal "$(db carol)" "INSERT INTO personal_variables(key, value) \
		VALUES ('left', 'behind')"
	untouched fleet status
	has "5 pending"
}

@test "a journal forged by a user deletes nothing of anybody else's" {
	mkdir -m 700 secret
	echo precious >secret/file
	as $ALICE sh -c "echo hers >fleet/alice/file"
	forge_journal "$(db bob)" "$T/secret/file"
	chown $BOB "$(db bob)-journal"
	forge_journal "$(db carol)" "$T/fleet/alice/file"
	chown $CAROL "$(db carol)-journal"
	for command in status verify list "upgrade --dry-run" upgrade status \
		rollback "restore bob"; do
		# shellcheck disable=SC2086
		run fleet $command
		[ -e secret/file ]
		[ -e fleet/alice/file ]
	done
	# The forgery is one.
	cp "$(db bob)" forged.db
	forge_journal forged.db "$T/secret/file"
	sqlite3 forged.db 'SELECT count(*) FROM memories' >/dev/null
	[ ! -e secret/file ]
}

@test "root's own database is not opened where others may write beside it" {
	mkdir -m 700 secret
	echo precious >secret/file
	# Put there by root, and given its name by alice.
	cp "$(db bob)" fleet/alice/note
	chown root:root fleet/alice/note
	as $ALICE mv fleet/alice/note fleet/alice/mallory_longterm.db
	forge_journal fleet/alice/mallory_longterm.db "$T/secret/file"
	chown $ALICE fleet/alice/mallory_longterm.db-journal
	for command in status verify "upgrade --dry-run" upgrade; do
		# shellcheck disable=SC2086
		run fleet $command --verbose
		has "others than root may write to the folder $T/fleet/alice"
		[ -e secret/file ]
	done
	says "1 failed" "5 upgraded"
	all_at 0.3.20 alice bob carol dave
}

@test "a database in a folder that others may write to fails alone" {
	chmod 777 fleet/bob
	as $CAROL cp "$(db carol)" fleet/bob/x_longterm.db
	forge_page "$(db bob)"
	chown $CAROL "$(db bob)-journal"
	cp "$(db bob)" before
	untouched fleet status --check --verbose
	same 3 "$status"
	has "root and user id $BOB may write to the folder $T/fleet/bob; chmod"
	exits 1 fleet upgrade
	says "2 failed" "4 upgraded" "user bob" "user x" \
		"chmod go-w $T/fleet/bob" "left untouched" \
		"root and user id $CAROL may write to the folder $T/fleet/bob"
	all_at 0.3.20 alice carol dave
	cmp before "$(db bob)"
	exits 1 fleet verify bob x
	cmp before "$(db bob)"
	# Whoever trusts them all says so. (The forgery is one.)
	run fleet verify --set run.strict_modes=no
	lacks "may write to the folder"
	sqlite3 "$(db bob)" 'SELECT 1 FROM sqlite_master' >/dev/null 2>&1 ||
		true
	fails_to cmp -s before "$(db bob)"
	cp before "$(db bob)"
	rm -f "$(db bob)-journal" fleet/bob/x_longterm.db
	chmod go-w fleet/bob
	exits 0 fleet upgrade
	has "1 upgraded, 4 current"
	rows_kept saved
}

@test "a file that looks like a marker hides nobody's databases" {
	mkdir -m 1777 fleet/team
	mv fleet/bob fleet/carol fleet/team/
	as $ALICE touch fleet/team/fleet-upgrade.state
	exits 0 fleet upgrade
	has "5 upgraded"
}

@test "a database with two names fails alone" {
	as $ALICE ln "$(db alice)" fleet/alice/zz_longterm.db
	exits 1 fleet upgrade
	says "2 failed" "4 upgraded" "user alice" "user zz" \
		"fleet/alice/zz_longterm.db is one and the same file"
	all_at none alice
	all_at 0.3.20 bob carol dave
	as $ALICE rm fleet/alice/zz_longterm.db
	exits 0 fleet upgrade
	has "1 upgraded, 4 current"
	# What is one owner's stays as it was.
	cp -a fleet/alice one
	rm -rf one/.fleet-upgrade
	ln one/alice_longterm.db one/zz_longterm.db
	untouched "$FLEET_UPGRADE" -d one -m migrations \
		--set fleet.system_db= upgrade
	same 64 "$status"
	has "one and the same file; nothing was touched"
}

@test "folders nested without end keep nobody else waiting" {
	python3 -c 'import os, sys
os.setuid(int(sys.argv[1]))
for name, depth in ("d", 1500), ("l" * 200, 25):
	os.chdir(sys.argv[2])
	for i in range(depth):
		os.mkdir(name)
		os.chdir(name)' $ALICE "$T/fleet/alice"
	ulimit -n 256
	exits 5 fleet upgrade --quiet
	says "warning: 2 folders are nested too deep" "not seen" \
		"the first is $T/fleet/alice/d/d/d"
	all_at 0.3.20 alice bob carol dave
	exits 5 fleet upgrade alice
	exits 5 fleet status --check
	exits 0 fleet status
	has "nested too deep"
	rm -rf fleet/alice/d fleet/alice/lll*
	exits 0 fleet upgrade
}

@test "a folder that not even root can read keeps nobody else waiting" {
	# As with a file system in user space: without the right to look anywhere.
	mkdir -m 700 fleet/alice/own
	chown $ALICE fleet/alice/own
	chmod 755 fleet/alice
	root="setpriv --bounding-set -dac_override,-dac_read_search"
	exits 5 $root "$FLEET_UPGRADE" -d fleet -m migrations \
		--set backup.min_free=0% upgrade --quiet
	says "warning: 1 folder was passed over" \
		"folder alice/own cannot be read" "Permission denied"
	all_at 0.3.20 alice bob carol dave
	exits 0 fleet upgrade
	# What is one owner's stays as it was.
	chown -R $ALICE fleet
	rm -rf fleet/.fleet-upgrade
	chmod 755 fleet/*/
	exits 74 $root "$FLEET_UPGRADE" -d fleet -m migrations
	says "folder alice/own cannot be read" "nothing was touched"
}

@test "a file that is mostly holes takes nobody else's room" {
	# Less than the disk holds, more than is free; and its header says so.
	python3 -c 'import os, struct, sys
disk = os.statvfs(sys.argv[1])
pages = disk.f_blocks * disk.f_frsize // 4096 - 1000
with open(sys.argv[1], "r+b") as file:
	head = bytearray(file.read(100))
	head[28:32] = struct.pack(">I", pages)
	head[92:96] = head[24:28]
	file.seek(0)
	file.write(head)
	file.truncate(pages * 4096)' "$(db alice)"
	run fleet upgrade --dry-run
	lacks "no room"
	run fleet upgrade
	lacks "no room"
	all_at 0.3.20 bob carol dave
}

@test "rollback and restore, each from the owner's own backup" {
	exits 0 fleet upgrade
	exits 0 fleet backups list
	says alice/alice_longterm.db carol/carol_longterm.db "5 backups"
	exits 0 fleet restore dave
	has "1 restored"
	all_at none dave
	all_at 0.3.20 alice bob carol
	exits 0 fleet rollback
	all_at none alice bob carol dave
	rows_kept saved
	exits 6 fleet upgrade
	exits 0 fleet upgrade --release
	has "5 upgraded"
	exits 0 fleet restore alice --run "$(newest_run)"
	exits 0 fleet upgrade alice
	has "1 upgraded, 1 current"
	all_at 0.3.20 alice
	same "" "$(find fleet/alice fleet/dave ! -user $ALICE)"
	# Each is older than nought seconds.
	sleep 1.1
	exits 0 fleet --set backup.keep=1 --set backup.max_age=0s backups prune
	has "kept 5 backups"
	# Root keeps no folder for a run of which there are no backups.
	same 2 "$(find $STATE/backups -name .run | wc -l)"
	rows_kept saved
}

@test "baseline records, and forgets" {
	exits 0 fleet baseline --to 0.3.19
	all_at 0.3.19 alice bob carol dave
	same "" "$(find fleet/alice fleet/dave ! -user $ALICE)"
	exits 0 fleet baseline --forget
	all_at none alice bob carol dave
	rows_kept saved
}

@test "a database that its owner cuts the -shm off of fails alone" {
	add_step 0.3.20 0.3.21 <<-'SQL'
		CREATE TABLE much AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
		SELECT i + 1 FROM n, personal_variables WHERE i < 1000000000
		AND personal_variables.key = 'long') SELECT max(i) AS i FROM n
		WHERE i < 400000;
	SQL
	sed -i 's/400000;/4000000;/; s/1000000000/4000000/' migrations/step-*
	app_open "$(db carol)"
	app "INSERT INTO personal_variables(key, value) VALUES ('long', 'step')"
	chown $CAROL "$(db carol)"-*
	begin_run
	# Its backup is made: the steps are going on.
	until [ -n "$(find $STATE/owners/$CAROL -name carol_longterm.db)" ]; do
		kill -0 "$run_pid"
		sleep 0.02
	done
	as $CAROL truncate -s 0 "$(db carol)-shm"
	ends 1
	says "4 upgraded" "1 failed" carol "gave no answer" \
		" verify carol"
	is_built_with asan || is_built_with tsan ||
		has "killed by signal 7 (Bus error)"
	all_at 0.3.21 alice bob dave
	app_kill
	all_at none carol
	users_sound
	rows_kept saved bob/bob_longterm.db alice/alice_longterm.db
	# And what was left is no obstacle.
	sqlite3 "$(db carol)" "DELETE FROM personal_variables WHERE key = 'long'"
	exits 0 fleet upgrade
	has "1 upgraded, 4 current"
	rows_kept saved
}

# within SECONDS ARGUMENT...: the program ends in that time. Before it the array
# `around` may have `env` and variables for it.
within()
{
	timeout -s KILL "$1" "${around[@]}" "$FLEET_UPGRADE" -d fleet \
		-m migrations --set backup.min_free=0% "${@:2}"
}

@test "a pipe in place of a -shm holds nobody up" {
	leave_wal "$(db alice)" "INSERT INTO personal_variables(key, value) \
		VALUES ('left', 'behind')"
	rm "$(db alice)-shm"
	mkfifo "$(db alice)-shm"
	chown $ALICE "$(db alice)"-*
	exits 0 within 60 status
	exits 1 within 60
	says "4 upgraded" "1 failed" "user alice" "alice_longterm.db-shm is a pipe"
	all_at 0.3.20 bob carol dave
	rm "$(db alice)-shm"
	exits 0 fleet upgrade
	rows_kept saved bob/bob_longterm.db
}

# An expression that takes days and is one step of SQLite's machine, which asks
# no clock within it.
ENDLESS="instr(replace(hex(zeroblob(20000000)), char(48), char(97)),
	replace(hex(zeroblob(10000000)), char(48), char(97)) || char(98))"

@test "what SQLite does not come back from holds nobody up" {
	add_step 0.3.20 0.3.21 <<<"UPDATE personal_variables SET value = value;"
	sqlite3 -bail "$(db alice)" "CREATE TRIGGER endless AFTER UPDATE ON
		personal_variables BEGIN SELECT $ENDLESS; END"
	chown $ALICE:$ALICE "$(db alice)"
	exits 1 within 100 --set run.database_timeout=2s \
		--set run.busy_timeout=0s
	says "4 upgraded" "1 failed" "user alice" "gave no answer" \
		"killed after 9.0 s, because it did not end by itself" \
		"begun and not finished is undone"
	all_at 0.3.21 bob carol dave
	all_at none alice
	fails_to at_work $ALICE
	rows_kept saved bob/bob_longterm.db dave/dave_longterm.db
}

@test "nor does a worker that sleeps, not in the clearing up either" {
	can_meet
	exits 0 fleet upgrade
	add_step 0.3.20 0.3.21 <<<"CREATE TABLE more(a);"
	printf 'pid 1\nrun %s\nsince x\ncommand upgrade\n' "$(newest_run)" \
		>$STATE/lock
	around=(env LD_PRELOAD="$MEET" MEET_NTH=0 MEET_WHEN=before
		MEET_PAUSE_US=900000000 MEET_AT="lstat */alice_longterm.db")
	exits 1 within 100 --set run.database_timeout=2s \
		--set run.busy_timeout=0s
	says "was interrupted" "3 upgraded" "1 failed" "user alice" \
		"because it did not end by itself"
	all_at 0.3.21 bob carol dave
	all_at 0.3.20 alice
}

@test "a second signal ends a worker that does not hear it" {
	add_step 0.3.20 0.3.21 <<<"UPDATE personal_variables SET value = value;"
	sqlite3 -bail "$(db alice)" "CREATE TRIGGER endless AFTER UPDATE ON
		personal_variables BEGIN SELECT $ENDLESS; END"
	chown $ALICE:$ALICE "$(db alice)"
	begin_run --jobs 1 --set run.database_timeout=0s
	stands_at_work $ALICE >/dev/null
	sleep 1
	kill -TERM "$run_pid"
	sleep 0.3
	kill -TERM "$run_pid"
	timeout 60 tail --pid="$run_pid" -f /dev/null
	ends 143
	says "1 failed" "killed after 10.0 s"
	all_at none alice
	fails_to at_work $ALICE
}

@test "a worker that its owner kills or stops fails alone" {
	for signal in KILL STOP; do
		app_open "$(db bob)"
		app 'BEGIN IMMEDIATE'
		begin_run --set run.busy_timeout=100s
		pid=$(stands_at_work $BOB)
		as $BOB kill -$signal "$pid"
		ends 1
		says "4 upgraded" "1 failed" "user bob" "gave no answer" \
			"begun and not finished is undone"
		app_close
		all_at none bob
		rows_kept saved
		exits 0 fleet rollback
		exits 0 fleet upgrade --release bob
		all_at 0.3.20 bob
		exits 0 fleet rollback
		hold=$(find fleet -maxdepth 1 -name '*hold*')
		[ -n "$hold" ]
		rm "$hold"
	done
}

@test "a user who spoils his room fails alone" {
	exits 0 fleet upgrade
	add_step 0.3.20 0.3.21 <<<"CREATE TABLE more(a);"
	as $BOB chmod 777 $STATE/owners/$BOB
	as $CAROL sh -c "cd $STATE/owners/$CAROL && mv staging gone &&
		ln -s $T/fleet staging"
	exits 74 fleet upgrade
	says "2 upgraded" "1 current" "2 failed" "user bob" "user carol"
	all_at 0.3.21 alice dave
	all_at 0.3.20 bob carol
	[ -e fleet/system.db ]
	as $BOB chmod 700 $STATE/owners/$BOB
	as $CAROL sh -c "cd $STATE/owners/$CAROL && rm staging &&
		mv gone staging"
	exits 0 fleet upgrade
	all_at 0.3.21 bob carol
	rows_kept saved
}

@test "one that is busy is tried again" {
	app_open "$(db alice)"
	app 'BEGIN IMMEDIATE'
	begin_run --set run.busy_timeout=100ms
	sleep 1
	app_close
	ends 0
	has "5 upgraded"
	all_at 0.3.20 alice
}

# hold_alice: a run in which alice's database is in flight, bob's has not begun.
hold_alice()
{
	app_open "$(db alice)"
	app 'BEGIN IMMEDIATE'
	begin_run --jobs 1 --set run.busy_timeout=100s
	stands_at_work $ALICE >/dev/null
}

@test "a signal to all: what is in flight is finished, the rest is left" {
	for signal in TERM INT; do
		hold_alice
		kill -$signal -- -"$run_pid"
		sleep 0.3
		at_work $ALICE >/dev/null
		app_close
		ends $((128 + $(kill -l $signal)))
		says "2 upgraded" "3 not begun"
		all_at 0.3.20 alice
		all_at none bob carol dave
		exits 0 fleet upgrade
		has "3 upgraded, 2 current"
		rm -rf fleet
		cp -a saved fleet
	done
}

@test "a second signal undoes at once, to one or to all" {
	for target in "" -; do
		hold_alice
		kill -TERM -- "$target$run_pid"
		sleep 0.3
		at_work $ALICE >/dev/null
		kill -TERM -- "$target$run_pid"
		ends 143
		app_close
		says "1 upgraded" "not begun"
		all_at none alice bob carol dave
		files_same saved alice/alice_longterm.db bob/bob_longterm.db
		exits 0 fleet upgrade
		has "4 upgraded, 1 current"
		rm -rf fleet
		cp -a saved fleet
	done
}

@test "killed, it takes its workers with it, and the next run goes on" {
	hold_alice
	kill -KILL "$run_pid"
	wait "$run_pid" || true
	run_pid=
	for i in 1 2 3 4 5 6 7 8 9 10; do
		at_work $ALICE >/dev/null || break
		sleep 0.1
	done
	fails_to at_work $ALICE
	app_close
	all_at none alice bob
	exits 0 fleet upgrade
	says "interrupted" "4 upgraded, 1 current"
	rows_kept saved
	same "" "$(find $STATE/owners/*/staging -type f)"
	fails_to at_work $ALICE
}

@test "killed after a backup, it leaves none that is of no use" {
	add_step 0.3.20 0.3.21 <<-'SQL'
		CREATE TABLE much AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
		SELECT i + 1 FROM n, personal_variables WHERE i < 100000000
		AND personal_variables.key = 'name') SELECT max(i) AS i FROM n;
	SQL
	begin_run
	until [ -n "$(find $STATE/owners -name bob_longterm.db)" ]; do
		kill -0 "$run_pid"
		sleep 0.02
	done
	kill -KILL "$run_pid"
	wait "$run_pid" || true
	run_pid=
	rm migrations/step-*
	exits 0 fleet upgrade
	says "interrupted" "4 upgraded, 1 current"
	# One of each user's, which the run has made that came to an end.
	same 4 "$(find $STATE/owners -name '*_longterm.db' | wc -l)"
	rows_kept saved
	users_sound
}

@test "what it does not do with several owners it refuses, and touches nothing" {
	untouched fleet upgrade --set run.strategy=swap
	same 78 "$status"
	has "run.strategy"
	mkdir state
	chown $ALICE state
	chmod 700 state
	untouched fleet upgrade --set fleet.state_dir="$T/state"
	same 78 "$status"
	says "several owners" "to be root's"
	untouched fleet upgrade --set fleet.state_dir="$T/fleet/alice/state"
	same 78 "$status"
	says "others than root may write" "fleet/alice"
}

@test "a file that is gone is put back as its owner, from his room" {
	exits 0 fleet upgrade
	mv "$(db bob)" gone.db
	run fleet restore bob --offline
	same 78 "$status"
	says "nothing was touched" "$T/$STATE/owners/" run.user
	[ ! -e "$(db bob)" ]
	# As nobody has an account with the id, it is bob himself here.
	cp -r migrations hers
	chmod -R a+rX hers
	exits 0 as $BOB "$FLEET_UPGRADE" -d "$T/fleet" -m "$T/hers" \
		--set fleet.state_dir="$T/$STATE/owners/$BOB" \
		restore bob --offline
	same "$BOB" "$(stat -c %u "$(db bob)")"
	rows_kept saved bob/bob_longterm.db
	exits 0 fleet upgrade
	has "1 upgraded, 4 current"
}

@test "another's databases are worked on as root only where root is said" {
	exits 0 fleet upgrade --set run.user=root
	has "5 upgraded"
	same "" "$(find fleet/alice ! -user $ALICE)"
	[ ! -e $STATE/owners ]
}

@test "many owners: a process for each, in little memory" {
	local kib i

	for i in $(seq 13000 13059); do
		mkdir "fleet/u$i"
		cp saved/alice/alice_longterm.db "fleet/u$i/u${i}_longterm.db"
		chown -R "$i:$i" "fleet/u$i"
	done
	kib=$(python3 -c 'import resource, subprocess, sys
subprocess.check_call(sys.argv[1:], stdout=open("said", "w"))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' \
		"$FLEET_UPGRADE" -d fleet -m migrations \
		--set backup.min_free=0%)
	output=$(cat said)
	has "65 upgraded"
	is_built_with asan || is_built_with tsan || [ "$kib" -lt 65536 ]
	exits 0 fleet status
	says "64 100.0 %" "all are current"
}

@test "a program has the rights of the owner, and a copy in his room" {
	rm -r migrations
	mkdir migrations
	chmod 755 migrations
	sqlite3 "$(db alice)" .schema | grep -v sqlite_ \
		>migrations/001_start.sql
	cat >migrations/002-who <<-'SH'
		#!/bin/sh
		echo "$(id -u) $(id -G) $(stat -c %u "$1")"
	SH
	chmod 755 migrations/002-who
	allow="migrations.allow_programs=yes"
	fleet baseline --to 001 --quiet --set "$allow"
	exits 0 fleet upgrade --set "$allow"
	for id in $ALICE $BOB $CAROL; do
		has "002-who said: $id $id $id"
	done
	[ -z "$(find $STATE -path '*/staging/*')" ]
}

@test "on root's terminal, a program has none" {
	rm -r migrations
	mkdir migrations
	chmod 755 migrations
	sqlite3 "$(db alice)" .schema | grep -v sqlite_ \
		>migrations/001_start.sql
	cat >migrations/002-type <<-'SH'
		#!/bin/sh
		(: </dev/tty) 2>/dev/null && echo "a terminal" || echo nothing
	SH
	chmod 755 migrations/002-type
	allow="migrations.allow_programs=yes"
	fleet baseline --to 001 --quiet --set "$allow"
	on_terminal "$FLEET_UPGRADE" -d fleet -m migrations --set "$allow" \
		--set backup.min_free=0%
	same 0 "$status"
	says "4 upgraded" "002-type said: nothing"
	lacks "said: a terminal"
}
