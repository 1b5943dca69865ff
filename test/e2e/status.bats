# `status`: at which versions the fleet is, and what is not well, by name.

load lib
setup() { begin; }
teardown() { end; }

@test "status: the versions of the users, newest first, and of system.db" {
	make_fleet 10
	exits 0 fleet --to 0.3.19 --quiet
	exits 0 fleet upgrade alice bob --quiet
	exits 0 fleet status
	says "target   system 0.3.20, user 0.3.20" "system   0.3.20, current" \
		"users    10" "8 pending (an upgrade has steps to run)" \
		"user carol, $(db carol)" "and 3 more" "status --verbose" \
		"upgrade --dry-run"
	[[ $output == *"0.3.20          2  20.0 %"*"0.3.19          8  80.0 %"* ]]
	lacks "user alice"
	exits 0 fleet status --verbose
	says "user user00010"
	lacks "more:"
	exits 0 fleet --quiet
	exits 0 fleet status
	says "10 100.0 %" "all are current"
	lacks pending
}

@test "status: what is newer, unreadable, empty or no file, by name" {
	make_fleet 5
	exits 0 fleet --quiet
	sqlite3 "$(db alice)" "INSERT INTO fleet_schema_history(rank, kind,
		from_version, to_version) VALUES (9, 'migrate', '0.3.20', '9.0')"
	break_user bob
	: >"$(db carol)"
	rm "$(db dave)"
	ln -s erin_longterm.db "$(db dave)"
	exits 0 fleet status
	says "1 newer" "user alice" "1 unreadable" "user bob" "1 empty" \
		"user carol" "1 skipped" "user dave" "symbolic link" "9.0"
	lacks "user erin"
	lacks "all are current"
	json 0 status
	same '{"event":"status","target":{"system":"0.3.20","user":"0.3.20"},"system":{"version":"0.3.20","state":"current"},"users":5,"versions":{"9.0":1,"0.3.20":1},"pending":0,"newer":1,"unreadable":1,"empty":1,"hold":null}' \
		"$(cat json)"
}

@test "status: a system.db that is missing, empty or broken" {
	make_fleet 1
	mv fleet/system.db kept
	exits 3 fleet status --check
	has "system   -, missing"
	: >fleet/system.db
	exits 0 fleet status
	has "empty"
	json 0 status
	same empty "$(told .system.state)"
	echo nonsense >fleet/system.db
	json 0 status
	same unreadable "$(told .system.state)"
	rm fleet/system.db
	json 0 status --set fleet.system_db=
	same none "$(told .system.state)"
}

@test "status: --check and --quiet are for scripts" {
	make_fleet 1
	exits 3 fleet status --check --quiet
	same "" "$output"
	exits 0 fleet --quiet
	exits 0 fleet status --check --quiet
	break_user alice
	exits 1 fleet status --check --quiet
	exits 0 fleet status --quiet
}

@test "status: --json is one object, and with --verbose one for each before" {
	make_fleet 3
	exits 0 fleet --to 0.3.19 --quiet
	json 0 status
	same 1 "$(wc -l <json)"
	same '{"event":"status","target":{"system":"0.3.20","user":"0.3.20"},"system":{"version":"0.3.19","state":"pending"},"users":3,"versions":{"0.3.19":3},"pending":3,"newer":0,"unreadable":0,"empty":0,"hold":null}' \
		"$(cat json)"
	json 0 status --verbose
	same "database database database database status" \
		"$(told .event | tr '\n' ' ' | sed 's/ $//')"
	same "alice bob carol null" \
		"$(told 'select(.event == "database") | .username' | sort |
			tr '\n' ' ' | sed 's/ $//')"
	json 0 status --to 0.3.19
	same 0 "$(told .pending)"
}

@test "status: works while the migrations are broken, and does not pretend" {
	make_fleet 2
	exits 0 fleet --quiet
	echo '-- [user:0.3.20→0.4:start]' >migrations/broken.md
	exits 0 fleet status
	says "going on without migrations" "broken.md:1" "0.3.20" \
		"it is not known what is pending"
	lacks "all are current"
	rm -r migrations
	exits 0 fleet status
	says "going on without migrations" "target   system -, user -"
	json 0 status
	same '{"system":null,"user":null}' "$(told '.target | tojson')"
	same 2 "$(told '.versions["0.3.20"]')"
	exits 0 fleet status --check
}

@test "status: of some users only" {
	make_fleet 4
	exits 0 fleet --quiet
	break_user bob
	exits 0 fleet status alice carol
	says "users    2" "all are current"
	exits 0 fleet status --include 'b*'
	says "users    1" "1 unreadable"
	exits 64 fleet status nobody
}

@test "status: a database whose version cannot be told" {
	make_fleet 2
	conflict_user bob
	exits 0 fleet status
	says "user bob" "column conversations.compact_summary is there already" \
		"baseline --to VERSION" \
		"of the pending, 1 would be refused"
	exits 1 fleet --quiet
	exits 3 fleet status --check
}

@test "status: shows a run in progress, and how far it is" {
	make_fleet 3
	exits 0 fleet --to 0.3.19 --quiet
	mkfifo hold
	sqlite3 "$(db carol)" <hold >held &
	exec 8>hold
	echo "BEGIN IMMEDIATE; SELECT 'locked';" >&8
	until grep -q locked held; do sleep 0.05; done
	fleet --set run.busy_timeout=30s --jobs 1 >run.out 2>&1 8>&- &
	for _ in $(seq 100); do
		exits 0 fleet status
		[[ $output == *"3 of 4 done"* ]] && break
		sleep 0.1
	done
	says "a run is at work: upgrade " ", process " ", since 20" "3 of 4 done"
	exec 8>&-
	wait
	exits 0 fleet status
	lacks "a run is at work"
}

@test "status: a run in progress that does not say who it is" {
	make_fleet 1
	exits 0 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations status
	has "a run is at work, of which nothing more is known"
	exits 4 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations --dry-run
	lacks "process 0"
}

@test "status: an unfinished upgrade leaves nothing that status minds" {
	make_fleet 2
	exits 0 fleet --quiet
	rm fleet/.fleet-upgrade/journal.db
	echo nonsense >fleet/.fleet-upgrade/journal.db
	exits 0 fleet status
	has "all are current"
}
