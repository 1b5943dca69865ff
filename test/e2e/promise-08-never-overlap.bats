# Promise 8: two runs never overlap on one fleet.

load lib
load witness

# A run that does not end before the application lets go of alice's database.
setup()
{
	begin
	make_fleet 3 -k 1
	app_open "$(db alice)"
	app 'BEGIN IMMEDIATE'
	fleet upgrade --set run.busy_timeout=60s >first 2>&1 3>&- &
	first=$!
	until [ "$(version_of fleet/system.db)" = 0.3.20 ]; do
		kill -0 "$first"
		sleep 0.02
	done
	first_run=$(sed -n 's/^run //p' fleet/.fleet-upgrade/lock)
	first_pid=$(sed -n 's/^pid //p' fleet/.fleet-upgrade/lock)
	[ -n "$first_run" ]
	kill -0 "$first_pid"
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	[ -z "${first-}" ] || wait "$first" || true
	end
}

first_ends_well()
{
	app_close
	if ! wait "$first"; then
		cat first
		return 1
	fi
	first=
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}

@test "a second run ends at once with 4, naming the first, and touches nothing" {
	local before

	until [ "$(version_of "$(db carol)")" = 0.3.20 ] &&
		[ "$(version_of "$(db bob)")" = 0.3.20 ]; do
		sleep 0.02
	done
	# The first one writes into its journal what it has done, a second later.
	until [ "$(sqlite3 fleet/.fleet-upgrade/journal.db \
		"SELECT count(*) FROM result")" -ge 3 ]; do
		sleep 0.1
	done
	before=$(listing fleet)
	exits 4 fleet upgrade
	says "$first_run" "process $first_pid" "upgrade" "--lock-wait"
	diff <(echo "$before") <(listing fleet)
	first_ends_well
}

@test "every command that writes is kept out" {
	exits 4 fleet rollback
	exits 4 fleet restore alice
	exits 4 fleet baseline --to 0.3.19
	exits 4 fleet baseline --forget
	exits 4 fleet backups prune
	exits 4 fleet upgrade --release
	first_ends_well
}

@test "another state directory is no way round it" {
	exits 4 fleet upgrade --set fleet.state_dir="$T/other"
	exits 4 fleet rollback --set fleet.state_dir="$T/other"
	# What is left of it is at most an empty state directory.
	[ -z "$(find other -name '*.db')" ]
	first_ends_well
}

@test "another way to the same folder is no way round it" {
	ln -s fleet another
	exits 4 "$FLEET_UPGRADE" -d another -m migrations
	exits 4 "$FLEET_UPGRADE" -d fleet/../fleet/. -m migrations
	first_ends_well
}

@test "a dry run does not rehearse beside a run, and holds no lock itself" {
	exits 4 fleet upgrade --dry-run
	has "$first_run"
	first_ends_well
	exits 0 fleet upgrade --dry-run
}

@test "list, verify and status work beside it; status says how far it is" {
	exits 0 fleet list
	exits 0 fleet status
	says "$first_run"
	run fleet verify carol
	[ "$status" -ne 4 ]
	first_ends_well
}

@test "with --lock-wait the second run waits for the first, and goes on" {
	local second

	fleet upgrade --lock-wait 60 >second 2>&1 3>&- &
	second=$!
	sleep 0.5
	kill -0 "$second"
	[ ! -s second ]
	first_ends_well
	wait "$second"
	grep -q "4 current" second
}

@test "a wait that was not long enough ends with 4" {
	local begin=$SECONDS

	exits 4 fleet upgrade --lock-wait 1
	[ $((SECONDS - begin)) -ge 1 ]
	has "$first_run"
	first_ends_well
}

@test "a run that was killed holds nothing" {
	kill -KILL "$first_pid"
	wait "$first" || true
	first=
	app_close
	exits 0 fleet upgrade
	has "$first_run was interrupted"
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}
