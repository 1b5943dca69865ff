# `upgrade`: which databases it takes up, and which fleets it fits.

load lib
setup() { begin; }
teardown() { end; }

# The users of make_fleet's first five, by the version that each is at.
versions()
{
	for name in alice bob carol dave erin; do
		[ ! -e "$(db "$name")" ] ||
			printf '%s ' "$name:$(version_of "$(db "$name")")"
	done
}

@test "upgrade: every database, with its rows, and nothing without a backup" {
	make_fleet 5
	save_fleet saved
	exits 0 fleet
	says "6 upgraded" "target system 0.3.20, user 0.3.20"
	rows_kept saved
	all_sound
	same 6 "$(find "fleet/.fleet-upgrade/backups/$(newest_run)" \
		-name '*.db' | wc -l)"
	same "alice:0.3.20 bob:0.3.20 carol:0.3.20 dave:0.3.20 erin:0.3.20 " \
		"$(versions)"
	same 0.3.20 "$(version_of fleet/system.db)"
	ask bob 'SELECT compact_summary FROM conversations'
}

@test "upgrade: is the default command, and the name of a user behind it" {
	make_fleet 2
	mv "$(db bob)" "$(db status)"
	exits 0 fleet upgrade status
	says "2 databases"
	same 0.3.20 "$(version_of "$(db status)")"
	same none "$(version_of "$(db alice)")"
	exits 0 fleet
	same 0.3.20 "$(version_of "$(db alice)")"
}

@test "upgrade: only the users named, and system.db first all the same" {
	make_fleet 5
	exits 0 fleet alice carol
	says "3 upgraded"
	same "alice:0.3.20 bob:none carol:0.3.20 dave:none erin:none " \
		"$(versions)"
	same 0.3.20 "$(version_of fleet/system.db)"
}

@test "upgrade: an unknown user is an error, and nothing is touched" {
	make_fleet 2
	save_fleet saved
	exits 64 fleet upgrade alice nobody
	says "no database of nobody" "nothing was touched"
	exits 64 fleet nobody
	has "--help"
	exits 64 fleet 'a*'
	files_same saved
	[ ! -e fleet/.fleet-upgrade ]
}

@test "upgrade: --include and --exclude, by patterns of user names" {
	make_fleet 5
	exits 0 fleet --include '[a-c]*' --exclude 'b?b'
	same "alice:0.3.20 bob:none carol:0.3.20 dave:none erin:none " \
		"$(versions)"
	exits 0 fleet --exclude 'nobody*'
	same "alice:0.3.20 bob:0.3.20 carol:0.3.20 dave:0.3.20 erin:0.3.20 " \
		"$(versions)"
	exits 64 fleet --include '['
	has "--include"
}

@test "upgrade: --users-from a file or standard input, a name a line" {
	make_fleet 5
	printf 'alice\n\nbob\nalice\n' >names
	exits 0 fleet --users-from names
	has "3 databases"
	same "alice:0.3.20 bob:0.3.20 carol:none dave:none erin:none " \
		"$(versions)"
	exits 0 fleet --users-from - <<<carol
	same 0.3.20 "$(version_of "$(db carol)")"
	exits 0 fleet --users-from names dave
	same 0.3.20 "$(version_of "$(db dave)")"
}

@test "upgrade: --users-from with nobody in it is an error, not everybody" {
	make_fleet 2
	: >names
	exits 64 fleet --users-from names
	has "there is no name in it"
	exits 64 fleet --users-from - </dev/null
	printf 'alice\nnobody\n' >names
	exits 64 fleet --users-from names
	has nobody
	same "alice:none bob:none " "$(versions)"
}

@test "upgrade: --to a version, then on; a version is never lowered" {
	make_fleet 2
	exits 0 fleet --to 0.3.19
	says "target system 0.3.19, user 0.3.19"
	same "alice:0.3.19 bob:0.3.19 " "$(versions)"
	exits 0 fleet --to 0.3.20 bob
	same "alice:0.3.19 bob:0.3.20 " "$(versions)"
	save_fleet saved
	exits 0 fleet --to 0.3.19
	has "nothing was changed"
	files_same saved
	exits 64 fleet --to 0.3.21
	has "0.3.21"
}

@test "upgrade: a version without a step for a kind costs that kind nothing" {
	make_fleet 1
	add_step 0.3.20 0.4 system <<<'CREATE TABLE extra(a);'
	add_step 0.3.20 0.5 user <<<'CREATE TABLE other(a);'
	exits 0 fleet --to 0.4
	same 0.4 "$(version_of fleet/system.db)"
	same 0.3.20 "$(version_of "$(db alice)")"
	exits 0 fleet --to 0.4
	has "nothing was changed"
	exits 0 fleet
	same 0.4 "$(version_of fleet/system.db)"
	same 0.5 "$(version_of "$(db alice)")"
}

@test "upgrade: --failed takes up only what did not get there last time" {
	make_fleet 3
	conflict_user bob
	break_user carol
	exits 1 fleet
	says "2 failed" "upgrade --failed"
	exits 1 fleet upgrade --failed
	says "3 databases" "1 current" "2 failed"
	sqlite3 "$(db bob)" \
		'ALTER TABLE conversations DROP COLUMN compact_summary'
	exits 1 fleet upgrade --failed
	says "3 databases" "1 upgraded" "1 failed"
	exits 1 fleet upgrade --failed
	says "2 databases" "1 failed"
	rm "$(db carol)"
	exits 0 fleet upgrade --failed
	has "1 database"
	same "alice:0.3.20 bob:0.3.20 " "$(versions)"
}

@test "upgrade: --jobs 1 and --jobs 64 come to the same" {
	make_fleet 12
	save_fleet saved
	cp -a fleet start
	exits 0 fleet --jobs 1
	has "13 upgraded"
	rows_kept saved
	rm -r fleet
	mv start fleet
	exits 0 fleet --jobs 64
	has "13 upgraded"
	rows_kept saved
	exits 64 fleet --jobs 1025
	exits 64 fleet --jobs=-1
}

@test "upgrade: a system.db in one folder, the users in one below it" {
	make_fleet 3
	mkdir -p fleet/hippocampus/longterm
	mv fleet/system.db fleet/hippocampus/
	for name in alice bob carol; do
		mv "$(db "$name")" "fleet/hippocampus/longterm/$name.db"
	done
	cat >fleet.ini <<-EOF
		[fleet]
		data_dir = $T/fleet/hippocampus
		user_db = longterm/{username}.db
		[migrations]
		path = $T/migrations
	EOF
	save_fleet saved
	exits 0 "$FLEET_UPGRADE" -c fleet.ini
	has "4 upgraded"
	rows_kept saved
	for name in alice bob carol; do
		same 0.3.20 \
			"$(version_of "fleet/hippocampus/longterm/$name.db")"
		[ -e "fleet/hippocampus/.fleet-upgrade/backups/"*"/longterm/$name.db" ]
	done
	exits 0 "$FLEET_UPGRADE" -c fleet.ini upgrade bob
	has "2 current"
	exits 64 "$FLEET_UPGRADE" -c fleet.ini upgrade system
}

@test "upgrade: users in folders of their own, whatever lies between" {
	make_fleet 2
	mkdir -p fleet/users/a/deep fleet/users/b
	mv "$(db alice)" fleet/users/a/deep/
	mv "$(db bob)" fleet/users/b/
	exits 0 fleet
	has "3 upgraded"
	exits 0 fleet upgrade alice
	has "2 current"
	exits 0 fleet rollback
	same none "$(version_of fleet/users/b/bob_longterm.db)"
}

@test "upgrade: a fleet without a system.db, and one with users for it only" {
	make_fleet 2
	rm fleet/system.db
	exits 0 fleet --set fleet.system_db=
	says "2 upgraded"
	mkdir users-only
	grep -v '\[system:' migrations/history.md >users-only/history.md
	exits 0 "$FLEET_UPGRADE" -d fleet -m users-only
	has "2 current"
}

@test "upgrade: no configuration file is needed" {
	make_fleet 1
	[ ! -e /etc/fleet-upgrade.ini ] || skip "this machine has one"
	exits 0 "$FLEET_UPGRADE" -d fleet -m migrations
	has "2 upgraded"
}

@test "upgrade: migrations of the two kinds from two places" {
	make_fleet 1
	mkdir for-system for-users
	sed '/\[user:.*start\]/,/\[user:.*end\]/d' migrations/history.md \
		>for-system/history.md
	sed '/\[system:.*start\]/,/\[system:.*end\]/d' migrations/history.md \
		>for-users/history.md
	exits 0 "$FLEET_UPGRADE" -d fleet \
		--set migrations.system="$T/for-system" \
		--set migrations.user="$T/for-users"
	has "2 upgraded"
	exits 78 "$FLEET_UPGRADE" -d fleet -m migrations \
		--set migrations.user="$T/for-users"
}

@test "upgrade: a database that appears later is taken up by the next run" {
	make_fleet 2
	mv "$(db bob)" kept
	exits 0 fleet
	mv kept "$(db bob)"
	exits 0 fleet
	says "1 upgraded" "2 current"
}

@test "upgrade: a new database with no tables gets every step" {
	make_fleet 1
	sqlite3 "$(db new)" 'PRAGMA user_version = 7; VACUUM'
	exits 0 fleet
	same 0.3.20 "$(version_of "$(db new)")"
	same "baseline→0.3.19 0.3.19→0.3.20" "$(ask new "SELECT group_concat(
		coalesce(from_version, 'baseline') || '→' || to_version, ' ')
		FROM fleet_schema_history")"
	same 7 "$(ask new 'PRAGMA user_version')"
}

@test "upgrade: several steps are one transaction, and a backup once" {
	make_fleet 2
	add_step 0.3.20 0.4 <<<"CREATE TABLE first(a);
		INSERT INTO first VALUES (1);"
	add_step 0.4 0.5 <<-'SQL'
		CREATE TABLE second AS SELECT a FROM first;
		INSERT INTO memories SELECT * FROM memories
			WHERE (SELECT value FROM personal_variables
				WHERE key = 'name') = 'bob';
	SQL
	exits 1 fleet
	says "1 failed" "user:0.4→0.5" "step-0.5-user.md:6" \
		"UNIQUE constraint failed" "INSERT INTO memories" \
		"left exactly as it was"
	same "alice:0.5 bob:none " "$(versions)"
	run ask bob 'SELECT * FROM first'
	has "no such table"
	run find fleet/.fleet-upgrade -name bob_longterm.db
	same "" "$output"
}

@test "upgrade: foreign keys, double quotes and triggers as real ones have" {
	make_fleet 2
	save_fleet saved
	add_step 0.3.20 0.4 <<-'SQL'
		PRAGMA foreign_keys = OFF;
		CREATE TABLE new_memories(
			interaction_id TEXT PRIMARY KEY, conversation_id TEXT,
			timestamp TEXT, user_prompt TEXT, llm_reply TEXT,
			full_conversation_history TEXT,
			mood TEXT DEFAULT "NA");
		INSERT INTO new_memories(interaction_id, conversation_id,
			timestamp, user_prompt, llm_reply,
			full_conversation_history) SELECT * FROM memories;
		DROP TABLE memories;
		ALTER TABLE new_memories RENAME TO memories;
		CREATE TRIGGER told AFTER INSERT ON topics BEGIN
			UPDATE memories SET mood = 'new; topic' WHERE 0;
			DELETE FROM memories WHERE 0;
		END;
		PRAGMA foreign_key_check;
		PRAGMA foreign_keys = ON;
	SQL
	exits 0 fleet
	rows_kept saved
	same 20 "$(ask bob 'SELECT count(*) FROM memory_topics')"
	same NA "$(ask bob 'SELECT DISTINCT mood FROM memories')"
}

@test "upgrade: a WAL left by a killed application, and a hot journal" {
	make_fleet 2 -w
	sqlite3 "$(db bob)" '.dbconfig no_ckpt_on_close on' \
		"INSERT INTO topics(topic_name) VALUES ('in the WAL')"
	[ -s "$(db bob)-wal" ]
	exits 0 fleet
	same 1 "$(ask bob "SELECT count(*) FROM topics
		WHERE topic_name = 'in the WAL'")"
	same 0.3.20 "$(version_of "$(db bob)")"
}

@test "upgrade: a busy database is waited for, and tried again" {
	make_fleet 2
	mkfifo busy
	{ echo 'BEGIN IMMEDIATE;'; sleep 1; } | sqlite3 "$(db bob)" &
	exits 0 fleet --set run.busy_timeout=10ms --set run.retries=100
	wait
	same "alice:0.3.20 bob:0.3.20 " "$(versions)"
}

@test "upgrade: 20 users fail: five are told, and how to see the rest" {
	make_fleet 20
	for file in fleet/user000*_longterm.db; do
		echo nonsense >"$file"
	done
	exits 1 fleet
	says "15 failed" "user00006" "user00010" "and 10 more" "history "
	lacks user00011
	exits 0 fleet history "$(fleet history --json | jq -r .run)"
	says user00011 user00020
}
