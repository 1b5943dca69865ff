# The application with fifteen hyphenated steps: columns added where they are not
# there yet, backfills with hashes and ids, ANALYZE, and one step a program.

load ../e2e/lib
setup()
{
	begin
	cp -r "$SRCDIR/test/systems/train" migrations
	chmod -R u+w,go-w migrations
	mkdir fleet
}
teardown() { end; }

fleet()
{
	"$FLEET_UPGRADE" -d "$T/fleet" -m "$T/migrations" \
		--set backup.min_free=0% --set fleet.system_db= \
		--set migrations.allow_programs=yes "$@"
}

# make USER: at its first step, with requests, and without a ledger.
make()
{
	sqlite3 "$(db "$1")" <migrations/000-init-database.sql
	sqlite3 "$(db "$1")" "
		INSERT INTO api_requests(request_id, domain, timestamp,
			request_body, response_body) VALUES
		('r1', 'one.example', '2026-01-01 10:00:00', 'hello',
			'{\"type\":\"tool\",\"name\":\"Task\"}'),
		('r2', 'one.example', '2026-01-01 10:05:00', 'a subtask', 'x'),
		('r3', 'two.example', '2026-01-01 11:00:00', NULL, NULL);
		UPDATE api_requests SET response_body = '{\"name\":\"Task\"}'
			WHERE request_id = 'r1';
		INSERT INTO streaming_chunks(request_id, chunk_index, data)
			VALUES('r1', 0, 'he'), ('r1', 1, 'llo');"
}

@test "train: all fifteen, backfills and the program's too, and back again" {
	for name in alice bob carol; do
		make $name
	done
	# Somebody was faster, by hand.
	sqlite3 "$(db carol)" "UPDATE api_requests SET account_id = 'own'
		WHERE request_id = 'r1'"
	sqlite3 "$(db dave)" 'CREATE TABLE t(a); DROP TABLE t'
	save_fleet before
	exits 0 fleet list
	says "user:004→005" "user:005→006" "populate account ids"
	exits 0 fleet
	has "4 upgraded"
	all_sound
	for name in alice bob; do
		same 014 "$(version_of "$(db $name)")"
		same "3|5" "$(ask $name "SELECT count(*), (SELECT
			sum(length(data)) FROM streaming_chunks)
			FROM api_requests")"
		same acc_1,acc_1,acc_2 "$(ask $name "SELECT
			group_concat(account_id) FROM (SELECT account_id FROM
			api_requests ORDER BY request_id)")"
		# printf hello | sha256sum
		same 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 \
			"$(ask $name "SELECT current_message_hash FROM
				api_requests WHERE request_id = 'r1'")"
		same "1|r1" "$(ask $name "SELECT is_subtask,
			parent_task_request_id FROM api_requests
			WHERE request_id = 'r2'")"
		same 1 "$(ask $name "SELECT a.conversation_id =
			b.conversation_id FROM api_requests a, api_requests b
			WHERE a.request_id = 'r1' AND b.request_id = 'r2'")"
		same "one.example|owner two.example|owner" "$(ask $name "SELECT
			group_concat(train_id || '|' || role, ' ') FROM (SELECT
			* FROM train_members ORDER BY train_id)")"
	done
	same own "$(ask carol "SELECT account_id FROM api_requests
		WHERE request_id = 'r1'")"
	same 0 "$(ask dave 'SELECT count(*) FROM train_members')"
	exits 0 fleet rollback
	has "4 restored"
	rows_kept before
	same none "$(version_of "$(db bob)")"
}

@test "train: without leave to run programs nothing is touched" {
	make alice
	save_fleet before
	exits 65 fleet --set migrations.allow_programs=no
	says 005-populate-account-ids "migrations.allow_programs = yes"
	files_same before
}

@test "train: a program that fails leaves its database as it was" {
	make alice
	make bob
	save_fleet before
	cat >migrations/005-populate-account-ids <<-'EOF'
		#!/bin/sh
		sqlite3 "$FLEET_UPGRADE_DB" 'DELETE FROM api_requests'
		[ "$FLEET_UPGRADE_USERNAME" != bob ] || { echo 'no map' >&2; exit 3; }
	EOF
	exits 1 fleet
	says "user bob" "005-populate-account-ids" "no map"
	files_same before ./bob_longterm.db
}
