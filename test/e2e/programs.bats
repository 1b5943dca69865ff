# A step may be a program: it gets a private copy of each database, which takes
# the old one's place if it is still what it may be; else nothing has happened.

# shellcheck disable=SC2016 # what stands in single quotes, the programs expand
load lib
setup()
{
	begin
	mkdir migrations fleet
	cat >migrations/001_start.sql <<-'SQL'
		CREATE TABLE note(id INTEGER PRIMARY KEY, body, hash);
	SQL
	rows="INSERT INTO note(id, body) VALUES (1, 'one'), (2, 'two')"
	make system
	make alice_longterm
	make bob_longterm
	programs baseline --to 001 --quiet
	sqlite3 fleet/bob_longterm.db 'PRAGMA journal_mode = WAL' >/dev/null
}
teardown() { end; }

# make NAME: a database at 001.
make()
{
	{ cat migrations/001_start.sql && echo "$rows;"; } |
		sqlite3 -bail "fleet/$1.db"
}

programs()
{
	fleet --set migrations.allow_programs=yes "$@"
}

# program NAME: the step of that name does what standard input says.
program()
{
	{ echo '#!/bin/sh' && cat; } >"migrations/$1"
	chmod 755 "migrations/$1"
}

# is_gone PID: or at least dead, and nobody has asked for its status.
is_gone()
{
	fails_to grep '^State:[[:space:]]*[^XZ[:space:]]' "/proc/$1/status" 2>/dev/null
}

# fails PART...: alice and bob fail, say each PART, and stay as they were; and
# nothing is left of it.
fails()
{
	save_fleet before
	exits 1 programs upgrade
	says "2 failed" "$@"
	files_same before alice_longterm.db
	rows_kept before
	[ -z "$(find fleet/.fleet-upgrade/staging -mindepth 1)" ]
	[ "$(version_of fleet/alice_longterm.db)" = 001 ]
	[ "$(version_of fleet/bob_longterm.db)" = 001 ]
	[ -z "$(find fleet/.fleet-upgrade/backups -path "*$(last_run)*" \
		-name '*.db')" ]
}

last_run()
{
	grep -o 'run [0-9TZ]*-[0-9a-f]*' <<<"$output" | head -n 1 | cut -c5-
}

@test "it changes rows, and what it said is noted" {
	program 002-hash.sh <<-'SH'
		sqlite3 "$FLEET_UPGRADE_DB" "UPDATE note SET hash = 'h' || body" &&
			echo "hashed for $FLEET_UPGRADE_USERNAME"
	SH
	programs upgrade >said
	grep "002-hash.sh said: hashed for" said
	for user in alice bob; do
		same "hone,htwo" "$(ask $user 'SELECT group_concat(hash) FROM note')"
		same 002 "$(version_of "$(db $user)")"
	done
	same delete "$(ask alice 'PRAGMA journal_mode')"
	same wal "$(sqlite3 fleet/bob_longterm.db 'PRAGMA journal_mode')"
	[ -z "$(find fleet/.fleet-upgrade/staging -mindepth 1)" ]
	# And it is not run again.
	program 002-hash.sh <<<"exit 9"
	programs upgrade --quiet
}

@test "it is taken back, for nobody has written since" {
	program 002-hash <<<'sqlite3 "$1" "UPDATE note SET hash = 1"'
	save_fleet before
	programs upgrade --quiet
	exits 0 programs rollback
	has "2 restored"
	rows_kept before
}

@test "its surroundings are what they are said to be" {
	program 002-look <<-SH
		exec >"$T/\$FLEET_UPGRADE_USERNAME" 2>&1
		env | sort
		pwd
		cat
		ls -l /proc/self/fd | grep -c '[0-9] -> '
		ls
		echo "\$# \$1"
	SH
	FOO=bar HOME=/root programs upgrade --quiet --set run.jobs=2
	cd "$T"
	staged=$T/fleet/.fleet-upgrade/staging
	grep -x "FLEET_UPGRADE_DB=$staged/.*/alice_longterm.db" alice
	grep -x "FLEET_UPGRADE_KIND=user" alice
	grep -x "FLEET_UPGRADE_USERNAME=alice" alice
	grep -x "FLEET_UPGRADE_FROM=001" alice
	grep -x "FLEET_UPGRADE_TO=002" alice
	grep -x "FLEET_UPGRADE_RUN=$(newest_run)" alice
	grep -x "PATH=$PATH" alice
	grep "^LANG=" alice
	fails_to grep "^FOO=\|^HOME=" alice
	grep -x "$staged/.*" alice
	# 0, 1, 2 and the one with which ls looks.
	grep -x 4 alice
	grep -x "alice_longterm.db" alice
	grep -x "1 $staged/.*/alice_longterm.db" alice
	grep -x "FLEET_UPGRADE_USERNAME=bob" bob
}

@test "it has no terminal, though the run has one" {
	program 002-type <<-'SH'
		(: </dev/tty) 2>/dev/null && echo "a terminal" || echo nothing
	SH
	on_terminal "$FLEET_UPGRADE" -d fleet -m migrations \
		--set migrations.allow_programs=yes --set backup.min_free=0%
	same 0 "$status"
	has "002-type said: nothing"
	lacks "said: a terminal"
}

@test "an exit status that is not 0 is a failure, with its last words" {
	program 002-fail <<-'SH'
		sqlite3 "$1" "DELETE FROM note"
		echo "no such
		account"
		exit 3
	SH
	fails "002-fail ended with status 3" "it said: no such account" \
		"user:001→002"
}

@test "one that crashes has failed" {
	program 002-crash <<<'kill -SEGV $$'
	fails "was killed by signal 11"
}

@test "one that takes too long is killed, and so is what it has begun" {
	program 002-slow <<-SH
		# fleet-upgrade: timeout=300ms
		sleep 987 &
		echo \$! >"$T/pid-\$FLEET_UPGRADE_USERNAME"
		echo waiting
		wait
	SH
	fails "took longer than its own timeout lets it, and was killed" \
		"it said: waiting"
	is_gone "$(<pid-alice)"
	is_gone "$(<pid-bob)"
}

@test "run.database_timeout is its time, where it names none" {
	program 002-slow <<<"sleep 987"
	exits 1 programs upgrade --set run.database_timeout=400ms
	says "2 failed" "took longer than run.database_timeout lets it"
}

@test "more time than run.database_timeout may be asked for" {
	program 002-slow <<-'SH'
		# fleet-upgrade: timeout=20s
		sleep 1
		sqlite3 "$1" "UPDATE note SET hash = 1"
	SH
	programs upgrade --quiet --set run.database_timeout=600ms
	same 1 "$(ask alice 'SELECT max(hash) FROM note')"
}

@test "without migrations.allow_programs nothing is begun" {
	program 002-x <<<"touch $T/ran"
	save_fleet before
	exits 65 fleet upgrade
	says "migrations/002-x" "migrations.allow_programs = yes"
	files_same before
	[ ! -e ran ]
}

@test "what others may write to is not run" {
	program 002-x <<<"touch $T/ran"
	chmod o+w migrations/002-x
	save_fleet before
	exits 65 programs upgrade
	says "migrations/002-x" "chmod go-w"
	files_same before
	[ ! -e ran ]
}

@test "the schema is none of its business" {
	program 002-schema <<<'sqlite3 "$1" "CREATE TABLE more(a)"'
	fails "002-schema changed the schema" "more" "write that as an SQL step"
	program 002-schema <<<'sqlite3 "$1" "ALTER TABLE note ADD x"'
	fails "002-schema changed the schema"
}

@test "nor is the ledger" {
	program 002-ledger <<-'SH'
		sqlite3 "$1" "INSERT INTO fleet_schema_history(to_version)
			VALUES ('009')"
	SH
	fails "002-ledger changed fleet_schema_history"
}

@test "a copy that is gone, or no database any more, is a failure" {
	program 002-bad <<<'rm "$1"'
	fails "002-bad left no database that can be used"
	program 002-bad <<<'echo garbage >"$1"'
	fails "002-bad left no database that can be used"
	program 002-bad <<<': >"$1"'
	fails "002-bad left no database that can be used"
	program 002-bad <<<'rm "$1" && ln -s /etc/passwd "$1"'
	fails "002-bad left no database that can be used"
	program 002-bad <<<'rm "$1" && mkfifo "$1-journal"; echo >"$1"'
	fails "002-bad left no database that can be used"
	program 002-bad <<-'SH'
		sqlite3 "$1" "PRAGMA page_size = 1024; VACUUM"
	SH
	fails "002-bad left no database that can be used" "page size"
}

@test "rows that break what the schema promises are a failure" {
	printf '%s\n' "CREATE TABLE ref(note INTEGER REFERENCES note(id));" \
		"INSERT INTO ref VALUES (1);" >migrations/002_ref.sql
	program 003-orphan <<<'sqlite3 "$1" "DELETE FROM note WHERE id = 1"'
	fails "foreign keys would be violated"
}

@test "what it leaves beside its copy counts" {
	# Killed before it closes: its rows are in a WAL only.
	program 002-wal <<-'SH'
		{
			echo "PRAGMA journal_mode = WAL;"
			echo "PRAGMA wal_autocheckpoint = 0;"
			echo "UPDATE note SET hash = 'in the wal';"
			echo ".system kill -9 \$PPID"
		} | sqlite3 "$1" >/dev/null 2>&1
		[ -s "$1-wal" ] && touch mess && mkdir -p more/mess
	SH
	programs upgrade --quiet
	for user in alice bob; do
		same "in the wal" "$(ask $user 'SELECT hash FROM note LIMIT 1')"
	done
	[ -z "$(find fleet/.fleet-upgrade/staging -mindepth 1)" ]
	same delete "$(ask alice 'PRAGMA journal_mode')"
}

@test "who lives on after it has nothing to write to" {
	program 002-fork <<-SH
		sqlite3 "\$1" "UPDATE note SET hash = 'mine'"
		setsid sh -c 'sleep 0.6; sqlite3 "\$1" "DELETE FROM note"
			touch "$T/over"' x "\$1" >/dev/null 2>&1 &
		sleep 0.2
	SH
	programs upgrade --quiet
	for ((i = 0; i < 100; i++)); do
		[ ! -e over ] || break
		sleep 0.1
	done
	[ -e over ]
	same "mine,mine" "$(ask alice 'SELECT group_concat(hash) FROM note')"
	same "mine,mine" "$(ask bob 'SELECT group_concat(hash) FROM note')"
}

@test "an application that has the file open goes on" {
	local tries=300

	program 002-hash <<-SH
		sqlite3 "\$1" "UPDATE note SET hash = 7"
		echo at work >>"$T/at-work"
		until [ -e "$T/go-on" ] || [ ! -d "$T" ]; do
			sleep 0.05
		done
	SH
	mkfifo app
	sqlite3 -bail fleet/alice_longterm.db <app >got 2>&1 &
	app=$!
	exec 7>app
	echo "PRAGMA busy_timeout = 9000; SELECT count(*) FROM note;" >&7
	programs upgrade --quiet &
	upgrade=$!
	until [ "$(cat at-work 2>/dev/null | wc -l)" -eq 2 ] ||
		[ $((tries -= 1)) -eq 0 ]; do
		sleep 0.1
	done
	# While the program runs others read, and do not write.
	same 2 "$(sqlite3 fleet/alice_longterm.db 'SELECT count(*) FROM note')"
	fails_to sqlite3 fleet/alice_longterm.db "DELETE FROM note" 2>/dev/null
	touch go-on
	wait "$upgrade"
	echo "SELECT sum(hash) FROM note; INSERT INTO note VALUES (3, 'x', 0);" >&7
	exec 7>&-
	wait "$app"
	same "9000 2 14" "$(tr '\n' ' ' <got | sed 's/ $//')"
	same 3 "$(ask alice 'SELECT count(*) FROM note')"
	same ok "$(ask alice 'PRAGMA integrity_check')"
}

@test "several at a time do not meet" {
	local user

	for user in {a..j}; do
		make "${user}_longterm"
	done
	programs baseline --to 001 --quiet
	program 002-hash <<-'SH'
		[ "$(ls)" = "${FLEET_UPGRADE_USERNAME}_longterm.db" ] || exit 1
		sleep 0.1
		sqlite3 "$1" "UPDATE note SET hash = '$FLEET_UPGRADE_USERNAME'"
	SH
	programs upgrade --quiet --set run.jobs=6
	for user in {a..j} alice bob; do
		same "$user" "$(ask "$user" 'SELECT DISTINCT hash FROM note')"
	done
}

@test "steps before and behind it run as well, in their order" {
	echo "ALTER TABLE note ADD COLUMN words;" >migrations/002_words.sql
	program 003-count <<-'SH'
		sqlite3 "$1" "UPDATE note SET words = length(body)"
	SH
	echo "DELETE FROM note WHERE words > 3; CREATE INDEX note_words ON
		note(words);" >migrations/004_index.sql
	programs upgrade --quiet
	same "3,3" "$(ask alice 'SELECT group_concat(words) FROM note')"
	same "001 002 003 004" "$(ask alice 'SELECT group_concat(to_version, " ")
		FROM fleet_schema_history')"
}

@test "a rehearsal does not run it, and says so" {
	program 002-x <<<"touch $T/ran"
	save_fleet before
	exits 0 programs upgrade --dry-run
	says "2 would be upgraded" "002-x is a program, which was not tried"
	files_same before
	[ ! -e ran ]
}

@test "list and lint show it as what it is" {
	program 002-x <<<"true"
	exits 0 programs list
	[[ $output =~ 001→002\ +program ]]
	exits 0 programs lint
	program 002-x <<<"# fleet-upgrade: foreign_keys=on"
	exits 65 programs lint
	says "migrations/002-x:1: error:" "[directive]"
}

@test "behind a sandbox it cannot be started, and the message says so" {
	program 002-x <<<"touch $T/ran"
	exits 0 programs status --set run.sandbox=auto
	needs_landlock
	exits 0 programs status --set run.sandbox=require
	exits 1 programs upgrade --set run.sandbox=require
	says "2 failed" "cannot be started" "run.sandbox"
	[ ! -e ran ]
	programs upgrade --quiet
	[ -e ran ]
}

@test "a second signal ends it at once" {
	program 002-slow <<<"echo \$\$ >$T/began; exec sleep 987"
	save_fleet before
	env --default-signal=INT "$FLEET_UPGRADE" -d fleet -m migrations \
		--set migrations.allow_programs=yes --set backup.min_free=0% \
		--jobs 1 upgrade >said 2>&1 3>&- &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		[ ! -s began ] || break
		sleep 0.1
	done
	kill -INT "$pid"
	sleep 0.2
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	same 130 "$status"
	files_same before alice_longterm.db
	is_gone "$(<began)"
}
