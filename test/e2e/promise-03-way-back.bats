# Promise 3: before the first write to a database, a complete and durable copy of
# it exists.

load lib
load witness
setup()
{
	begin
	make_fleet 3 -k 1
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	end
}

backup_of()
{
	echo "$T"/fleet/.fleet-upgrade/backups/*/"$1"
}

# Everything in a database as text; of a copy, so that nothing is left beside it.
dump_of()
{
	local copy=$T/copy.$BASHPID.db

	cp "$1" "$copy"
	[ ! -e "$1-wal" ] || cp "$1-wal" "$copy-wal"
	sqlite3 "$copy" 'PRAGMA integrity_check' .dump
	rm -f "$copy"*
}

@test "there is a sound backup of each database, with all of its old rows" {
	save_fleet saved
	fleet upgrade --quiet
	for file in saved/*.db; do
		file=${file##*/}
		diff <(dump_of "saved/$file") <(dump_of "$(backup_of "$file")")
	done
	[ "$(find fleet/.fleet-upgrade/backups -name '*.db' | wc -l)" -eq 4 ]
}

@test "a backup has what stood only in the WAL of a running application" {
	sqlite3 "$(db bob)" 'PRAGMA journal_mode = WAL' >/dev/null
	app_open "$(db bob)"
	app "INSERT INTO topics(topic_name) VALUES ('only in the WAL')"
	[ -s "$(db bob)-wal" ]
	exits 0 fleet upgrade
	app "INSERT INTO topics(topic_name) VALUES ('after the upgrade')"
	run dump_of "$(backup_of bob_longterm.db)"
	has "only in the WAL"
	lacks "after the upgrade"
	[ "$(app "SELECT count(*) FROM topics WHERE topic_name LIKE '%the%'
		AND topic_name LIKE '% % %'")" -eq 2 ]
	app_close
}

@test "a backup of what a killed application left is that after its recovery" {
	leave_wal "$(db alice)" "INSERT INTO topics(topic_name) VALUES ('kept')"
	leave_journal "$(db bob)" "UPDATE memories SET llm_reply = 'lost' || llm_reply;
		UPDATE memories SET user_prompt = zeroblob(90000)"
	exits 0 fleet upgrade
	run dump_of "$(backup_of alice_longterm.db)"
	has "'kept'"
	run dump_of "$(backup_of bob_longterm.db)"
	has "ok"
	lacks "lost"
	all_sound
}

@test "a backup has the mode and the owner of its original, not more" {
	chmod 640 "$(db alice)"
	chmod 604 "$(db bob)"
	chmod 400 "$(db carol)"
	umask 0
	fleet upgrade --quiet || true
	for file in alice bob; do
		same "$(stat -c '%a %u:%g' "$(db $file)")" \
			"$(stat -c '%a %u:%g' "$(backup_of "${file}_longterm.db")")"
	done
	for folder in fleet/.fleet-upgrade fleet/.fleet-upgrade/backups \
		fleet/.fleet-upgrade/staging fleet/.fleet-upgrade/backups/*; do
		same "700 $folder" "$(stat -c '%a %n' "$folder")"
	done
}

@test "a database whose backup fails is left as it was" {
	local i

	# A file may grow to 300 KiB: alice's backup may not.
	sqlite3 "$(db alice)" "INSERT INTO topics(topic_name)
		VALUES (zeroblob(400000))"
	save_fleet saved
	upgrade_with_small_files()
	{
		ulimit -f 300
		fleet upgrade --set run.strategy=in-place
	}
	exits 1 upgrade_with_small_files
	has "no backup could be made"
	has "user alice"
	files_same saved alice_longterm.db
	for i in system.db bob_longterm.db carol_longterm.db; do
		[ "$(version_of "fleet/$i")" = 0.3.20 ]
	done
	[ -z "$(ls -A fleet/.fleet-upgrade/staging)" ]
	[ ! -e "$(backup_of alice_longterm.db)" ]
}

@test "a swap whose copy fails leaves the database as it was" {
	sqlite3 "$(db alice)" "INSERT INTO topics(topic_name)
		VALUES (zeroblob(400000))"
	save_fleet saved
	upgrade_with_small_files()
	{
		ulimit -f 300
		fleet upgrade
	}
	exits 1 upgrade_with_small_files
	says "no copy could be made, so it was left untouched" "user alice"
	files_same saved alice_longterm.db
	[ "$(version_of fleet/bob_longterm.db)" = 0.3.20 ]
	[ -z "$(ls -A fleet/.fleet-upgrade/staging)" ]
	[ ! -e "$(backup_of alice_longterm.db)" ]
}

# A swap: nothing is ever written to the file itself, which is the backup once
# it is linked; and that lasts before another one takes its place.
@test "what a swap replaces is the backup before it is replaced" {
	local name linked lasts replaced

	traced openat,pwrite64,linkat,syncfs,renameat2 \
		fleet upgrade --quiet --jobs 1
	for name in system.db alice_longterm.db carol_longterm.db; do
		linked=$(call "linkat\(.*\.fleet-upgrade/backups/[^>]*>, \"$name\"")
		lasts=$(tail -n "+$linked" trace | grep -n -m 1 'syncfs(' |
			cut -d : -f 1)
		replaced=$(call "renameat2\(.*staging>.*fleet>, \"$name\"")
		[ "$((linked + lasts - 1))" -lt "$replaced" ]
		[ "$(grep -c "openat(.*fleet>, \"$name\", O_RDWR" trace)" -eq 0 ]
		[ "$(grep -c "pwrite64([0-9]*<[^>]*fleet/$name>" trace)" -eq 0 ]
	done
}

# The way of one database: its copy is written, synced, given its name, and the
# name is synced, before the first write to the file or to what commits to it.
is_durable_before()
{
	local name=$1 written=$2 backup synced named folder first

	backup="fleet/\.fleet-upgrade/backups/[^/]*"
	named=$(call "renameat.*\"$name\"")
	synced=$(head -n "$named" trace |
		grep -n -E "fsync\(.*\.fleet-upgrade/staging/[^>]*\.db" |
		tail -n 1 | cut -d : -f 1)
	folder=$(tail -n "+$named" trace |
		grep -n -m 1 -E "fsync\([0-9]+<[^>]*$backup>" | cut -d : -f 1)
	first=$(call "pwrite64\([0-9]+<[^>]*fleet/$written>")
	[ -n "$synced" ]
	[ "$synced" -lt "$named" ]
	[ -n "$folder" ]
	[ "$((named + folder - 1))" -lt "$first" ]
	# Nothing is written to the copy after it was synced.
	[ "$(sed -n "$synced,${named}p" trace |
		grep -c 'pwrite64.*staging' || true)" -eq 0 ]
}

@test "the copy is durable before the first write to its original" {
	sqlite3 "$(db bob)" 'PRAGMA journal_mode = WAL' >/dev/null
	traced pwrite64,write,fsync,fdatasync,renameat,rename,renameat2 \
		fleet upgrade --quiet --jobs 1 --set run.strategy=in-place
	is_durable_before system.db system.db
	is_durable_before alice_longterm.db alice_longterm.db
	is_durable_before bob_longterm.db bob_longterm.db-wal
	is_durable_before carol_longterm.db carol_longterm.db
}
