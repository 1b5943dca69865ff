# Promise 4: the version lives in the database, and is written in the same
# transaction as the change. Nothing outside the file is believed about it.

load lib
load witness
setup()
{
	begin
	make_fleet 2 -k 1
}
teardown() { end; }

has_column()
{
	[ "$(sqlite3 "$(db "$1")" "SELECT count(*) FROM
		pragma_table_info('conversations') WHERE name = '$2'")" -eq 1 ]
}

@test "steps, rows of the ledger and version are one transaction" {
	traced unlink,unlinkat,ftruncate,pwrite64 fleet upgrade --quiet \
		--jobs 1 --set run.strategy=in-place
	[ "$(grep -c 'unlink.*alice_longterm\.db-journal' trace)" -eq 1 ]
	# Nothing is written to it behind its one commit.
	ended=$(call 'unlink.*alice_longterm\.db-journal')
	[ "$(tail -n "+$ended" trace |
		grep -c 'pwrite64(.*alice_longterm\.db>' || true)" -eq 0 ]
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	has_column alice compact_summary
}

@test "a copy takes the place of its database with all of them, or not at all" {
	traced pwrite64,renameat2 fleet upgrade --quiet --jobs 1
	[ "$(grep -c 'renameat2(.*fleet>, "alice_longterm\.db"' trace)" -eq 1 ]
	ended=$(call 'renameat2\(.*fleet>, "alice_longterm\.db"')
	[ "$(tail -n "+$ended" trace |
		grep -c 'pwrite64(.*alice_longterm\.db>' || true)" -eq 0 ]
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	has_column alice compact_summary
}

@test "a later step that fails takes back the earlier ones, and their rows" {
	add_step 0.3.20 0.3.21 <<<"ALTER TABLE conversations ADD COLUMN mood;"
	add_step 0.3.21 0.3.22 <<<"CREATE UNIQUE INDEX one ON memories(1);"
	save_fleet saved
	exits 1 fleet upgrade
	has "UNIQUE constraint failed"
	files_same saved alice_longterm.db bob_longterm.db
	run has_column alice mood
	[ "$status" -ne 0 ]
}

@test "a database keeps its version when all that is beside it is lost" {
	fleet upgrade --quiet
	rm -r fleet/.fleet-upgrade
	save_fleet saved
	exits 0 fleet status --check
	exits 0 fleet upgrade
	has "3 current"
	files_same saved
}

@test "a database brings its version with it from another fleet" {
	fleet upgrade --quiet
	cp "$(db alice)" "$(db moved)"
	exits 0 fleet upgrade moved
	has "2 current"
	cp "$(find fleet/.fleet-upgrade/backups -name bob_longterm.db)" "$(db old)"
	exits 0 fleet upgrade old
	has "1 upgraded"
	[ "$(version_of "$(db old)")" = 0.3.20 ]
}

@test "what the journal of runs claims is not believed" {
	fleet upgrade --quiet
	cp "$(find fleet/.fleet-upgrade/backups -name bob_longterm.db)" \
		"$(db bob)"
	sqlite3 fleet/.fleet-upgrade/journal.db "UPDATE result
		SET to_version = '9.9.9', outcome = 'upgraded'"
	exits 3 fleet status --check
	exits 0 fleet upgrade
	has "1 upgraded, 2 current"
}

@test "the version after a killed application's recovery is what counts" {
	cp "$(db alice)" old.db
	fleet upgrade --quiet
	cp "$(db alice)" new.db
	# Behind an idle file at the old version the new one stands in a WAL.
	cp old.db "$(db alice)"
	leave_wal "$(db alice)" "ATTACH 'new.db' AS new;
		BEGIN; CREATE TABLE fleet_schema_history AS
		SELECT * FROM new.fleet_schema_history; COMMIT"
	exits 0 fleet status --json
	[ "$(jq -r '.versions["0.3.20"]' <<<"$output")" -eq 2 ]
	# And where the new one is half-written, the old one.
	cp old.db "$(db alice)"
	rm "$(db alice)"-*
	leave_journal "$(db alice)" "CREATE TABLE fleet_schema_history(rank INTEGER
		PRIMARY KEY, kind, from_version, to_version);
		INSERT INTO fleet_schema_history
		VALUES (1, 'migrate', '0.3.19', '0.3.20');
		CREATE TABLE big AS SELECT zeroblob(90000)"
	exits 0 fleet upgrade
	has "1 upgraded"
	has_column alice compact_summary
}

@test "user_version and application_id stay the application's own" {
	sqlite3 "$(db alice)" 'PRAGMA user_version = 77' \
		'PRAGMA application_id = 4711'
	fleet upgrade --quiet
	[ "$(sqlite3 "$(db alice)" 'PRAGMA user_version')" -eq 77 ]
	[ "$(sqlite3 "$(db alice)" 'PRAGMA application_id')" -eq 4711 ]
}
