# `restore`: one database back from its backup, without a hold.

load lib
setup() { begin; }
teardown() { end; }

late()
{
	sqlite3 "$(db "$1")" "INSERT INTO topics(topic_name) VALUES ('late')"
}

late_rows()
{
	sqlite3 "file:$1?mode=ro" "SELECT count(*) FROM topics
		WHERE topic_name = 'late'"
}

@test "restore: one user's newest backup, and no hold" {
	make_fleet 3
	save_fleet saved
	exits 0 fleet
	exits 0 fleet restore bob
	says "1 database" "1 restored"
	rows_kept saved bob_longterm.db
	same none "$(version_of "$(db bob)")"
	same 0.3.20 "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of fleet/system.db)"
	exits 0 fleet
	says "1 upgraded" "3 current"
}

@test "restore: keeps what was written since, unless --force" {
	make_fleet 2
	save_fleet saved
	exits 0 fleet
	late bob
	exits 1 fleet restore bob
	says "1 kept" "restore --force"
	same 1 "$(late_rows "$(db bob)")"
	exits 0 fleet restore bob --force
	rows_kept saved bob_longterm.db
	same 1 "$(late_rows \
		"fleet/.fleet-upgrade/backups/$(newest_run)/bob_longterm.db")"
}

@test "restore: --run says which backup" {
	make_fleet 2
	exits 0 fleet --to 0.3.19
	first=$(newest_run)
	exits 0 fleet
	exits 0 fleet restore alice
	same 0.3.19 "$(version_of "$(db alice)")"
	exits 0 fleet restore alice --run "$first"
	same none "$(version_of "$(db alice)")"
	exits 64 fleet restore alice --run 20200101T000000Z-0000
	exits 64 fleet restore alice --run nonsense
}

@test "restore: several users, also from a file, and system.db only if asked" {
	make_fleet 4
	exits 0 fleet
	exits 0 fleet restore alice bob
	has "2 restored"
	echo carol >names
	exits 0 fleet restore --users-from names
	has "1 restored"
	exits 0 fleet restore --system
	has "1 restored"
	same none "$(version_of fleet/system.db)"
	same 0.3.20 "$(version_of "$(db dave)")"
	exits 64 fleet restore
	has "say whose database"
	exits 64 fleet restore nobody
	exits 64 fleet restore alice nobody
}

@test "restore: a user without a backup is an error, and nothing is touched" {
	make_fleet 2
	mv "$(db bob)" kept
	exits 0 fleet
	mv kept "$(db bob)"
	save_fleet saved
	exits 64 fleet restore bob alice
	says bob_longterm.db "no backup of it" "nothing was touched"
	files_same saved
}

@test "restore: --offline, of a file that is gone" {
	make_fleet 2
	save_fleet saved
	exits 0 fleet
	rm "$(db bob)"
	exits 64 fleet restore bob
	has "--offline"
	exits 0 fleet restore --offline bob
	has "1 restored"
	rows_kept saved bob_longterm.db
	same "$(stat -c '%a %U' saved/bob_longterm.db)" \
		"$(stat -c '%a %U' "$(db bob)")"
}

@test "restore: --offline, of a file that is no database any more" {
	make_fleet 2
	save_fleet saved
	exits 0 fleet
	break_user bob
	echo stale >"$(db bob)-wal"
	echo stale >"$(db bob)-journal"
	exits 1 fleet restore bob
	says "1 failed" "--offline"
	exits 0 fleet restore --offline bob
	rows_kept saved bob_longterm.db
	[ ! -e "$(db bob)-wal" ]
	[ ! -e "$(db bob)-journal" ]
	grep -rq 'this is no database' fleet/.fleet-upgrade fleet
}

@test "restore: --offline, of a system.db that is gone" {
	make_fleet 1
	save_fleet saved
	exits 0 fleet
	rm fleet/system.db
	exits 64 fleet restore --system
	exits 0 fleet restore --offline --system
	rows_kept saved system.db
}

@test "restore: works while the migrations are broken" {
	make_fleet 1
	save_fleet saved
	exits 0 fleet
	rm -r migrations
	exits 0 fleet restore alice
	says "going on without migrations" "1 restored"
	rows_kept saved alice_longterm.db
}

@test "restore: a busy database is left as it is" {
	make_fleet 2
	exits 0 fleet
	exits 5 holding "$(db bob)" fleet restore bob \
		--set run.busy_timeout=10ms --set run.retries=1
	says "1 busy" "left exactly as they were"
	same 0.3.20 "$(version_of "$(db bob)")"
}

@test "restore: a restore can itself be taken back" {
	make_fleet 1
	exits 0 fleet
	late alice
	exits 0 fleet restore alice --force
	same 0 "$(late_rows "$(db alice)")"
	exits 0 fleet restore alice --force --run "$(newest_run)"
	same 1 "$(late_rows "$(db alice)")"
	same 0.3.20 "$(version_of "$(db alice)")"
	all_sound
}
