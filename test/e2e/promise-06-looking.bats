# Promise 6: looking writes nothing: a dry run, status, list and verify leave no
# trace in the data, in the state directory, in the log, or anywhere else.

load lib
load witness

# A fleet with databases in every state that a file can be in.
setup()
{
	begin
	make_fleet 12 -k 1
	break_user bob
	conflict_user carol
	: >"$(db dave)"
	mkdir "$(db folder)"
	mkfifo "$(db pipe)"
	ln -s alice_longterm.db "$(db link)"
	sqlite3 "$(db erin)" 'PRAGMA journal_mode = WAL' >/dev/null
	leave_wal "$(db user00006)" "INSERT INTO topics(topic_name) VALUES ('x')"
	leave_journal "$(db user00007)" "UPDATE memories SET llm_reply =
		zeroblob(90000)"
	sqlite3 "$(db user00008)" 'PRAGMA journal_mode = PERSIST' \
		"INSERT INTO topics(topic_name) VALUES ('x')" >/dev/null
	# A home and a place for temporary files, in $T like all the rest.
	mkdir home tmp
	export HOME=$T/home TMPDIR=$T/tmp XDG_CACHE_HOME=$T/home
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	end
}

looks()
{
	local options=(--set run.busy_timeout=100ms --set run.retries=0)

	untouched fleet upgrade --dry-run "${options[@]}"
	[ "$status" -ne 0 ]
	has "nothing was written"
	still_untouched fleet upgrade --dry-run --json "${options[@]}"
	still_untouched fleet upgrade alice --dry-run "${options[@]}"
	still_untouched fleet status "${options[@]}"
	still_untouched fleet status --check --verbose "${options[@]}"
	still_untouched fleet status --json --verbose "${options[@]}"
	still_untouched fleet list "${options[@]}"
	still_untouched fleet list --sql "${options[@]}"
	still_untouched fleet verify "${options[@]}"
	still_untouched fleet verify --json "${options[@]}"
	still_untouched fleet lint
	still_untouched fleet history "${options[@]}"
	still_untouched fleet backups list "${options[@]}"
	still_untouched fleet config
	still_untouched fleet rollback --help
	same "" "$(find home tmp -mindepth 1)"
}

@test "no look leaves a trace in a fleet that was never upgraded" {
	looks
	[ ! -e fleet/.fleet-upgrade ]
}

@test "no look leaves a trace in a fleet that was upgraded" {
	run fleet upgrade --to 0.3.19 --quiet
	[ -e fleet/.fleet-upgrade/journal.db ]
	rm -f "$T"/tmp/*
	leave_wal "$(db user00006)" "INSERT INTO topics(topic_name) VALUES ('y')"
	leave_journal "$(db user00007)" "UPDATE memories SET llm_reply =
		zeroblob(90000)"
	looks
}

@test "no look leaves a trace beside a running application in WAL mode" {
	app_open "$(db erin)"
	app "INSERT INTO topics(topic_name) VALUES ('x');
		BEGIN; SELECT count(*) FROM topics" >/dev/null
	[ -s "$(db erin)-wal" ]
	looks
	same 4 "$(app "COMMIT; SELECT count(*) FROM topics")"
}

@test "no look leaves a trace beside a running application that writes" {
	app_open "$(db alice)"
	app "BEGIN IMMEDIATE; INSERT INTO topics(topic_name) VALUES ('x')"
	looks
	same 4 "$(app "COMMIT; SELECT count(*) FROM topics")"
}

@test "no look leaves a trace beside an application that locks readers out" {
	app_open "$(db alice)"
	app "BEGIN EXCLUSIVE; INSERT INTO topics(topic_name) VALUES ('x')"
	looks
	same 4 "$(app "COMMIT; SELECT count(*) FROM topics")"
}

@test "a look reads what stands in a WAL, and what a hot journal would restore" {
	fleet upgrade user00006 user00007 --quiet
	leave_wal "$(db user00006)" "UPDATE fleet_schema_history
		SET to_version = '0.3.19'"
	leave_journal "$(db user00007)" "UPDATE fleet_schema_history
		SET to_version = '7.7.7'; UPDATE memories SET llm_reply =
		zeroblob(90000)"
	untouched fleet status --json --verbose
	same 0.3.19 "$(jq -r 'select(.username == "user00006").from' \
		<<<"$output")"
	same 0.3.20 "$(jq -r 'select(.username == "user00007").from' \
		<<<"$output")"
}

@test "a fleet that may only be read can be looked at" {
	[ "$(id -u)" -ne 0 ] || skip "root may write everywhere"
	chmod -R a-w fleet
	looks
}

@test "a held fleet can be looked at, and a held one rehearsed" {
	break_user alice
	rm "$(db folder)" "$(db pipe)" "$(db link)" -rf
	run fleet upgrade --quiet
	exits 0 fleet rollback user00009
	[ -e fleet/.fleet-upgrade.hold ]
	looks
	[ -e fleet/.fleet-upgrade.hold ]
}

# small_tmp ARGUMENT...: the program where TMPDIR is a disk of 64 MiB, and that
# nothing is left there.
small_tmp()
{
	# shellcheck disable=SC2016 # expanded there
	unshare -m bash -c '
		mount -t tmpfs -o size=64m none "$TMPDIR" || exit 99
		timeout 60 "$FLEET_UPGRADE" -d fleet -m migrations "$@"
		status=$?
		[ -z "$(find "$TMPDIR" -mindepth 1)" ] || exit 98
		exit $status' small_tmp "$@"
}

@test "a look's private copy takes no more room than there is" {
	local file

	unshare -m true 2>/dev/null || skip "nothing may be mounted here"
	file=$(db user00007)
	cp "$file" torn.db
	# A hole of 2 GiB costs nothing, here and there.
	truncate -s 2G "$file"
	run small_tmp status user00007 --verbose
	[ "$status" -le 1 ]
	says user00007
	lacks busy
	# What is there costs as much again.
	cp torn.db "$file"
	dd if=/dev/zero bs=1M count=80 status=none >>"$file"
	exits 5 small_tmp verify user00007 --set run.retries=0
	says "user00007" "a copy takes 8" "are free in $T/tmp" "TMPDIR"
}

@test "what an application has half written is busy, and no damage" {
	local way

	fleet upgrade alice --quiet
	app_open "$(db alice)"
	app "PRAGMA journal_mode = MEMORY; PRAGMA cache_size = 5; BEGIN;
		CREATE TABLE spilled(a, b); CREATE INDEX spilled_b ON spilled(b);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
			WHERE i < 20000) INSERT INTO spilled
			SELECT i, hex(randomblob(20)) FROM n;
		UPDATE spilled SET b = hex(randomblob(30));
		DELETE FROM memories" >/dev/null
	[ ! -e "$(db alice)-journal" ]
	for way in verify "upgrade --dry-run" status; do
		# shellcheck disable=SC2086 # a command and its option
		fleet $way alice --json --verbose --set run.retries=0 \
			--set run.busy_timeout=100ms >told 2>errors || true
		same busy "$(jq -r 'select(.username == "alice") | .outcome' \
			told)"
	done
	app ROLLBACK
	app_close
	# An old sin of the seed's, and nothing besides.
	exits 1 fleet verify alice
	says "1 finding" "foreign key mismatch"
}
