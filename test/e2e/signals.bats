# SIGINT and SIGTERM: what is in flight is finished or undone, the rest is left,
# it is reported, and the program dies of the signal. The next run goes on.

load lib
load witness

# With one worker, alice is in flight, and held up by her application; bob and
# carol are not begun.
setup()
{
	begin
	make_fleet 3 -k 1
	save_fleet saved
	app_open "$(db alice)"
	app 'BEGIN IMMEDIATE'
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	[ -z "${run_pid-}" ] || kill -KILL "$run_pid" || true
	end
}

# A shell has SIGINT ignored for what it starts in its background, and so would
# the program have.
start()
{
	env --default-signal=INT "$FLEET_UPGRADE" -d fleet -m migrations \
		--jobs 1 --set backup.min_free=0% --set run.busy_timeout=100s \
		--set run.strategy=in-place "$@" >said 2>&1 3>&- &
	run_pid=$!
	until [ "$(version_of fleet/system.db)" = 0.3.20 ]; do
		kill -0 "$run_pid"
		sleep 0.02
	done
	sleep 0.3
}

# ends_by SIGNAL: within some seconds, of that signal.
ends_by()
{
	local status=0

	wait "$run_pid" || status=$?
	run_pid=
	same $((128 + $(kill -l "$1"))) "$status" || cat said
}

# The next run takes up what was left, and nothing else.
next_run_goes_on()
{
	exits 0 fleet upgrade
	says "$1"
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	[ "$(version_of "$(db carol)")" = 0.3.20 ]
	rows_kept saved
	all_sound
}

first_signal()
{
	start
	kill -"$1" "$run_pid"
	sleep 0.3
	kill -0 "$run_pid"
	app_close
	ends_by "$1"
	output=$(cat said)
	says "2 upgraded" "2 not begun"
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	files_same saved bob_longterm.db carol_longterm.db
	next_run_goes_on "2 upgraded, 2 current"
}

@test "SIGTERM: what is in flight is finished, the rest is left, 143" {
	first_signal TERM
}

@test "SIGINT: what is in flight is finished, the rest is left, 130" {
	first_signal INT
}

second_signal()
{
	local begin

	start
	kill -"$1" "$run_pid"
	sleep 0.3
	begin=$SECONDS
	kill -"$2" "$run_pid"
	ends_by "$1"
	[ $((SECONDS - begin)) -le 5 ]
	app_close
	output=$(cat said)
	says "1 upgraded" "not begun"
	files_same saved alice_longterm.db bob_longterm.db carol_longterm.db
	next_run_goes_on "3 upgraded, 1 current"
}

@test "a second SIGTERM undoes what is in flight at once" {
	second_signal TERM TERM
}

@test "SIGINT after SIGTERM does so too, and it dies of the first" {
	second_signal TERM INT
}

@test "a second signal ends a statement that takes long, and undoes it" {
	app_close
	add_step 0.3.20 0.3.21 <<-'SQL'
		CREATE TABLE much AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
		SELECT i + 1 FROM n, personal_variables WHERE i < 1000000000
		AND personal_variables.key = 'name') SELECT max(i) AS i FROM n;
	SQL
	start
	until [ -e "$(db alice)-journal" ] || [ -e "$(db bob)-journal" ]; do
		kill -0 "$run_pid"
		sleep 0.02
	done
	kill -TERM "$run_pid"
	sleep 0.3
	kill -0 "$run_pid"
	kill -TERM "$run_pid"
	ends_by TERM
	files_same saved alice_longterm.db bob_longterm.db carol_longterm.db
	same "" "$(find fleet/.fleet-upgrade -name '*_longterm.db')"
	same "" "$(find fleet -name '*-journal')"
	rm migrations/step-*
	next_run_goes_on "3 upgraded, 1 current"
}

@test "a run that nobody is to hear of tells the signal in its status alone" {
	start --quiet
	kill -TERM "$run_pid"
	app_close
	ends_by TERM
}

@test "with JSON, what is printed is whole, and ends with run-end" {
	start --json
	kill -TERM "$run_pid"
	app_close
	ends_by TERM
	same run-end "$(tail -n 1 said | jq -r .event)"
	same 2 "$(jq -r 'select(.event == "database").username' said | wc -l)"
}

@test "a run that was started with SIGINT ignored is not ended by it" {
	(
		trap '' INT
		exec "$FLEET_UPGRADE" -d fleet -m migrations --jobs 1 \
			--set backup.min_free=0% --set run.busy_timeout=100s \
			>said 2>&1 3>&-
	) &
	run_pid=$!
	until [ "$(version_of fleet/system.db)" = 0.3.20 ]; do
		sleep 0.02
	done
	kill -INT "$run_pid"
	sleep 0.2
	app_close
	wait "$run_pid"
	run_pid=
	grep -q "4 upgraded" said
}
