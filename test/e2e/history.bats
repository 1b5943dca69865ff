# `history`: the runs that were, and what became of each database in one.

load lib
setup() { begin; }
teardown() { end; }

@test "history: the newest run first, with what came of it" {
	make_fleet 3
	exits 0 fleet history
	has "no run has been recorded yet"
	[ ! -e fleet/.fleet-upgrade ]
	break_user bob
	exits 1 fleet
	exits 1 fleet
	exits 0 fleet rollback
	exits 0 fleet history
	says "rollback    status 0, 3 databases, 3 restored" \
		"upgrade     status 1, 4 databases, 3 current, 1 failed" \
		"upgrade     status 1, 4 databases, 3 upgraded, 1 failed" \
		"target 0.3.20"
	same "rollback upgrade upgrade" "$(sed 1d <<<"$output" |
		awk '{ print $2 }' | tr '\n' ' ' | sed 's/ $//')"
}

@test "history: of one run, each database that was not current, and why" {
	make_fleet 3
	exits 0 fleet upgrade alice
	break_user bob
	exits 1 fleet
	id=$(newest_run)
	exits 0 fleet history "$id"
	says "upgraded  user carol, $(db carol), 0.3.19 → 0.3.20" \
		"failed  user bob" "file is not a database"
	lacks "user alice"
	exits 0 fleet history "$id" bob
	lacks "user carol"
	has "user bob"
}

@test "history: where it failed: migration, file, line, statement, message" {
	make_fleet 1
	add_step 0.3.20 0.4 <<<'INSERT INTO topics SELECT * FROM topics;'
	exits 1 fleet
	exits 0 fleet history "$(fleet history --json | jq -r .run)"
	says "user:0.3.20→0.4, $T/migrations/step-0.4-user.md:5" \
		"INSERT INTO topics SELECT * FROM topics" \
		"UNIQUE constraint failed: topics.topic_id"
}

@test "history: of one user, the runs that did something to it" {
	make_fleet 3
	exits 0 fleet upgrade alice
	exits 0 fleet
	exits 0 fleet history alice
	same 1 "$(grep -c '^upgraded  user alice' <<<"$output")"
	lacks "user bob"
	rm "$(db alice)"
	exits 0 fleet history alice
	has "user alice"
	cp "$(db bob)" "$(db new)"
	exits 0 fleet history new
	has "no run had anything to do"
}

@test "history: an unknown run or user is an error" {
	make_fleet 1
	exits 0 fleet
	exits 64 fleet history 20200101T000000Z-0000
	has "there is no run 20200101T000000Z-0000"
	exits 64 fleet history nobody
	has "no database of nobody"
}

@test "history: --json has the runs and the databases" {
	make_fleet 2
	break_user bob
	exits 1 fleet
	json 0 history
	same '["event","run","command","dry_run","began","ended","target","databases","outcomes","exit_status","signal"]' \
		"$(told 'keys_unsorted | tojson')"
	same '{"upgraded":2,"failed":1}' "$(told '.outcomes | tojson')"
	id=$(told .run)
	json 0 history "$id"
	same "run database database database" "$(told .event | tr '\n' ' ' |
		sed 's/ $//')"
	same "failed SQLITE_NOTADB" "$(told 'select(.username == "bob") |
		"\(.outcome) \(.error.code)"')"
	same "$T/fleet/.fleet-upgrade/backups/$id/alice_longterm.db" \
		"$(told 'select(.username == "alice") | .backup')"
}

@test "history: a run that was killed is shown as interrupted" {
	make_fleet 2
	exits 0 fleet --to 0.3.19
	mkfifo hold
	sqlite3 "$(db bob)" <hold >held &
	exec 8>hold
	echo "BEGIN IMMEDIATE; SELECT 'locked';" >&8
	until grep -q locked held; do sleep 0.05; done
	"$FLEET_UPGRADE" -d fleet -m migrations --set run.busy_timeout=60s \
		>/dev/null 2>&1 8>&- &
	pid=$!
	until [ "$(version_of "$(db alice)")" = 0.3.20 ]; do sleep 0.05; done
	sleep 1.5
	kill -9 "$pid"
	wait "$pid" || true
	exec 8>&-
	exits 0 fleet history
	says interrupted "2 upgraded"
	exits 0 fleet
	says "1 upgraded" "2 current"
}

@test "history: twenty runs are shown, and with --verbose all" {
	make_fleet 1
	for _ in $(seq 22); do
		fleet --quiet
	done
	exits 0 fleet history
	same 21 "${#lines[@]}"
	exits 0 fleet history --verbose
	same 23 "${#lines[@]}"
}

@test "history: works while the migrations are broken, and without a journal" {
	make_fleet 1
	exits 0 fleet
	exits 0 "$FLEET_UPGRADE" -d fleet -m nowhere history
	has upgrade
	rm fleet/.fleet-upgrade/journal.db
	exits 0 fleet history
	has "no run has been recorded yet"
}

@test "history: dry runs and looks are not recorded" {
	make_fleet 1
	exits 0 fleet --quiet
	exits 0 fleet --dry-run
	exits 0 fleet status
	exits 1 fleet verify
	exits 0 fleet history
	same 2 "${#lines[@]}"
}
