# Promise 5: one bad database never stops the others, and never hides among them:
# it is named, with file, migration, line, statement and SQLite's own message, and
# the exit status says so.

load lib
load witness
setup()
{
	begin
	make_fleet 6 -k 1
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	end
}

# bad USER STATUS OUTCOME TEXT...: an upgrade ends with STATUS, the user's database
# comes to OUTCOME and is byte for byte what it was, each text is told, and all
# others are upgraded.
bad()
{
	local user=$1 expected=$2 outcome=$3 other

	shift 3
	save_fleet saved
	exits "$expected" fleet upgrade --set run.busy_timeout=100ms \
		--set run.retries=0
	says "$@" "6 upgraded, 1 $outcome" "$user" "$(db "$user")" || return 1
	files_same saved "${user}_longterm.db" || return 1
	for other in "$T"/fleet/*.db; do
		[ "$other" = "$(db "$user")" ] ||
			same 0.3.20 "$(version_of "$other")" || return 1
	done
	[ ! -e "$(echo fleet/.fleet-upgrade/backups/*/"${user}_longterm.db")" ]
}

@test "garbage in place of a database" {
	break_user bob
	bad bob 1 failed "file is not a database"
}

@test "a database that was cut off" {
	truncate -s 30000 "$(db bob)"
	bad bob 1 failed "malformed"
}

@test "a database with a page overwritten" {
	printf 'xxxxxxxxxxxxxxxx' |
		dd of="$(db bob)" bs=1 seek=$((4096 * 5)) conv=notrunc status=none
	bad bob 1 failed "left untouched"
}

@test "a database whose index says something else than its table" {
	sqlite3 "$(db bob)" '.testctrl imposter main 0 0' "PRAGMA writable_schema = 1;
		UPDATE sqlite_schema SET sql = 'CREATE INDEX idx_compacts_timestamp
		ON conversation_compacts(compact_summary)'
		WHERE name = 'idx_compacts_timestamp'" || true
	add_step 0.3.20 0.3.21 <<<"UPDATE conversation_compacts
		SET messages_up_to = 5;"
	save_fleet saved
	exits 1 fleet upgrade
	says "user bob" "idx_compacts_timestamp" "6 upgraded, 1 failed"
	files_same saved bob_longterm.db
}

@test "a database that somebody half-upgraded by hand" {
	conflict_user bob
	bad bob 1 failed "no version fits" \
		"conversations.compact_summary is there already" "baseline --to"
}

@test "a row that a step's SQL fails on is named with all there is to know" {
	add_step 0.3.20 0.3.21 <<-'SQL'
		-- A comment, which counts as a line.
		ALTER TABLE topics ADD COLUMN rank INTEGER;
		CREATE UNIQUE INDEX one_town
			ON personal_variables(value) WHERE key = 'town';
	SQL
	sqlite3 "$(db bob)" "INSERT INTO personal_variables(key, value)
		VALUES ('town', 'Bergen')"
	save_fleet saved
	exits 1 fleet upgrade
	says "6 upgraded, 1 failed" "user bob" "$(db bob)" \
		"user:0.3.20→0.3.21" "step-0.3.21-user.md:7" \
		"CREATE UNIQUE INDEX one_town" \
		"UNIQUE constraint failed: personal_variables.value"
	files_same saved bob_longterm.db
}

@test "and the same in JSON" {
	add_step 0.3.20 0.3.21 \
		<<<"CREATE UNIQUE INDEX one_town ON personal_variables(value);"
	sqlite3 "$(db bob)" "INSERT INTO personal_variables(key, value)
		VALUES ('home', 'Bergen')"
	json 1 upgrade
	told 'select(.outcome == "failed")' >failed
	same 1 "$(jq -s length failed)"
	same bob "$(jq -r .username failed)"
	same "$(db bob)" "$(jq -r .path failed)"
	same "user:0.3.20→0.3.21" "$(jq -r .error.migration failed)"
	same 5 "$(jq -r .error.line failed)"
	same SQLITE_CONSTRAINT_UNIQUE "$(jq -r .error.code failed)"
	[[ $(jq -r .error.file failed) = *step-0.3.21-user.md ]]
	[[ $(jq -r .error.statement failed) = "CREATE UNIQUE INDEX one_town"* ]]
	[[ $(jq -r .error.message failed) = *"UNIQUE constraint failed"* ]]
	same null "$(jq -r .backup failed)"
}

@test "a database that the application has locked is busy, not failed" {
	app_open "$(db bob)"
	app 'BEGIN IMMEDIATE'
	bad bob 5 busy "locked"
	app_close
	exits 0 fleet upgrade
	has "1 upgraded"
}

@test "an empty file is skipped, named, and counts until it is an hour old" {
	: >"$(db bob)"
	bad bob 5 skipped "empty"
	touch -d '2 hours ago' "$(db bob)"
	exits 0 fleet upgrade
	has bob
}

@test "a folder, a pipe and a link in place of a database are skipped" {
	rm "$(db bob)" "$(db carol)" "$(db dave)"
	mkdir "$(db bob)"
	mkfifo "$(db carol)"
	ln -s alice_longterm.db "$(db dave)"
	exits 5 timeout 60 bash -c "$(declare -f fleet); fleet upgrade"
	says "4 upgraded, 3 skipped" bob carol dave "a folder" "a named pipe" \
		"a symbolic link"
}

@test "a file that may not be read fails, and the others do not" {
	[ "$(id -u)" -ne 0 ] || skip "root may read everything"
	chmod 0 "$(db bob)"
	exits 1 fleet upgrade
	says "6 upgraded, 1 failed" bob
	chmod 600 "$(db bob)"
}

@test "many bad ones are counted; the first five are named, and where the rest" {
	local user

	for user in alice bob carol dave erin user00006; do
		break_user "$user"
	done
	exits 1 fleet upgrade
	says "1 upgraded, 6 failed" alice bob carol dave erin "1 more" history
	lacks user00006
	run fleet history "$(fleet history --json | jq -r .run | head -n 1)"
	has user00006
}

@test "a file with holes, bigger than the disk, stops nobody else" {
	sqlite3 "$(db bob)" 'PRAGMA journal_mode = WAL' >said
	# By its header as long as the file is, whose counter says nothing.
	printf '\377' | dd of="$(db bob)" bs=1 seek=92 conv=notrunc status=none
	truncate -s 8T "$(db bob)"
	json 1 --dry-run
	same 1 "$(told 'select(.outcome == "would-fail") | .username' |
		grep -c bob)"
	(
		# So that nothing fills a disk if this is broken.
		ulimit -f 4096
		exits 1 fleet
		says "6 upgraded, 1 failed" "takes 8.0 TiB" "make room"
	)
	same 8796093022208 "$(stat -c %s "$(db bob)")"
}
