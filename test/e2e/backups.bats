# Backups: what there is, what goes and what stays, and the room they need.

load lib
setup() { begin; }
teardown() { end; }

# An upgrade of one more version, and its run id in $run_id.
one_more()
{
	next=$((${next-3} + 1))
	for kind in system user; do
		add_step "${last-0.3.20}" "0.$next" $kind \
			<<<"CREATE TABLE v$next(a);"
	done
	last=0.$next
	exits 0 fleet "$@"
	run_id=$(newest_run)
}

# The backups of alice, newest first, each by the version that is in it.
of_alice()
{
	for run in $(fleet backups list --json alice | jq -r .run); do
		version_of "fleet/.fleet-upgrade/backups/$run/alice_longterm.db"
	done | tr '\n' ' '
}



@test "backups list: by run, newest first, with what made them" {
	make_fleet 2
	exits 0 fleet
	first=$(newest_run)
	exits 0 fleet restore alice
	exits 0 fleet backups list
	says "$first  upgrade, " "restore, " "alice_longterm.db" "system.db" \
		"4 backups, "
	[[ $output == *restore*"$first"* ]]
	exits 0 fleet backups list bob
	says bob_longterm.db "1 backup, "
	lacks alice
	exits 0 fleet backups list --quiet
	exits 0 fleet backups list nobody
	has "0 backups"
}

@test "backups list: --json" {
	make_fleet 1
	exits 0 fleet
	json 0 backups list
	same 2 "$(wc -l <json)"
	same '["event","run","command","path","bytes","age_s"]' \
		"$(told 'keys_unsorted | tojson' | sort -u)"
	same "backup $(newest_run) upgrade alice_longterm.db" \
		"$(told 'select(.path == "alice_longterm.db") |
			"\(.event) \(.run) \(.command) \(.path)"')"
	same "$(stat -c %s "fleet/.fleet-upgrade/backups/$(newest_run)/alice_longterm.db")" \
		"$(told 'select(.path == "alice_longterm.db") | .bytes')"
}

@test "backups: a fleet without any, and while the migrations are broken" {
	make_fleet 1
	exits 0 "$FLEET_UPGRADE" -d fleet -m nowhere backups list
	has "0 backups"
	[ ! -e fleet/.fleet-upgrade ]
	exits 0 fleet
	exits 0 "$FLEET_UPGRADE" -d fleet -m nowhere backups list
	has "2 backups"
	exits 0 "$FLEET_UPGRADE" -d fleet -m nowhere backups prune
}

@test "backups prune: what is beyond backup.keep and older than max_age" {
	make_fleet 1
	for _ in 1 2 3 4 5; do one_more --set backup.keep=100; done
	same "0.7 0.6 0.5 0.4 none " "$(of_alice)"
	exits 0 fleet backups prune --set backup.keep=2
	has "removed 0 backups"
	sleep 2.1
	exits 0 fleet backups prune --dry-run --set backup.keep=2 \
		--set backup.max_age=1s
	has "would remove 6 backups"
	same "0.7 0.6 0.5 0.4 none " "$(of_alice)"
	exits 0 fleet backups prune --set backup.keep=2 \
		--set backup.max_age=1s
	has "removed 6 backups"
	same "0.7 0.6 " "$(of_alice)"
	same 2 "$(find fleet/.fleet-upgrade/backups -mindepth 1 -maxdepth 1 |
		wc -l)"
}

@test "backups prune: within backup.keep, or younger than max_age, stays" {
	make_fleet 1
	for _ in 1 2 3; do one_more --set backup.keep=100; done
	exits 0 fleet backups prune --set backup.keep=1
	same "0.5 0.4 none " "$(of_alice)"
	sleep 2.1
	exits 0 fleet backups prune --set backup.keep=3 \
		--set backup.max_age=1s
	same "0.5 0.4 none " "$(of_alice)"
}

@test "backups prune: a database's newest never goes" {
	make_fleet 2
	one_more --set backup.keep=100
	sleep 2.1
	exits 0 fleet backups prune --set backup.keep=1 \
		--set backup.max_age=1s
	has "removed 0 backups"
	same "none " "$(of_alice)"
	one_more --set backup.keep=100 alice
	sleep 2.1
	exits 0 fleet backups prune --set backup.keep=1 \
		--set backup.max_age=1s
	same "0.4 " "$(of_alice)"
	exits 0 fleet backups list bob
	has "1 backup"
}

@test "backups: every upgrade prunes at its end, by itself" {
	make_fleet 1
	one_more --set backup.keep=100
	sleep 2.1
	one_more --set backup.keep=1 --set backup.max_age=1s
	same "0.4 " "$(of_alice)"
}

@test "backups: the one of a database that stayed as it was goes at once" {
	make_fleet 2
	conflict_user bob
	sqlite3 "$(db bob)" 'ALTER TABLE conversations DROP COLUMN compact_summary'
	add_step 0.3.20 0.4 <<<"INSERT INTO topics SELECT topic_id, 'x' FROM
		topics WHERE (SELECT value FROM personal_variables WHERE
		key = 'name') = 'bob';"
	exits 1 fleet
	same 2 "$(fleet backups list --json | wc -l)"
	same "" "$(fleet backups list --json bob)"
}

@test "backups: no room for them: 6 before anything is touched" {
	make_fleet 3
	save_fleet saved
	exits 6 fleet --set backup.min_free=100%
	says "no room for the backups: they need " "backup.min_free" \
		"nothing was touched" "backups prune"
	files_same saved
	exits 0 fleet
	exits 0 fleet --set backup.min_free=100%
	has "nothing was changed"
}

@test "backups: only what is pending needs room" {
	make_fleet 3 -k 400
	exits 0 fleet --quiet
	rm "$(db bob)"
	exits 0 fleet --set backup.min_free=100%
	[ "$(id -u)" -eq 0 ] || skip "only root can mount a small disk"
	mkdir state
	mount -t tmpfs -o size=1m,mode=700 tmpfs state 2>/dev/null ||
		skip "no file system can be mounted here"
	run fleet --set fleet.state_dir="$T/state"
	umount state
	[ "$status" -eq 0 ]
}

@test "backups: a small disk of their own becomes full: 6, and all is whole" {
	[ "$(id -u)" -eq 0 ] || skip "only root can mount a small disk"
	make_fleet 12 -k 400
	save_fleet saved
	mkdir state
	mount -t tmpfs -o size=4m,mode=700 tmpfs state 2>/dev/null ||
		skip "no file system can be mounted here"
	run fleet --set fleet.state_dir="$T/state"
	first=$status
	run fleet --set fleet.state_dir="$T/state" upgrade alice bob
	second=$status
	umount state
	same 6 "$first"
	same 0 "$second"
	rows_kept saved
	same none "$(version_of "$(db carol)")"
}

@test "backups: mode and times are the original's, and folders are private" {
	make_fleet 1
	chmod 640 "$(db alice)"
	touch -d '2020-02-02 02:02:02' "$(db alice)"
	exits 0 fleet
	backup=fleet/.fleet-upgrade/backups/$(newest_run)/alice_longterm.db
	same "640" "$(stat -c %a "$backup")"
	same "$(date -d '2020-02-02 02:02:02' +%s)" "$(stat -c %Y "$backup")"
	same 700 "$(stat -c %a fleet/.fleet-upgrade)"
	same 700 "$(stat -c %a fleet/.fleet-upgrade/backups)"
}

@test "backups: in a state directory elsewhere" {
	make_fleet 1
	mkdir -m 700 state
	exits 0 fleet --set fleet.state_dir="$T/state"
	[ ! -e fleet/.fleet-upgrade ]
	exits 0 fleet --set fleet.state_dir="$T/state" backups list
	has "2 backups"
	exits 0 fleet --set fleet.state_dir="$T/state" rollback
	same none "$(version_of "$(db alice)")"
}
