# Every exit status of the manual, each produced for real, and which one it is
# where several hold. (70, a defect of the program, cannot be produced: how it
# comes about is in the unit test of exit_status.)

load lib
setup() { begin; }
teardown() { end; }

@test "exit status 0: every database is at its target, or was already" {
	make_fleet 2
	exits 0 fleet --dry-run
	exits 0 fleet
	exits 0 fleet
	exits 0 fleet --dry-run
	exits 0 fleet --to 0.3.19
	has "3 current"
}

@test "exit status 1: some user databases failed" {
	make_fleet 2
	break_user bob
	exits 1 fleet --dry-run
	exits 1 fleet
	has "1 failed"
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}

@test "exit status 1: some user databases are newer than every migration" {
	make_fleet 2
	exits 0 fleet
	sqlite3 "$(db bob)" "INSERT INTO fleet_schema_history(rank, kind,
		from_version, to_version) VALUES (9, 'migrate', '0.3.20', '9.0')"
	exits 1 fleet
	says "1 newer" "user bob, $(db bob)"
}

@test "exit status 1: verify found something" {
	make_fleet 1
	exits 1 fleet verify
}

@test "exit status 1: a rollback was refused for some" {
	make_fleet 2
	exits 0 fleet
	sqlite3 "$(db bob)" "INSERT INTO topics(topic_name) VALUES ('late')"
	exits 1 fleet rollback
	has "1 kept"
}

@test "exit status 1: a restore or baseline of system.db failed" {
	make_fleet 1
	exits 0 fleet
	save_fleet saved
	echo 'this is no database' >fleet/system.db
	exits 1 fleet restore --system
	has "1 failed"
	exits 1 fleet baseline --to 0.3.20
	says "system.db" "1 failed"
	files_same saved alice_longterm.db
}

@test "exit status 2: system.db failed" {
	make_fleet 1
	echo 'this is no database' >fleet/system.db
	exits 2 fleet --dry-run
	exits 2 fleet
	says "no user database was touched" "1 not begun"
	[ "$(version_of "$(db alice)")" = none ]
}

@test "exit status 2: system.db is busy" {
	make_fleet 1
	exits 2 holding fleet/system.db fleet \
		--set run.busy_timeout=10ms --set run.retries=1
	says "1 busy" "no user database was touched"
	[ "$(version_of "$(db alice)")" = none ]
}

@test "exit status 2: system.db is newer" {
	make_fleet 1
	exits 0 fleet upgrade --to 0.3.19
	sqlite3 fleet/system.db "INSERT INTO fleet_schema_history(rank, kind,
		from_version, to_version) VALUES (9, 'migrate', '0.3.20', '9.0')"
	exits 2 fleet
	says "1 newer" "no user database was touched"
	[ "$(version_of "$(db alice)")" = 0.3.19 ]
}

@test "exit status 2: system.db is empty" {
	make_fleet 1
	: >fleet/system.db
	touch -d '2 days ago' fleet/system.db
	exits 2 fleet
	has "0 bytes"
}

@test "exit status 2: system.db is missing while there are steps for it" {
	make_fleet 1
	rm fleet/system.db
	exits 2 fleet
	has "system.db is missing"
	exits 2 fleet --dry-run
	exits 0 fleet --set fleet.system_db=
}

@test "exit status 3: status --check, and only then, if something is pending" {
	make_fleet 1
	exits 0 fleet status
	exits 3 fleet status --check
	exits 3 fleet status --check --json
	exits 0 fleet
	exits 0 fleet status --check
}

@test "exit status 4: another run holds the lock" {
	make_fleet 1
	exits 4 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations
	exits 4 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations --dry-run
	exits 4 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations rollback
	exits 0 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations status
	exits 0 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations list
}

@test "exit status 5: nothing failed, but some were busy" {
	make_fleet 2
	exits 5 holding "$(db bob)" fleet \
		--set run.busy_timeout=10ms --set run.retries=1
	says "1 busy" "user bob"
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	exits 0 fleet
}

@test "exit status 5: nothing failed, but some were skipped" {
	make_fleet 2
	: >fleet/new_longterm.db
	exits 5 fleet
	has "1 skipped"
	mkdir fleet/folder_longterm.db
	rm fleet/new_longterm.db
	exits 5 fleet
}

@test "exit status 5: an empty file older than an hour no longer counts" {
	make_fleet 1
	: >fleet/old_longterm.db
	touch -d '61 minutes ago' fleet/old_longterm.db
	exits 0 fleet
	says "1 skipped" "user old"
	touch -d '59 minutes ago' fleet/old_longterm.db
	exits 5 fleet
}

@test "exit status 6: the fleet is held after a rollback" {
	make_fleet 1
	exits 0 fleet
	exits 0 fleet rollback
	exits 6 fleet
	exits 6 fleet --dry-run
	exits 0 fleet upgrade --release
}

@test "exit status 6: the disk reserve is reached" {
	make_fleet 1
	exits 6 fleet --set backup.min_free=100%
	says "backup.min_free" "nothing was touched"
	[ "$(version_of fleet/system.db)" = none ]
}

@test "exit status 64: an unknown command, option, user or target version" {
	make_fleet 1
	exits 64 fleet upgarde
	exits 64 fleet --frobnicate
	exits 64 fleet upgrade nobody
	exits 64 fleet --to 9.9.9
	exits 64 fleet status --force
	exits 64 fleet backups
	exits 64 fleet --quiet --verbose
	exits 64 fleet --jobs 0
	exits 64 fleet --set run.nonsense=1
	exits 64 fleet --users-from nowhere
	exits 64 fleet restore
	exits 64 fleet baseline
	exits 64 fleet new
	exits 64 fleet template build
	exits 64 fleet migrations dump --at 9.9.9
	exits 64 fleet baseline --from nothing
	exits 64 fleet rollback --to 9.9.9
	[ ! -e fleet/.fleet-upgrade ]
}

@test "exit status 65: the migrations are wrong or absent" {
	make_fleet 1
	exits 65 "$FLEET_UPGRADE" -d fleet -m nowhere
	has "nowhere: the migrations cannot be read"
	mkdir none
	exits 65 "$FLEET_UPGRADE" -d fleet -m none
	add_step 0.3.20 0.4 <<<'CREATE TABLE broken(;'
	exits 65 fleet
	exits 65 fleet --dry-run
	exits 65 fleet lint
	[ ! -e fleet/.fleet-upgrade ]
}

@test "exit status 74: the data directory is not there" {
	make_fleet 1
	exits 74 "$FLEET_UPGRADE" -d nowhere -m migrations
	exits 74 "$FLEET_UPGRADE" -d migrations/history.md -m migrations
}

@test "exit status 74: the state directory fails; 78: it is named wrongly" {
	make_fleet 1
	exits 78 fleet --set fleet.state_dir="$T/no/such/folder"
	echo 'a file' >fleet/.fleet-upgrade
	exits 74 fleet
	[ "$(version_of fleet/system.db)" = none ]
}

@test "exit status 74: standard output is full" {
	make_fleet 1
	[ -c /dev/full ] || skip "there is no /dev/full"
	exits 74 bash -c '"$FLEET_UPGRADE" -d fleet -m migrations status \
		>/dev/full'
	has "standard output"
}

@test "exit status 74: the disk becomes full in the run" {
	make_fleet 3
	[ "$(id -u)" -eq 0 ] || skip "only root can mount a small disk"
	mkdir state
	mount -t tmpfs -o size=256k,mode=700 tmpfs state 2>/dev/null ||
		skip "no file system can be mounted here"
	run fleet --set fleet.state_dir="$T/state" --jobs 1 \
		--set backup.min_free=0%
	umount state
	[ "$status" -eq 6 ] || [ "$status" -eq 74 ]
	has "room"
	[ "$(version_of fleet/system.db)" = none ]
}

@test "exit status 78: the configuration is wrong, or lacks what is needed" {
	make_fleet 1
	exits 78 "$FLEET_UPGRADE" -c /dev/null -m migrations
	has "--data-dir"
	printf '[run]\njobs = many\n' >bad.ini
	exits 78 fleet -c bad.ini
	exits 78 fleet -c nowhere.ini
	FLEET_UPGRADE_RUN_JOBS=many exits 78 fleet
	[ ! -e fleet/.fleet-upgrade ]
}

@test "exit status: 2 before 74, before 1, before 5" {
	make_fleet 3
	: >fleet/new_longterm.db
	exits 5 fleet --dry-run
	break_user bob
	exits 1 fleet --dry-run
	echo 'no database' >fleet/system.db
	exits 2 fleet --dry-run
	exits 2 fleet
}

@test "exit status: 2, also where the backups cannot be gone through (74)" {
	make_fleet 1
	exits 0 fleet
	rm "fleet/.fleet-upgrade/backups/$(newest_run)/.run"
	mkdir "fleet/.fleet-upgrade/backups/$(newest_run)/.run"
	exits 74 fleet
	has ".run is no regular file"
	echo 'this is no database' >fleet/system.db
	exits 2 fleet
	says "no user database was touched" ".run is no regular file"
}

@test "exit status: 6 before 1, 2 before 6" {
	make_fleet 3
	exits 0 fleet
	exits 0 fleet rollback
	break_user bob
	exits 6 fleet --dry-run
	echo 'no database' >fleet/system.db
	exits 2 fleet --dry-run
}

@test "exit status: a record that stays incomplete is 74, also in JSON" {
	make_fleet 2
	exits 0 fleet --to 0.3.19
	holding fleet/.fleet-upgrade/journal.db json 74
	same 74 "$(told 'select(.event == "run-end") | .exit_status')"
	same 3 "$(told 'select(.event == "database") | .outcome' |
		grep -c upgraded)"
	grep -q "journal of runs is not complete" errors
	exits 0 fleet
}

@test "exit status: a journal of runs that cannot be written is 74, before 1" {
	make_fleet 3
	exits 0 fleet --to 0.3.19
	break_user bob
	rm fleet/.fleet-upgrade/journal.db
	mkdir fleet/.fleet-upgrade/journal.db
	exits 74 fleet
	has "journal"
}
