# Databases without a ledger: their version by evidence, or refused.

load lib
setup() { begin; }
teardown() { end; }

# What the step 0.3.19→0.3.20 does, done by somebody else.
upgrade_by_hand()
{
	sed -n '/^-- \[user:0.3.19→0.3.20:start/,/^-- \[user:0.3.19→0.3.20:end/p' \
		migrations/history.md | sqlite3 -bail "$(db "$1")"
}

# A user's database as the application itself makes it at 0.3.20: not quite as
# the migrations say.
make_application_made()
{
	make_fleet 2
	upgrade_by_hand bob
	sqlite3 "$(db bob)" "
		ALTER TABLE conversations DROP COLUMN schema_version;
		ALTER TABLE conversations ADD COLUMN
			schema_version INTEGER DEFAULT 4;
		ALTER TABLE personal_variables ADD COLUMN hidden INTEGER;
		DROP TABLE short_term_storage;
		CREATE TABLE extra(a);
		DROP INDEX idx_messages_timestamp;
		CREATE INDEX idx_messages_time
			ON conversation_messages(timestamp);"
}

@test "detect: a database that the application made at the target" {
	make_application_made
	save_fleet saved
	exits 3 fleet status --check
	exits 0 fleet
	says "3 upgraded" "to note"
	rows_kept saved
	same "detect 0.3.20" "$(ask bob "SELECT kind || ' ' || to_version
		FROM fleet_schema_history")"
	same "detect 0.3.19,migrate 0.3.20" "$(ask alice "SELECT
		group_concat(kind || ' ' || to_version)
		FROM fleet_schema_history")"
	exits 0 fleet backups list bob
	has "1 backup"
	exits 0 fleet
	has "nothing was changed"
}

@test "detect: its differences are drift, told once in the run and by verify" {
	make_application_made
	json 0 upgrade
	same "upgraded 0.3.20 0.3.20 0" "$(told 'select(.username == "bob") |
		"\(.outcome) \(.from) \(.to) \(.steps)"')"
	exits 1 fleet verify bob
	says "table short_term_storage" "table extra" \
		"column personal_variables.hidden" "idx_messages_time"
}

@test "detect: half-upgraded by hand is refused, with what is missing" {
	make_fleet 3
	conflict_user bob
	sqlite3 "$(db carol)" 'CREATE TABLE conversation_messages(a);
		ALTER TABLE conversations ADD COLUMN compact_summary TEXT;
		ALTER TABLE conversations ADD COLUMN compacted_up_to INTEGER'
	save_fleet saved
	exits 1 fleet
	says "2 failed" "user bob" "it has no ledger and no version fits it" \
		"column conversations.compact_summary is there already" \
		"baseline --to VERSION" "user carol" \
		"conversations.schema_version"
	files_same saved bob_longterm.db carol_longterm.db
}

@test "detect: none of the baseline's tables is no version at all" {
	make_fleet 2
	rm "$(db bob)"
	sqlite3 "$(db bob)" 'CREATE TABLE of_somebody_else(a)'
	exits 1 fleet
	says "1 failed" "user bob" "it has no ledger"
	run ask bob 'SELECT name FROM sqlite_schema'
	same of_somebody_else "$output"
}

@test "detect: an empty step beyond the last proven one is passed over" {
	make_fleet 1
	add_step 0.3.20 0.4 <<<'-- nothing for users'
	upgrade_by_hand alice
	exits 0 fleet
	same 0.4 "$(version_of "$(db alice)")"
}

@test "detect: a step that changes data alone cannot be decided" {
	make_fleet 1
	exits 0 fleet baseline --to 0.3.19 --exclude '*' --quiet
	add_step 0.3.20 0.4 <<<"UPDATE topics SET topic_name = topic_name || '2';"
	upgrade_by_hand alice
	exits 1 fleet
	says "user alice" "user:0.3.20→0.4" "baseline --to"
	exits 0 fleet baseline --to 0.3.20 alice
	exits 0 fleet
	same "weather2" "$(ask alice 'SELECT topic_name FROM topics LIMIT 1')"
	exits 0 fleet
	same "weather2" "$(ask alice 'SELECT topic_name FROM topics LIMIT 1')"
}

@test "detect: a step that changes data is run where it is declared repeatable" {
	make_fleet 1
	add_step 0.3.20 0.4 <<-'SQL'
		-- fleet-upgrade: repeatable
		UPDATE topics SET topic_name = 'fair'
			WHERE topic_name = 'weather';
	SQL
	upgrade_by_hand alice
	exits 0 fleet
	same 0.4 "$(version_of "$(db alice)")"
	same fair "$(ask alice 'SELECT topic_name FROM topics LIMIT 1')"
}

@test "detect: migrations.unversioned = refuse" {
	make_fleet 2
	save_fleet saved
	exits 2 fleet --set migrations.unversioned=refuse
	has "it has no ledger"
	files_same saved
	exits 0 fleet baseline --to 0.3.19
	exits 0 fleet --set migrations.unversioned=refuse
	same 0.3.20 "$(version_of "$(db alice)")"
}

@test "detect: migrations.unversioned = from-start runs every step" {
	make_fleet 2
	save_fleet saved
	exits 0 fleet --set migrations.unversioned=from-start
	rows_kept saved
	same "migrate 0.3.19,migrate 0.3.20" "$(ask alice "SELECT
		group_concat(kind || ' ' || to_version)
		FROM fleet_schema_history")"
}

@test "detect: the ledger is believed, not the schema" {
	make_fleet 1
	exits 0 fleet --to 0.3.19
	upgrade_by_hand alice
	exits 1 fleet
	says "user:0.3.19→0.3.20" "duplicate column name: schema_version"
	same 0.3.19 "$(version_of "$(db alice)")"
}
