# Promise 2: no user database is opened for writing unless system.db is at the
# target.

load lib
load witness
setup()
{
	begin
	make_fleet 3 -k 1
	save_fleet saved
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	end
}

# A step that only the rows of this system.db make fail.
fail_with_system_db()
{
	add_step 0.3.20 0.3.21 system \
		<<<"CREATE UNIQUE INDEX one_user ON users(1);"
}

# The upgrade ends with 2, says why, and every user database is the very file.
users_are_spared()
{
	local text

	exits 2 fleet upgrade --set run.busy_timeout=100ms --set run.retries=0
	for text; do
		has "$text" || return 1
	done
	files_same saved alice_longterm.db bob_longterm.db carol_longterm.db
	[ "$(version_of "$(db alice)")" = none ]
}

@test "a system step that fails leaves every database as it was" {
	fail_with_system_db
	users_are_spared "UNIQUE constraint failed" system.db \
		"no user database is touched"
	files_same saved
}

@test "a system.db that is no database leaves every user database as it was" {
	echo 'this is no database' >fleet/system.db
	users_are_spared "not a database" "no user database is touched"
}

@test "a system.db that is missing leaves every user database as it was" {
	rm fleet/system.db
	users_are_spared "system.db is missing"
	[ ! -e fleet/system.db ]
}

@test "an empty system.db leaves every user database as it was" {
	: >fleet/system.db
	touch -d '2 hours ago' fleet/system.db
	users_are_spared "empty"
	[ ! -s fleet/system.db ]
}

@test "a system.db that the application has locked leaves every user database" {
	app_open fleet/system.db
	app 'BEGIN IMMEDIATE'
	users_are_spared "locked"
	app_close
	exits 0 fleet upgrade
}

@test "a system.db newer than the migrations leaves every user database" {
	fleet upgrade --quiet
	sqlite3 fleet/system.db "INSERT INTO fleet_schema_history(rank, kind,
		from_version, to_version)
		VALUES (9, 'migrate', '0.3.20', '0.4.0')"
	rm fleet/*_longterm.db
	cp -a saved/*_longterm.db fleet/
	users_are_spared "newer"
}

@test "a user who is asked for alone gets system.db brought up first" {
	exits 0 fleet upgrade alice
	[ "$(version_of fleet/system.db)" = 0.3.20 ]
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	[ "$(version_of "$(db bob)")" = none ]
	files_same saved bob_longterm.db
}

@test "a user who is asked for alone is spared if system.db fails" {
	fail_with_system_db
	exits 2 fleet upgrade alice
	files_same saved
}

@test "no user database is replaced before system.db was, and that lasts" {
	traced renameat2,syncfs fleet upgrade --quiet --jobs 4
	replaced=$(last_call 'renameat2\(.*, "system\.db", RENAME_EXCHANGE\)')
	lasts=$(tail -n "+$replaced" trace | grep -n -m 1 'syncfs(' |
		cut -d : -f 1)
	first=$(call 'renameat2\(.*_longterm\.db", RENAME_EXCHANGE\)')
	[ "$(grep -c 'renameat2(.*_longterm\.db", RENAME_EXCH' trace)" -ge 3 ]
	[ "$((replaced + lasts - 1))" -lt "$first" ]
}

@test "no user database is opened for writing before system.db is committed" {
	local writable='openat\(.*_longterm\.db", O_RDWR'

	traced openat,unlinkat,pwrite64 fleet upgrade --quiet --jobs 4 \
		--set run.strategy=in-place
	committed=$(last_call 'unlinkat\(.*, "system\.db-journal"')
	first=$(call "$writable")
	[ "$(grep -cE "$writable" trace)" -ge 3 ]
	[ "$committed" -lt "$first" ]
}
