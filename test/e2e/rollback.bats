# `rollback`: back to what the backups have, never over what was written since,
# and held there. (The promise itself is in promise-10.)

load lib
setup() { begin; }
teardown() { end; }

late()
{
	sqlite3 "$(db "$1")" "INSERT INTO topics(topic_name) VALUES ('late')"
}

@test "rollback: takes the newest upgrade back, and holds the fleet there" {
	make_fleet 3
	save_fleet saved
	exits 0 fleet
	run_id=$(newest_run)
	exits 0 fleet rollback
	says "4 restored" "upgrade --release"
	rows_kept saved
	for name in alice bob carol; do
		same none "$(version_of "$(db $name)")"
	done
	same none "$(version_of fleet/system.db)"
	exits 6 fleet
	says "is held since" "after rollback" "nothing was touched"
	exits 0 fleet upgrade --release
	has "4 upgraded"
	exits 0 fleet upgrade --release
	exits 0 fleet history
	says "$run_id" rollback
}

@test "rollback: keeps what was written since, and system.db with it" {
	make_fleet 3
	exits 0 fleet
	late bob
	exits 1 fleet rollback
	says "2 restored" "1 kept" "user bob, $(db bob)" "--force" \
		"system.db was left at its version, because 1 user database did"
	same 0.3.20 "$(version_of "$(db bob)")"
	same 0.3.20 "$(version_of fleet/system.db)"
	same none "$(version_of "$(db alice)")"
	same 1 "$(ask bob "SELECT count(*) FROM topics
		WHERE topic_name = 'late'")"
	exits 1 fleet rollback
	says "2 databases" "1 kept"
}

@test "rollback: --force puts it back, and what it overwrites is kept" {
	make_fleet 2
	save_fleet saved
	exits 0 fleet
	late bob
	exits 0 fleet rollback --force
	has "3 restored"
	rows_kept saved
	copy=fleet/.fleet-upgrade/backups/$(newest_run)/bob_longterm.db
	same 1 "$(sqlite3 "file:$copy?immutable=1" "SELECT count(*) FROM topics
		WHERE topic_name = 'late'")"
}

@test "rollback: of one user leaves system.db and the others where they are" {
	make_fleet 3
	exits 0 fleet
	exits 0 fleet rollback bob
	says "1 database" "1 restored"
	same none "$(version_of "$(db bob)")"
	same 0.3.20 "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of fleet/system.db)"
	exits 0 fleet rollback --exclude carol
	same none "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of fleet/system.db)"
	exits 0 fleet rollback
	has "2 restored"
	same none "$(version_of fleet/system.db)"
	exits 64 fleet rollback nobody
}

@test "rollback: --run takes back an older run where databases still stand" {
	make_fleet 3
	exits 0 fleet upgrade alice
	first=$(newest_run)
	exits 0 fleet
	exits 0 fleet rollback --run "$first"
	says "1 restored" "system.db was left at its version, because 2 user"
	same none "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of "$(db bob)")"
	same 0.3.20 "$(version_of fleet/system.db)"
	exits 0 fleet rollback
	says "2 restored"
	same 0.3.20 "$(version_of fleet/system.db)"
	exits 0 fleet rollback
	says "1 restored"
	same none "$(version_of fleet/system.db)"
	exits 0 fleet rollback
	has "nothing was changed"
}

@test "rollback: an unknown run is an error, and leaves no hold" {
	make_fleet 1
	exits 0 fleet
	exits 64 fleet rollback --run 20200101T000000Z-0000
	says "20200101T000000Z-0000" "backups list"
	exits 64 fleet rollback --run ../../etc
	has "that is no run"
	exits 0 fleet
	has "nothing was changed"
}

@test "rollback: an idle run in between does not count" {
	make_fleet 2
	exits 0 fleet
	exits 0 fleet
	exits 0 fleet
	exits 0 fleet rollback
	has "3 restored"
}

@test "rollback: version by version, from the newest" {
	make_fleet 2
	exits 0 fleet --to 0.3.19
	exits 0 fleet
	exits 0 fleet rollback
	same 0.3.19 "$(version_of "$(db alice)")"
	exits 0 fleet rollback
	same none "$(version_of "$(db alice)")"
	same none "$(version_of fleet/system.db)"
	exits 0 fleet rollback
	has "nothing was changed"
}

@test "rollback: works while the migrations are broken" {
	make_fleet 2
	save_fleet saved
	exits 0 fleet
	echo '-- [user:0.3.20→0.4:start]' >migrations/broken.md
	exits 0 fleet rollback
	says "going on without migrations" "3 restored"
	rows_kept saved
	rm -r migrations
	exits 0 fleet rollback
	has "nothing was changed"
}

@test "rollback: a busy database is left, and taken back by the next one" {
	make_fleet 2
	exits 0 fleet
	exits 5 holding "$(db bob)" fleet rollback \
		--set run.busy_timeout=10ms --set run.retries=1
	says "1 restored" "1 busy" "system.db was left"
	exits 0 fleet rollback
	says "2 restored"
	same none "$(version_of fleet/system.db)"
}

@test "rollback: of WAL databases, with the application's own writing seen" {
	make_fleet 3 -w
	save_fleet saved
	exits 0 fleet
	late carol
	exits 1 fleet rollback
	says "2 restored" "1 kept" "user carol"
	rows_kept saved alice_longterm.db bob_longterm.db
	same wal "$(ask bob 'PRAGMA journal_mode')"
	exits 0 fleet rollback --force
	rows_kept saved
}

@test "rollback: of a fleet that was never upgraded, or has no backups" {
	make_fleet 1
	exits 0 fleet rollback
	has "nothing was changed"
	exits 0 fleet
	rm -r fleet/.fleet-upgrade
	exits 0 fleet rollback
	has "nothing was changed"
	exits 0 fleet
}

@test "rollback: the backup of a damaged one is not put back unseen" {
	make_fleet 2
	exits 0 fleet
	backup=fleet/.fleet-upgrade/backups/$(newest_run)/bob_longterm.db
	printf garbage | dd of="$backup" bs=1 seek=4096 conv=notrunc status=none
	printf garbage | dd of="$backup" bs=1 seek=30 conv=notrunc status=none
	save_fleet saved
	exits 1 fleet rollback
	says "1 failed" "user bob"
	files_same saved bob_longterm.db
}

@test "rollback: --json counts what was restored and kept" {
	make_fleet 2
	exits 0 fleet
	late bob
	json 1 rollback
	same "rollback 1 1" "$(told 'select(.event == "run-end")
		| "rollback \(.restored) \(.kept)"')"
	same kept "$(told 'select(.username == "bob") | .outcome')"
	same restored "$(told 'select(.username == "alice") | .outcome')"
}

@test "rollback: what is gone, empty or no file is named, and system.db waits" {
	make_fleet 5
	save_fleet saved
	exits 0 fleet
	run_id=$(newest_run)
	rm "$(db alice)"
	: >"$(db bob)"
	rm "$(db carol)"
	mkdir "$(db carol)"
	exits 1 fleet rollback
	says "2 restored, 2 skipped, 1 failed" "user alice" \
		"its file is gone" "user bob" "it is empty" "user carol" \
		"it is a folder" "system.db was left" "3 user databases" \
		"restore --offline --run $run_id bob"
	# Of system.db it is, and of nobody besides.
	[[ $output = *"goes back alone with: "*" restore --system"$'\n'* ]]
	same 0.3.20 "$(version_of fleet/system.db)"
	# Told again, and nothing older is taken back in their stead.
	exits 1 fleet rollback
	says "2 skipped, 1 failed" "system.db was left"
	exits 1 fleet rollback bob
	has "1 failed"
	# With them back, system.db follows.
	exits 0 fleet restore --offline alice bob carol
	exits 0 fleet rollback
	has "1 restored"
	same none "$(version_of fleet/system.db)"
	rmdir fleet/.carol_longterm.db.aside-*
	rm fleet/.bob_longterm.db.aside-*
	rows_kept saved
	exits 0 fleet rollback
	has "nothing was changed"
}

@test "rollback: a user who was removed keeps system.db only until it is said" {
	make_fleet 2
	exits 0 fleet --to 0.3.19
	exits 0 fleet
	rm "$(db bob)"
	# Who was not asked about is not told of.
	exits 0 fleet rollback alice
	lacks bob
	for _ in 1 2; do
		exits 5 fleet rollback
		says "user bob" "its file is gone" "restore --system" \
			"system.db was left"
	done
	exits 0 fleet restore --system
	same 0.3.19 "$(version_of fleet/system.db)"
	# The upgrade before is the next one, with the same to say.
	exits 5 fleet rollback
	same none "$(version_of "$(db alice)")"
	json 5 rollback
	same "skipped $(db bob)" "$(told 'select(.username == "bob")
		| "\(.outcome) \(.path)"')"
}

@test "rollback: a system.db that is gone is named" {
	make_fleet 1
	exits 0 fleet
	run_id=$(newest_run)
	rm fleet/system.db
	exits 5 fleet rollback
	says "1 restored, 1 skipped" "system.db" "its file is gone" \
		"restore --offline --run $run_id --system"
	exits 0 fleet restore --offline --system
	same none "$(version_of fleet/system.db)"
}
