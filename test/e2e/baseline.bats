# `baseline`: records a version without running anything, and takes it away.

load lib
setup() { begin; }
teardown() { end; }

@test "baseline: records a version, and nothing else is changed" {
	make_fleet 2
	save_fleet saved
	exits 0 fleet baseline --to 0.3.19
	says "3 recorded"
	rows_kept saved
	same 0.3.19 "$(version_of "$(db alice)")"
	same 0.3.19 "$(version_of fleet/system.db)"
	same "baseline  0.3.19" "$(ask alice "SELECT kind || ' ' ||
		coalesce(from_version, '') || ' ' || to_version
		FROM fleet_schema_history")"
	exits 0 fleet
	same 0.3.20 "$(version_of "$(db alice)")"
}

@test "baseline: settles what cannot be detected, for one user" {
	make_fleet 2
	conflict_user bob
	exits 1 fleet
	exits 0 fleet baseline --to 0.3.19 bob
	says "1 database" "1 recorded"
	same 0.3.19 "$(version_of "$(db bob)")"
	sqlite3 "$(db bob)" \
		'ALTER TABLE conversations DROP COLUMN compact_summary'
	exits 0 fleet
	same 0.3.20 "$(version_of "$(db bob)")"
}

@test "baseline: a recorded version is never overwritten" {
	make_fleet 2
	exits 0 fleet upgrade alice
	save_fleet saved
	exits 1 fleet baseline --to 0.3.19
	says "1 recorded" "2 failed" "user alice" "never overwritten"
	files_same saved alice_longterm.db system.db
	same 0.3.19 "$(version_of "$(db bob)")"
	exits 0 fleet baseline --to 0.3.19 bob
	has "nothing to record"
}

@test "baseline: a version has to be said, and be known" {
	make_fleet 1
	exits 64 fleet baseline
	has "--to VERSION"
	exits 64 fleet baseline --to 9.9
	exits 64 fleet baseline --to 0.3.19 --forget
	exits 64 fleet baseline --to 0.3.19 nobody
	printf '[migrations]\ntarget = 0.3.19\n' >fleet.ini
	exits 64 fleet -c fleet.ini baseline
	[ ! -e fleet/.fleet-upgrade ]
	exits 0 fleet baseline --to latest
	same 0.3.20 "$(version_of "$(db alice)")"
}

@test "baseline --forget: takes the ledger away, and nothing else" {
	make_fleet 2
	save_fleet saved
	exits 0 fleet
	exits 0 fleet baseline --forget bob
	says "1 database" "1 ledger removed"
	same none "$(version_of "$(db bob)")"
	same 0.3.20 "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of fleet/system.db)"
	rows_kept saved
	same 0 "$(ask bob "SELECT count(*) FROM sqlite_schema
		WHERE name LIKE 'fleet%'")"
	exits 0 fleet baseline --forget
	says "2 ledger removed" "1 without a ledger"
	exits 0 fleet
	says "3 upgraded"
	same 0.3.20 "$(version_of "$(db bob)")"
}

@test "baseline: what it changes is backed up before" {
	make_fleet 1
	exits 0 fleet baseline --to 0.3.19
	exits 0 fleet backups list
	says "baseline, " "2 backups"
	exits 0 fleet restore alice
	same none "$(version_of "$(db alice)")"
}
