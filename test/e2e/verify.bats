# `verify`: what is not as it should be, database by database, and nothing else.

load lib
setup() { begin; }
teardown() { end; }

# Migrations without the old sins of the application's, and three users' (in
# turn alice, bob, carol) with rows.
make_clean_fleet()
{
	mkdir -p migrations fleet
	add_step baseline 1 system <<<'CREATE TABLE setting(key, value);'
	add_step baseline 1 <<-'SQL'
		CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT);
		CREATE TABLE letter(id INTEGER PRIMARY KEY,
			person REFERENCES person(id), body NOT NULL);
		CREATE INDEX letter_person ON letter(person);
	SQL
	add_step 1 2 <<-'SQL'
		-- When it was sent.
		ALTER TABLE letter ADD COLUMN sent TEXT;
		UPDATE letter SET sent = 'never; yet';
	SQL
	for name in alice bob carol; do
		sqlite3 "$(db $name)" 'PRAGMA user_version = 1; VACUUM'
	done
	sqlite3 fleet/system.db 'PRAGMA user_version = 1; VACUUM'
	exits 0 fleet
	for name in alice bob carol; do
		sqlite3 "$(db $name)" "INSERT INTO person VALUES (1, '$name'),
			(2, 'the other'); INSERT INTO letter(person, body)
			VALUES (1, 'one'), (2, 'two')"
	done
}

@test "verify: a fleet in order" {
	make_clean_fleet
	exits 0 fleet verify
	says "4 databases" "4 in order"
	exits 0 fleet verify --quiet
	same "" "$output"
}

@test "verify: damage of pages" {
	make_clean_fleet
	sqlite3 "$(db bob)" "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL
		SELECT i + 1 FROM c WHERE i < 500) INSERT INTO letter(person,
		body) SELECT 1, hex(randomblob(100)) FROM c"
	printf 'garbage garbage garbage' |
		dd of="$(db bob)" bs=1 seek=20480 conv=notrunc status=none
	exits 1 fleet verify
	says "3 in order" "1 with findings" "user bob, $(db bob)"
	lacks "user alice"
}

@test "verify: an index that disagrees with its table" {
	make_clean_fleet
	sqlite3 "$(db bob)" "PRAGMA writable_schema = ON;
		CREATE TABLE copy AS SELECT sql FROM sqlite_schema
			WHERE name = 'letter_person';
		UPDATE sqlite_schema SET sql = 'CREATE INDEX letter_person ON
			letter(body)' WHERE name = 'letter_person';"
	sqlite3 "$(db bob)" "PRAGMA writable_schema = ON;
		INSERT INTO letter(person, body) VALUES (1, 'three');
		UPDATE sqlite_schema SET sql = (SELECT sql FROM copy)
			WHERE name = 'letter_person';
		DROP TABLE copy"
	[ "$(ask bob 'PRAGMA quick_check')" = ok ]
	exits 1 fleet verify
	says "user bob" letter_person "3 in order"
}

@test "verify: rows without the row that they refer to" {
	make_clean_fleet
	sqlite3 "$(db carol)" 'DELETE FROM person WHERE id = 2'
	exits 1 fleet verify
	says "user carol" "rows of letter (person) without a row in person" \
		"3 in order"
}

@test "verify: an old sin of the schema is told, once for all who have it" {
	make_fleet 12
	exits 0 fleet
	exits 1 fleet verify
	says "in 12 databases, as user alice: foreign key mismatch" \
		'"conversation_topics" referencing "memories"' \
		"1 in order" "and 7 more"
}

@test "verify: a migration that was changed after it had been applied" {
	make_clean_fleet
	sed -i "s/'never; yet'/'never;  yet'/" migrations/step-2-user.md
	exits 1 fleet verify
	says "3 with findings" "user:1→2" "step-2-user.md" \
		"was changed after it ran here"
}

@test "verify: a migration that was only wrapped otherwise is no change" {
	make_clean_fleet
	cat >migrations/step-2-user.md <<-'EOF'
		# 1 to 2, explained at greater length

		```sql
		-- [user:1->2:start]
		/* When it
		   was sent. */
		ALTER TABLE letter
			ADD COLUMN sent   TEXT;

		UPDATE letter
		SET sent = 'never; yet'; -- for now
		-- [user:1->2:end]
		```
	EOF
	exits 0 fleet verify
	has "4 in order"
}

@test "verify: drift, in either direction" {
	make_clean_fleet
	sqlite3 "$(db alice)" 'ALTER TABLE letter ADD COLUMN extra'
	sqlite3 "$(db bob)" 'DROP INDEX letter_person'
	sqlite3 "$(db carol)" 'CREATE TABLE own(a); CREATE VIEW seen AS
		SELECT * FROM person; DROP TABLE letter'
	exits 1 fleet verify
	says "drift: column letter.extra" "drift: index letter_person" \
		"table own" "view seen" "table letter" "3 with findings"
}

@test "verify: what is pending is no finding, nor is its drift" {
	make_clean_fleet
	add_step 2 3 <<<'CREATE TABLE later(a);'
	exits 0 fleet verify
	has "4 in order"
	sqlite3 "$(db bob)" 'CREATE TABLE later(a)'
	exits 1 fleet verify
	says "user bob" "table later"
}

@test "verify: of some users only, and then not of system.db" {
	make_clean_fleet
	sqlite3 fleet/system.db 'CREATE TABLE extra(a)'
	exits 1 fleet verify
	has "system.db, "
	exits 0 fleet verify bob
	says "1 database" "1 in order"
	exits 0 fleet verify --include 'a*'
	has "1 database "
}

@test "verify: writes nothing, and needs no lock" {
	make_clean_fleet
	sqlite3 "$(db bob)" 'PRAGMA journal_mode = WAL' >/dev/null
	rm -r fleet/.fleet-upgrade
	save_fleet saved
	exits 0 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations verify
	files_same saved
	[ ! -e fleet/.fleet-upgrade ]
}

@test "verify: --json and --verbose name every database and every finding" {
	make_clean_fleet
	sqlite3 "$(db bob)" 'DROP INDEX letter_person; CREATE TABLE own(a)'
	json 1 verify
	same "verify" "$(told 'select(.event == "run-begin") | .command')"
	same "failed 2 findings" "$(told 'select(.username == "bob") |
		"\(.outcome) \(.error.message)"' | cut -c1-17)"
	same "current" "$(told 'select(.username == "alice") | .outcome')"
	exits 1 fleet verify --verbose
	says "in order  user alice" "with findings  user bob" "table own" \
		"index letter_person"
}

@test "verify: what is no database, busy, newer or empty" {
	make_clean_fleet
	break_user alice
	: >"$(db bob)"
	sqlite3 "$(db carol)" "INSERT INTO fleet_schema_history(rank, kind,
		from_version, to_version) VALUES (9, 'migrate', '2', '9.0')"
	exits 1 fleet verify
	says "user alice" "file is not a database" "user bob" "0 bytes" \
		"user carol" "newer"
}
