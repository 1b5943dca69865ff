# The sample fleets that every other test stands on, and the comparing of rows:
# a comparison that finds nothing proves nothing until it has found something.

load lib
setup() { begin; }
teardown() { end; }

rows_lost()
{
	! rows_kept saved "$@"
}

@test "a sample fleet has real rows, foreign keys, text and blobs" {
	make_fleet 12
	[ "$(find fleet -name '*_longterm.db' | wc -l)" -eq 12 ]
	all_sound
	[ "$(sqlite3 "$(db bob)" 'SELECT count(*) FROM memories')" -eq 20 ]
	[ "$(sqlite3 "$(db bob)" "SELECT typeof(storage_value) FROM
		short_term_storage WHERE storage_key = 'picture'")" = blob ]
	[ "$(sqlite3 "$(db bob)" "SELECT count(*) FROM
		pragma_foreign_key_list('memory_topics')")" -eq 2 ]
	[ "$(sqlite3 fleet/system.db 'SELECT count(*) FROM users')" -eq 12 ]
	[ "$(sqlite3 "$(db bob)" "SELECT value FROM personal_variables
		WHERE key = 'name'")" = bob ]
	[ "$(version_of "$(db bob)")" = none ]
}

@test "some databases of a sample fleet are in WAL mode" {
	make_fleet 12
	[ "$(sqlite3 "$(db user00010)" 'PRAGMA journal_mode')" = wal ]
	[ "$(sqlite3 "$(db user00011)" 'PRAGMA journal_mode')" = delete ]
	run find fleet -name '*-wal'
	[ -z "$output" ]
}

@test "a sample fleet is about as big as asked, and never overwritten" {
	make_fleet 1 -k 400
	size=$(stat -c %s "$(db alice)")
	[ "$size" -gt 300000 ]
	[ "$size" -lt 500000 ]
	run "$SRCDIR/contrib/demo/make-fleet" fleet 1
	[ "$status" -ne 0 ]
	has "is there already"
}

@test "a comparison of rows: nothing changed" {
	make_fleet 3
	save_fleet saved
	rows_kept saved
	files_same saved
}

@test "a comparison of rows: further columns, tables and rows of a ledger" {
	make_fleet 2
	save_fleet saved
	sqlite3 "$(db bob)" "ALTER TABLE memories ADD COLUMN x DEFAULT 1;
		CREATE TABLE fleet_schema_history(rank);
		INSERT INTO fleet_schema_history VALUES (1)"
	rows_kept saved
	run files_same saved
	[ "$status" -ne 0 ]
}

@test "a comparison of rows: each kind of loss is found" {
	make_fleet 2
	save_fleet saved
	for loss in 'DELETE FROM topics WHERE topic_id = 2' \
		'UPDATE memories SET llm_reply = NULL || 1 WHERE 0;
			UPDATE memories SET llm_reply = "x" WHERE rowid = 3' \
		'UPDATE short_term_storage SET storage_value = 42.5
			WHERE storage_key = "number"' \
		'DROP TABLE conversation_compacts' \
		'ALTER TABLE memories DROP COLUMN full_conversation_history' \
		'INSERT INTO topics(topic_name) VALUES ("more")'; do
		cp saved/bob_longterm.db fleet/bob_longterm.db
		sqlite3 "$(db bob)" "$loss"
		rows_lost bob_longterm.db
	done
}

@test "a comparison of rows: what stands in a WAL counts" {
	make_fleet 2 -w
	save_fleet saved
	sqlite3 "$(db bob)" '.dbconfig no_ckpt_on_close on' \
		'DELETE FROM topics WHERE topic_id = 2'
	[ -s "$(db bob)-wal" ]
	rows_lost bob_longterm.db
}
