# `upgrade --dry-run` rehearses every pending database on a private copy: which
# would fail, and why, and how much room the backups need; and writes nothing.

load lib
setup() { begin; }
teardown() { end; }

@test "dry run: nothing is written, and no state directory is made" {
	make_fleet 3 -w
	break_user bob
	save_fleet saved
	exits 1 fleet --dry-run
	has "dry run, nothing was written"
	files_same saved
	same "" "$(find fleet -name '.*' -mindepth 1)"
	exits 1 fleet --dry-run --json
	files_same saved
}

@test "dry run: it says what an upgrade then does" {
	make_fleet 4
	conflict_user bob
	break_user carol
	exits 1 fleet --dry-run
	says "3 would be upgraded" "1 would fail" "1 cannot be read"
	exits 1 fleet
	says "3 upgraded" "2 failed"
	exits 1 fleet --dry-run
	says "3 current" "1 would fail" "1 cannot be read"
}

@test "dry run: which would fail by what is in them: where, by what, and why" {
	make_fleet 3
	sqlite3 "$(db bob)" "INSERT INTO topics(topic_name) VALUES ('WEATHER')"
	add_step 0.3.20 0.4 <<-'SQL'
		CREATE TABLE other(a);
		CREATE UNIQUE INDEX topics_once ON topics(lower(topic_name));
	SQL
	save_fleet saved
	exits 1 fleet --dry-run
	says "1 would fail" "user bob, $(db bob)" \
		"user:0.3.20→0.4, $T/migrations/step-0.4-user.md:6" \
		"CREATE UNIQUE INDEX topics_once" \
		"UNIQUE constraint failed" "SQLITE_CONSTRAINT" \
		"nothing was touched"
	lacks "user alice"
	files_same saved
	[ "$(fleet --dry-run --json | jq -r \
		'select(.outcome == "would-fail") | .username')" = bob ]
}

@test "dry run: what the checks before the commit would find" {
	make_fleet 2
	add_step 0.3.20 0.4 <<<"DELETE FROM topics WHERE topic_id =
		(SELECT 2 FROM personal_variables
			WHERE key = 'name' AND value = 'bob');"
	exits 1 fleet --dry-run
	says "1 would fail" "user bob" "without a row in topics"
}

@test "dry run: the disk space that the backups need" {
	make_fleet 3 -k 400
	exits 0 fleet --dry-run
	needed=$(sed -n 's/^disk space.*: \(.*\) MiB$/\1/p' <<<"$output")
	exits 0 fleet
	same "$needed" "$(sed -n 's/^backups: \(.*\) MiB$/\1/p' <<<"$output")"
	run du -sm fleet/.fleet-upgrade/backups
	[ "${output%%[!0-9]*}" -ge 1 ]
}

@test "dry run: of some users only, and to a version" {
	make_fleet 4
	exits 0 fleet --dry-run bob dave
	has "3 would be upgraded"
	exits 0 fleet --dry-run --to 0.3.19
	has "target system 0.3.19, user 0.3.19"
	exits 0 fleet --dry-run --exclude '*'
	has "1 would be upgraded"
	exits 64 fleet --dry-run nobody
}

@test "dry run: a system.db that fails does not hide what the users would do" {
	make_fleet 2
	conflict_user bob
	echo 'no database' >fleet/system.db
	exits 2 fleet --dry-run
	says "1 would be upgraded" "1 would fail" \
		"an upgrade would touch no user database"
}

@test "dry run: of a held fleet says so, and rehearses all the same" {
	make_fleet 2
	exits 0 fleet
	exits 0 fleet rollback
	save_fleet saved
	exits 6 fleet --dry-run
	says "3 would be upgraded" "is held since" "upgrade --release"
	files_same saved
	exits 0 fleet upgrade --release --dry-run
	files_same saved
	exits 6 fleet
}

@test "dry run: not while another run is at work, unless it is waited for" {
	make_fleet 1
	exits 4 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations --dry-run
	has "another run holds the fleet"
	flock fleet sleep 1 &
	sleep 0.2
	exits 0 fleet --dry-run --lock-wait 20
	wait
}

@test "dry run: --verbose names every database, current ones too" {
	make_fleet 3
	exits 0 fleet upgrade alice
	exits 0 fleet --dry-run --verbose
	says "current  user alice  0.3.20" \
		"would be upgraded  user bob  0.3.19 → 0.3.20"
}

@test "dry run: --quiet tells only of what would fail" {
	make_fleet 2
	exits 0 fleet --dry-run --quiet
	same "" "$output"
	conflict_user bob
	exits 1 fleet --dry-run --quiet
	has "1 would fail"
}

@test "dry run: nothing is left in TMPDIR, with big databases neither" {
	make_fleet 2 -k 3000
	mkdir tmp
	TMPDIR=$T/tmp exits 0 fleet --dry-run
	same "" "$(find tmp -mindepth 1)"
}

@test "dry run: makes sense for upgrade and backups prune only" {
	make_fleet 1
	for command in status verify rollback "restore alice" \
		"baseline --to 0.3.19" history config lint list; do
		# shellcheck disable=SC2086 # words
		exits 64 fleet $command --dry-run
		has "--dry-run makes no sense for"
	done
}

@test "dry run: too little room is told as the upgrade would, after all is tried" {
	make_fleet 3
	save_fleet saved
	exits 6 fleet --dry-run --set backup.min_free=100%
	says "4 would be upgraded" "no room for the backups: they need " \
		"backup.min_free" "nothing was touched"
	files_same saved
	exits 0 fleet --dry-run
	exits 0 fleet
	exits 0 fleet --dry-run --set backup.min_free=100%
}
