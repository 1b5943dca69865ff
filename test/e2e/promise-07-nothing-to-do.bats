# Promise 7: nothing to do costs nothing: no database is opened for writing, no
# byte and no mtime changes.

load lib
load witness
setup()
{
	begin
	make_fleet 12 -k 1
	fleet upgrade --quiet
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	end
}

# All that lies in the data directory, and the folder itself; not the state
# directory, where the run is recorded.
listing_of_data()
{
	listing fleet ! -path 'fleet/.fleet-upgrade*'
}

second_run_is_idle()
{
	local before

	before=$(listing_of_data)
	exits 0 fleet upgrade "$@"
	says "13 current" "nothing was changed"
	diff <(echo "$before") <(listing_of_data)
}

@test "a second run changes no byte and no time" {
	second_run_is_idle
	second_run_is_idle
	exits 0 fleet upgrade --quiet
	[ -z "$output" ]
}

@test "a second run makes no backup, and leaves no folder for them" {
	local before

	before=$(ls fleet/.fleet-upgrade/backups)
	second_run_is_idle
	same "$before" "$(ls fleet/.fleet-upgrade/backups)"
	[ -z "$(ls -A fleet/.fleet-upgrade/staging)" ]
}

@test "a second run opens no database for writing, and makes no file beside one" {
	traced openat,open,unlink,unlinkat,rename,renameat,pwrite64,ftruncate \
		fleet upgrade --quiet
	grep -q 'openat(.*alice_longterm\.db", O_RDONLY' trace
	run grep -E '(O_RDWR|O_WRONLY|O_CREAT|unlink|rename|pwrite|truncate)' \
		<(grep -E '_longterm\.db|system\.db' trace)
	same "" "$output"
}

@test "a second run beside a running application changes nothing either" {
	app_open "$(db user00010)"
	same wal "$(app 'PRAGMA journal_mode')"
	app "INSERT INTO topics(topic_name) VALUES ('x')"
	[ -s "$(db user00010)-wal" ]
	second_run_is_idle
	app_close
}

@test "after a killed application nothing is recovered where nothing is to do" {
	leave_wal "$(db user00010)" "INSERT INTO topics(topic_name) VALUES ('x')"
	leave_journal "$(db alice)" "UPDATE memories SET llm_reply =
		zeroblob(90000)"
	second_run_is_idle
	[ -s "$(db user00010)-wal" ]
	[ -s "$(db alice)-journal" ]
}

@test "a version above --to is left alone, and costs nothing" {
	second_run_is_idle --to 0.3.19
}
