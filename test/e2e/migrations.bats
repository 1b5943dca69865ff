# `migrations dump`: the schema of any version, as SQL that makes it.

load lib
setup() { begin; }
teardown() { end; }

# dump ARGUMENT...: without a data directory.
dump()
{
	"$FLEET_UPGRADE" -c /dev/null -m "$T/migrations" migrations dump "$@"
}

shipped()
{
	mkdir -p migrations
	cp "$SRCDIR/migrations/history.md" migrations/
}

@test "dump: what it makes is, to status and verify, a database of that version" {
	make_fleet 1
	for version in 0.3.19 0.3.20; do
		dump --kind user --at $version |
			sqlite3 -bail "fleet/made${version##*.}_longterm.db"
	done
	dump --kind system --at 0.3.20 | sqlite3 -bail fleet/other.db
	# Its one finding is an old sin of that schema.
	run fleet verify made19 made20
	says "user made19" "foreign key mismatch"
	lacks drift
	lacks "2 findings"
	# And with the same version, not only with a likely one.
	json 0 status --verbose
	same "made19 0.3.19 made20 0.3.20" "$(told 'select(.username != null and
		(.username | startswith("made"))) | "\(.username) \(.from)"' |
		tr '\n' ' ' | sed 's/ $//')"
}

@test "dump: FTS, views, triggers and odd names come back, and nothing besides" {
	mkdir migrations
	add_step baseline 1 <<-'EOF'
		CREATE TABLE "a b"(id INTEGER PRIMARY KEY AUTOINCREMENT,
			"c|d" TEXT, "käse" TEXT UNIQUE);
		CREATE VIRTUAL TABLE words USING fts5("c|d", content='a b');
		CREATE VIEW last AS SELECT * FROM "a b"; -- of all
		CREATE TRIGGER added AFTER INSERT ON "a b" BEGIN
			INSERT INTO words(rowid, "c|d") VALUES (NEW.id, ';');
		END;
		INSERT INTO "a b"("c|d") VALUES ('a row');
		ANALYZE;
	EOF
	dump >made.sql
	sqlite3 -bail new.db <made.sql
	# As the steps themselves make it.
	sed -n '/:start\]/,/:end\]/p' migrations/*.md | sqlite3 -bail real.db
	objects="SELECT type, name, tbl_name, sql FROM sqlite_schema
		WHERE name NOT LIKE 'sqlite_stat%' ORDER BY 1, 2"
	[ -n "$(sqlite3 real.db "$objects")" ]
	diff <(sqlite3 real.db "$objects") <(sqlite3 new.db "$objects")
	same 0 "$(sqlite3 new.db 'SELECT count(*) FROM "a b"')"
	same ok "$(sqlite3 new.db 'PRAGMA integrity_check')"
	run cat made.sql
	lacks sqlite_
	lacks words_data
	lacks fleet_schema_history
}

@test "dump: both kinds under a heading each, or one of them" {
	shipped
	exits 0 dump
	says "-- system databases at 0.3.20" "-- user databases at 0.3.20" \
		"CREATE TABLE conversation_messages" "CREATE TABLE users"
	exits 0 dump --kind system
	has "CREATE TABLE users"
	lacks conversation_messages
	exits 0 dump --kind user --at 0.3.19
	has "-- user databases at 0.3.19"
	lacks conversation_messages
	rm migrations/history.md
	add_step baseline 2 <<<'CREATE TABLE t(a);'
	add_step baseline 1 system <<<'CREATE TABLE s(a);'
	exits 0 dump --kind user --at 1
	same "-- user databases have no schema yet at this version" "$output"
}

@test "dump: the target of the configuration is the default" {
	shipped
	printf '[migrations]\ntarget = 0.3.19\n' >some.ini
	exits 0 "$FLEET_UPGRADE" -c some.ini -m migrations migrations dump
	has "-- user databases at 0.3.19"
	exits 0 "$FLEET_UPGRADE" -c some.ini -m migrations migrations dump \
		--at 0.3.20
	has "-- user databases at 0.3.20"
}

@test "dump: --json, an object a line" {
	shipped
	dump --json --kind user >json
	same '["event","kind","version","type","name","table","sql"]' \
		"$(jq -c keys_unsorted json | sort -u)"
	same "schema user 0.3.20" \
		"$(jq -r '"\(.event) \(.kind) \(.version)"' json | sort -u)"
	same "CREATE INDEX idx_compacts_conversation" "$(jq -r 'select(.name ==
		"idx_compacts_conversation") | .sql | split("\n")[0]' json)"
}

@test "dump: what is asked for wrongly is refused, and nothing is printed" {
	shipped
	exits 64 dump --at 9.9
	has "target version 9.9 is not in the migrations"
	lacks CREATE
	exits 64 dump --kind users
	has "--kind system or --kind user"
	lacks CREATE
	exits 64 dump alice
	exits 64 dump --to 0.3.19
	exits 64 "$FLEET_UPGRADE" migrations
	has "needs a second word"
	add_step 0.3.20 0.3.21 <<<'CREATE TABEL t(a);'
	exits 65 dump
	has "step-0.3.21-user.md:5:"
	lacks CREATE\ TABLE
}

@test "dump: needs no data directory, and leaves no trace in one" {
	make_fleet 2
	save_fleet saved
	exits 0 fleet migrations dump
	files_same saved
	[ ! -e fleet/.fleet-upgrade ]
}
