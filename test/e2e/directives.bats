# A step may say, in comments on its first lines, how it is to be run.

load lib
setup()
{
	begin
	mkdir migrations fleet
	cat >migrations/001_start.sql <<-'SQL'
		CREATE TABLE account(id INTEGER PRIMARY KEY, name, closed);
		CREATE TABLE note(id INTEGER PRIMARY KEY, body, account INTEGER
			REFERENCES account(id) ON DELETE CASCADE);
	SQL
	make system delete
	make alice_longterm delete
	make bob_longterm wal
	fleet baseline --to 001 --quiet
}
teardown() { end; }

# make NAME MODE: a database at 001, with rows.
make()
{
	sqlite3 -bail "fleet/$1.db" <<-SQL >/dev/null
		$(cat migrations/001_start.sql)
		INSERT INTO account VALUES (1, 'one', 0), (2, 'two', 1);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
			SELECT i + 1 FROM n WHERE i < 400)
		INSERT INTO note SELECT i, hex(randomblob(100)), 1 + i % 2
			FROM n;
		PRAGMA journal_mode = $2;
	SQL
}

# step NAME: the SQL on standard input.
step()
{
	cat >"migrations/$1.sql"
}

# both SQL EXPECTED: what alice and bob say.
both()
{
	same "$2" "$(ask alice "$1")" || return
	same "$2" "$(ask bob "$1")"
}

# Both are at VERSION, in the journal modes that they had, and nothing is left.
are_well_at()
{
	both "SELECT to_version FROM fleet_schema_history ORDER BY rank DESC
		LIMIT 1" "$1" &&
		both "PRAGMA integrity_check" ok &&
		same delete "$(ask alice 'PRAGMA journal_mode')" &&
		same wal "$(ask bob 'PRAGMA journal_mode')" &&
		same "" "$(find fleet/.fleet-upgrade/staging -mindepth 1)"
}

# fails PART...: an upgrade fails for both, says each PART and changes nothing.
fails()
{
	save_fleet before
	exits 1 fleet upgrade || return
	says "2 failed" "$@" && files_same before alice_longterm.db &&
		rows_kept before && are_well_at 001
}

@test "foreign keys cascade where a step asks for them, and only there" {
	step 002_close <<-'SQL'
		-- fleet-upgrade: foreign_keys=on
		DELETE FROM account WHERE closed;
	SQL
	step 003_rebuild <<-'SQL'
		CREATE TABLE new(id INTEGER PRIMARY KEY, name, closed, since);
		INSERT INTO new SELECT id, name, closed, 7 FROM account;
		DROP TABLE account;
		ALTER TABLE new RENAME TO account;
	SQL
	fleet upgrade --quiet
	are_well_at 003
	both "SELECT count(*), min(account), max(account) FROM note" "200|1|1"
	both "SELECT id, since FROM account" "1|7"
	exits 0 fleet rollback
	has "2 restored"
	both "SELECT count(*) FROM note" 400
}

@test "without that the rows would be orphans, which is an error" {
	step 002_close <<<"DELETE FROM account WHERE closed;"
	fails "foreign keys would be violated"
}

@test "a foreign key that is violated at the end of its step is an error" {
	step 002_wrong <<-'SQL'
		-- fleet-upgrade: foreign_keys=on
		PRAGMA defer_foreign_keys = on;
		INSERT INTO note SELECT 9999, 'x', 77 FROM account LIMIT 1;
	SQL
	fails "FOREIGN KEY constraint failed" "user:001→002"
}

@test "a step without a transaction has its own, and VACUUM" {
	step 002_own <<-'SQL'
		-- fleet-upgrade: no-transaction
		BEGIN; DELETE FROM note; ROLLBACK;
		BEGIN; DELETE FROM note WHERE id > 100; COMMIT;
		VACUUM;
	SQL
	before=$(stat -c %s fleet/alice_longterm.db)
	fleet upgrade --quiet
	are_well_at 002
	both "SELECT count(*) FROM note" 100
	both "PRAGMA freelist_count" 0
	[ "$(stat -c %s fleet/alice_longterm.db)" -lt "$before" ]
	exits 0 fleet rollback
	both "SELECT count(*) FROM note" 400
	[ "$(stat -c %s fleet/alice_longterm.db)" -eq "$before" ]
}

@test "so have those of dbmate, goose and sql-migrate that ask for it" {
	local text

	for text in '-- migrate:up transaction:false' \
		$'-- +goose NO TRANSACTION\n-- +goose Up' \
		'-- +migrate Up notransaction'; do
		rm -rf fleet
		mkdir fleet
		make system delete
		make alice_longterm delete
		make bob_longterm wal
		printf '%s\n' "$text" 'DELETE FROM note; VACUUM;' \
			>migrations/002_marked.sql
		fleet baseline --to 001 --quiet
		fleet upgrade --quiet
		are_well_at 002
		both "SELECT count(*) FROM note" 0
		both "PRAGMA freelist_count" 0
	done
}

@test "one that fails in the middle has changed nothing" {
	step 002_half <<-'SQL'
		-- fleet-upgrade: no-transaction
		DELETE FROM note;
		INSERT INTO account VALUES (1, 'again', 0);
	SQL
	fails "UNIQUE constraint failed" "002_half.sql:3" \
		"left exactly as they were"
}

@test "one that leaves its transaction open has failed" {
	step 002_open <<-'SQL'
		-- fleet-upgrade: no-transaction
		BEGIN; DELETE FROM note;
	SQL
	exits 65 fleet upgrade
	says "002_open.sql" "does not end it"
	both "SELECT count(*) FROM note" 400
}

@test "without being asked, nothing of that is allowed" {
	step 002_no <<<"VACUUM;"
	exits 65 fleet upgrade
	has "002_no.sql:1"
	step 002_no <<<"BEGIN; DELETE FROM note; COMMIT;"
	exits 65 fleet upgrade
	has "BEGIN is not allowed"
	step 002_no <<-'SQL'
		-- fleet-upgrade: no-transaction
		ATTACH '/etc/passwd' AS x;
	SQL
	exits 65 fleet upgrade
	has "ATTACH is not allowed"
}

@test "ANALYZE and VACUUM come behind the last step" {
	step 002_index <<-'SQL'
		-- fleet-upgrade: analyze, vacuum (the rest is small)
		CREATE INDEX note_body ON note(body);
		DELETE FROM note WHERE id > 20;
	SQL
	step 003_more <<<"INSERT INTO note VALUES (900, 'last', 1);"
	fleet upgrade --quiet
	are_well_at 003
	both "SELECT stat FROM sqlite_stat1 WHERE idx = 'note_body'" "21 1"
	both "PRAGMA freelist_count" 0
}

@test "ANALYZE alone needs no copy" {
	step 002_index <<-'SQL'
		-- fleet-upgrade: analyze
		CREATE INDEX note_body ON note(body);
	SQL
	json 0 upgrade
	same "swap" "$(told 'select(.username == "alice") | .strategy')"
	both "SELECT stat FROM sqlite_stat1 WHERE idx = 'note_body'" "400 1"
}

@test "a step that takes longer than it may is undone" {
	step 002_slow <<-'SQL'
		-- fleet-upgrade: timeout=200ms
		DELETE FROM note;
		WITH RECURSIVE n(i) AS (SELECT 1 WHERE EXISTS
			(SELECT 1 FROM account) UNION ALL SELECT i FROM n)
		INSERT INTO note SELECT 1000 + i, 'x', 1 FROM n LIMIT -1
			OFFSET 100000000000;
	SQL
	# Without rows it ends, so that the replay of the migrations does.
	save_fleet before
	exits 1 fleet upgrade --set run.strategy=in-place
	says "2 failed" "it took longer than its own timeout lets it" \
		"002_slow.sql:3"
	rows_kept before
	step 002_slow <<-'SQL'
		-- fleet-upgrade: timeout=200ms, no-transaction
		WITH RECURSIVE n(i) AS (SELECT 1 WHERE EXISTS
			(SELECT 1 FROM account) UNION ALL SELECT i FROM n)
		INSERT INTO note SELECT 1000 + i, 'x', 1 FROM n LIMIT -1
			OFFSET 100000000000;
	SQL
	fails "it took longer than its own timeout lets it"
}

@test "a word that is none stops everything before it begins" {
	step 002_typo <<-'SQL'
		-- the accounts
		-- fleet-upgrade: foreign-keys=on
		DELETE FROM account WHERE closed;
	SQL
	save_fleet before
	exits 65 fleet upgrade
	says "002_typo.sql:2" '"foreign-keys=on" is no directive' "foreign_keys=on"
	files_same before
	exits 65 fleet lint
	has "002_typo.sql:2: error:"
	has "[directive]"
}

@test "so does a list in the wrong place" {
	step 002_place <<<"DELETE FROM note; -- fleet-upgrade: vacuum"
	exits 65 fleet upgrade
	says "002_place.sql:1" "before the first statement"
	step 002_place <<-'SQL'
		-- fleet-upgrade: vacuum
		-- migrate:up
		DELETE FROM note;
	SQL
	exits 65 fleet upgrade
	says "002_place.sql:1" "behind the mark"
}

@test "what needs a copy is not swapped, and with strategy swap not done" {
	step 002_close <<-'SQL'
		-- fleet-upgrade: foreign_keys=on
		DELETE FROM account WHERE closed;
	SQL
	save_fleet before
	exits 1 fleet upgrade --set run.strategy=swap
	says "needs a copy of its own" "with auto it is done in place"
	files_same before alice_longterm.db
	json 0 upgrade
	same "in-place" \
		"$(told 'select(.username == "alice") | .strategy')"
}

@test "a rehearsal tries them" {
	step 002_close <<-'SQL'
		-- fleet-upgrade: foreign_keys=on, no-transaction, vacuum
		DELETE FROM account WHERE closed;
		VACUUM;
	SQL
	save_fleet before
	exits 0 fleet upgrade --dry-run
	has "2 would be upgraded"
	files_same before
	step 003_wrong <<<"INSERT INTO account VALUES (1, 'again', 0);"
	exits 1 fleet upgrade --dry-run
	says "2 would fail" "UNIQUE constraint failed"
}

@test "readers go on meanwhile, and an application keeps its file" {
	step 002_close <<-'SQL'
		-- fleet-upgrade: foreign_keys=on
		DELETE FROM account WHERE closed;
	SQL
	inode=$(stat -c %i fleet/alice_longterm.db)
	mkfifo app
	sqlite3 -bail fleet/bob_longterm.db <app >got 2>&1 &
	app=$!
	exec 7>app
	# A snapshot that is older than what is written.
	echo "BEGIN; SELECT count(*) FROM note;" >&7
	until grep -q 400 got; do
		sleep 0.02
	done
	fleet upgrade --quiet
	echo "SELECT count(*) FROM note; COMMIT; SELECT count(*) FROM note;" >&7
	exec 7>&-
	wait "$app"
	same "400 400 200" "$(tr '\n' ' ' <got | sed 's/ $//')"
	same "$inode" "$(stat -c %i fleet/alice_longterm.db)"
	are_well_at 002
}
