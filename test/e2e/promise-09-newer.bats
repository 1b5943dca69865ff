# Promise 9: newer is refused: a database newer than the newest migration known is
# left alone and reported, and a recorded version is never lowered except by an
# explicit rollback.

load lib
load witness
setup()
{
	begin
	make_fleet 3 -k 1
	add_step 0.3.20 0.4.0 <<<"ALTER TABLE topics ADD COLUMN rank INTEGER;"
	fleet upgrade bob --quiet
	rm migrations/step-*
	[ "$(version_of "$(db bob)")" = 0.4.0 ]
	save_fleet saved
}
teardown() { end; }

@test "a newer database is left alone, named, with both versions" {
	exits 1 fleet upgrade
	says "1 newer" "user bob" "$(db bob)" 0.4.0 0.3.20
	files_same saved bob_longterm.db
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	[ "$(version_of "$(db carol)")" = 0.3.20 ]
	run find fleet/.fleet-upgrade/backups -name bob_longterm.db -newer saved
	same "" "$output"
}

@test "a newer database stays newer, night after night" {
	exits 1 fleet upgrade
	exits 1 fleet upgrade
	exits 1 fleet upgrade --quiet
	has bob
	files_same saved bob_longterm.db
}

@test "every look tells of it" {
	untouched fleet upgrade --dry-run
	[ "$status" -eq 1 ]
	has "1 newer"
	untouched fleet status --json
	[ "$(jq .newer <<<"$output")" -eq 1 ]
	untouched fleet verify bob
	[ "$status" -eq 1 ]
}

@test "a version that no step knows, but that sorts below the newest, is refused" {
	sqlite3 "$(db bob)" "UPDATE fleet_schema_history SET to_version = '0.3.20.5'
		WHERE rank = (SELECT max(rank) FROM fleet_schema_history)"
	exits 1 fleet upgrade
	has "0.3.20.5"
	[ "$(version_of "$(db bob)")" = 0.3.20.5 ]
}

@test "versions compare as numbers" {
	sqlite3 "$(db bob)" "UPDATE fleet_schema_history SET to_version = '0.10'
		WHERE rank = (SELECT max(rank) FROM fleet_schema_history)"
	exits 1 fleet upgrade
	has "1 newer"
	[ "$(version_of "$(db bob)")" = 0.10 ]
}

@test "--to does not lower what is above it" {
	fleet upgrade alice --quiet
	save_fleet saved
	exits 0 fleet upgrade alice --to 0.3.19
	files_same saved alice_longterm.db system.db
}

@test "baseline does not lower what is recorded" {
	fleet upgrade alice --quiet
	save_fleet saved
	run fleet baseline --to 0.3.19 alice
	[ "$status" -ne 0 ]
	files_same saved alice_longterm.db
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}

@test "--force is for rollbacks, and lowers nothing here" {
	exits 64 fleet upgrade --force
	files_same saved
}
