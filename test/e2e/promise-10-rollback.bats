# Promise 10: a rollback never discards data that a user wrote after the upgrade,
# unless told to with --force, and the next nightly run does not undo it.

load lib
load witness
setup()
{
	begin
	make_fleet 4 -k 1
	sqlite3 "$(db bob)" 'PRAGMA journal_mode = WAL' >/dev/null
	save_fleet old
	fleet upgrade --quiet
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	end
}

# The databases are what they were before the upgrade, in rows, schema, mode,
# owner and journal mode.
are_old()
{
	local user

	for user; do
		diff <(sqlite3 "old/${user}_longterm.db" .dump) \
			<(sqlite3 "$(db "$user")" .dump) || return 1
		same "$(stat -c '%a %u:%g' "old/${user}_longterm.db")" \
			"$(stat -c '%a %u:%g' "$(db "$user")")" || return 1
		same "$(sqlite3 "old/${user}_longterm.db" 'PRAGMA journal_mode')" \
			"$(sqlite3 "$(db "$user")" 'PRAGMA journal_mode')" ||
			return 1
	done
}

system_is_old()
{
	diff <(sqlite3 old/system.db .dump) <(sqlite3 fleet/system.db .dump)
}

write_to()
{
	sqlite3 "$(db "$1")" "INSERT INTO topics(topic_name)
		VALUES ('written after the upgrade')"
}

has_written()
{
	[ "$(sqlite3 "$(db "$1")" "SELECT count(*) FROM topics
		WHERE topic_name = 'written after the upgrade'")" -eq 1 ]
}

@test "a rollback puts everything back as it was" {
	exits 0 fleet rollback
	has "5 restored"
	are_old alice bob carol dave
	system_is_old
	all_sound
}

@test "what was written after the upgrade is kept, and said, and the rest goes back" {
	write_to alice
	write_to bob
	exits 1 fleet rollback
	says "2 restored, 2 kept" "user alice" "user bob" "it has been written since" \
		"--force" "system.db was left"
	are_old carol dave
	has_written alice
	has_written bob
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	[ "$(version_of fleet/system.db)" = 0.3.20 ]
}

@test "one byte in one blob is a write, in either journal mode" {
	sqlite3 "$(db alice)" "UPDATE short_term_storage SET storage_value = x'01'
		WHERE storage_key = 'picture'"
	sqlite3 "$(db bob)" "UPDATE short_term_storage SET storage_value = x'01'
		WHERE storage_key = 'picture'"
	exits 1 fleet rollback
	has "2 restored, 2 kept"
}

# Nobody has written to it; but the backup of that name is another's.
@test "a database that was given another's name is not overwritten with his" {
	rm "$(db bob)" "$(db dave)"
	mv "$(db alice)" "$(db bob)"
	mv "$(db carol)" "$(db dave)"
	sqlite3 "$(db dave)" 'PRAGMA journal_mode = WAL' >/dev/null
	cp "$(db bob)" new
	exits 1 fleet rollback
	says "2 kept" "user bob" "was upgraded under another name" --force
	diff <(sqlite3 new .dump) <(sqlite3 "$(db bob)" .dump)
	exits 0 fleet restore bob --force
	are_old bob
}

@test "a row that does not say whose it is goes by the rest" {
	sqlite3 "$(db alice)" "UPDATE fleet_schema_history SET evidence =
		'counter:' || (CAST(substr(evidence, 9) AS INTEGER) + 1)
		WHERE rank = (SELECT max(rank) FROM fleet_schema_history)"
	exits 0 fleet rollback alice
	are_old alice
}

@test "reading, and a checkpoint, are no writes" {
	sqlite3 "$(db alice)" 'SELECT * FROM memories; BEGIN; COMMIT' >/dev/null
	sqlite3 "$(db bob)" 'SELECT * FROM memories' \
		'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	exits 0 fleet rollback
	are_old alice bob carol dave
}

@test "a write in a WAL that was never checkpointed is a write" {
	app_open "$(db bob)"
	app "INSERT INTO topics(topic_name) VALUES ('written after the upgrade')"
	exits 1 fleet rollback
	has "user bob"
	app_close
	has_written bob
}

@test "with --force what was written goes too, and a copy of it is kept" {
	write_to alice
	write_to bob
	exits 1 fleet rollback
	exits 0 fleet rollback --force
	has "3 restored"
	are_old alice bob carol dave
	system_is_old
	copy=$(find fleet/.fleet-upgrade/backups -name alice_longterm.db |
		sort | tail -n 1)
	cp "$copy" "$(db alice)"
	has_written alice
}

@test "a held fleet is not upgraded again; 6, naming who held it and when" {
	exits 0 fleet rollback
	save_fleet saved
	for _ in 1 2; do
		exits 6 fleet upgrade
		says "is held since 20" "by $(id -un)" "after rollback" \
			"upgrade --release"
		files_same saved
	done
	exits 6 fleet upgrade alice
	exits 6 fleet upgrade --quiet
	exits 6 fleet upgrade --set fleet.state_dir="$T/other"
	files_same saved
}

@test "--release lifts the hold and upgrades" {
	fleet rollback --quiet
	exits 0 fleet upgrade --release
	has "5 upgraded"
	exits 0 fleet upgrade
	[ ! -e fleet/.fleet-upgrade.hold ]
	# Nothing to lift is no error.
	exits 0 fleet upgrade --release
}

@test "a hold that cannot be looked for is made" {
	needs_trace
	exits 6 stumbles 1 openat .fleet-upgrade.hold fleet upgrade
	has "held since an unknown time"
	exits 0 stumbles 1 openat .fleet-upgrade.hold fleet rollback --quiet
	grep -q EIO trace
	exits 6 fleet upgrade
	has "held since 2"
}

@test "a rollback that puts nothing back holds nothing" {
	write_to alice
	write_to bob
	write_to carol
	write_to dave
	exits 1 fleet rollback
	has "4 kept"
	exits 0 fleet upgrade
}

@test "and leaves the hold that there may have been" {
	needs_trace
	for user in alice bob carol dave; do
		write_to "$user"
	done
	exits 1 stumbles 1 openat .fleet-upgrade.hold fleet rollback
	has "4 kept"
	exits 6 fleet upgrade
}

@test "a second rollback goes on with the upgrade before" {
	add_step 0.3.20 0.4.0 <<<"ALTER TABLE topics ADD COLUMN rank INTEGER;"
	fleet upgrade --quiet
	exits 0 fleet rollback
	has "4 restored"
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	[ "$(version_of fleet/system.db)" = 0.3.20 ]
	exits 0 fleet rollback
	has "5 restored"
	are_old alice bob carol dave
	exits 0 fleet rollback
	has "nothing was changed"
}

@test "an idle night is no upgrade that could be taken back" {
	fleet upgrade --quiet
	fleet upgrade --quiet
	exits 0 fleet rollback
	are_old alice bob carol dave
}

@test "a rollback of one user leaves the others, and system.db" {
	exits 0 fleet rollback alice
	has "1 restored"
	are_old alice
	[ "$(version_of "$(db bob)")" = 0.3.20 ]
	[ "$(version_of fleet/system.db)" = 0.3.20 ]
	exits 6 fleet upgrade
	# The rest, and system.db behind the last of them.
	exits 0 fleet rollback
	are_old alice bob carol dave
	system_is_old
}

@test "system.db does not go back under a user who stands at a later upgrade" {
	add_step 0.3.20 0.4.0 <<<"ALTER TABLE topics ADD COLUMN rank INTEGER;"
	first=$(newest_run)
	fleet upgrade alice --quiet
	run fleet rollback --run "$first"
	[ "$(version_of "$(db alice)")" = 0.4.0 ]
	[ "$(version_of fleet/system.db)" = 0.3.20 ]
	are_old bob carol dave
}

@test "system.db does not go back under a user whose database is busy" {
	app_open "$(db alice)"
	# Nobody else can read it, so that it cannot even be told where it is.
	app "BEGIN EXCLUSIVE; DELETE FROM topics"
	run fleet rollback --set run.busy_timeout=100ms --set run.retries=0
	app ROLLBACK
	app_close
	[ "$status" -ne 0 ]
	has alice
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	[ "$(version_of fleet/system.db)" = 0.3.20 ]
	exits 0 fleet rollback
	are_old alice bob carol dave
	system_is_old
}

@test "a running application keeps working through a rollback" {
	app_open "$(db bob)"
	same 3 "$(app 'SELECT count(*) FROM topics')"
	exits 0 fleet rollback
	same 0 "$(app "SELECT count(*) FROM
		pragma_table_info('conversations') WHERE name = 'compact_summary'")"
	app "INSERT INTO topics(topic_name) VALUES ('goes on')"
	app_close
	same 4 "$(sqlite3 "$(db bob)" 'SELECT count(*) FROM topics')"
	all_sound
}
