# `new`: the next migration, in the source's own style, for its SQL to be filled
# in; planned until then.

load lib
setup()
{
	begin
	mkdir migrations
}
teardown() { end; }

new()
{
	"$FLEET_UPGRADE" -c /dev/null -m "$T/migrations" new "$@"
}

lint()
{
	"$FLEET_UPGRADE" -c /dev/null -m "$T/migrations" lint
}

shipped()
{
	cp "$SRCDIR/migrations/history.md" migrations/
}

# The step that `list` has for that version: NAME STATE DATE DESCRIPTION.
listed()
{
	"$FLEET_UPGRADE" -c /dev/null -m "$T/migrations" list --json |
		jq -r --arg to "$1" 'select(.to == $to) |
			"\(.name) \(.state) \(.date) \(.description)"'
}

@test "new: a block at the end of the document, and the document as it was" {
	cat >migrations/history.md <<-'EOF'
		# History

		## Migration: baseline → 1.0

		```sql
		-- [user:baseline→1.0:start]
		CREATE TABLE t(a);
		-- [user:baseline→1.0:end]
		```

		## Migration: 1.0 → 1.1

		```sql
		-- [user:1.0→1.1:start]
		CREATE TABLE u(a);
		-- [user:1.0→1.1:end]
		```
	EOF
	cp migrations/history.md before.md
	exits 0 new "add inbox"
	says "$T/migrations/history.md:26: user 1.2, planned" \
		"it is not run until \"(Planned)\" is taken out" \
		"then: fleet-upgrade --config /dev/null --migrations $T/migrations lint"
	head -c "$(stat -c %s before.md)" migrations/history.md |
		cmp - before.md
	tail -c +$(($(stat -c %s before.md) + 1)) migrations/history.md >added
	diff - added <<-EOF

		## Migration: 1.1 → 1.2: add inbox (Planned)

		**Date**: $(date -u +%F)
		**Description**: add inbox

		\`\`\`sql
		-- [user:1.1→1.2:start]
		-- Write the SQL of this step here, without BEGIN and COMMIT. It is listed and
		-- not run while its heading says (Planned): take that out when it is ready.
		-- [user:1.1→1.2:end]
		\`\`\`
	EOF
	exits 0 lint
	has "3 steps: 0 errors, 0 warnings"
	same "user:1.1→1.2 planned $(date -u +%F) add inbox" "$(listed 1.2)"
}

@test "new: the night does not record it; written and made active, it runs" {
	make_fleet 2
	exits 0 fleet new add a favourite --to 0.3.20.1
	exits 0 fleet upgrade
	same 0.3.20 "$(version_of "$(db alice)")"
	sed -i -e 's/: add a favourite (Planned)$/: add a favourite/' \
		-e '/^-- \[user:0.3.20→0.3.20.1:start\]$/a ALTER TABLE conversations ADD COLUMN favourite;' \
		migrations/history.md
	exits 0 fleet lint
	exits 0 fleet upgrade
	has "2 upgraded"
	same 0.3.20.1 "$(version_of "$(db alice)")"
	same 0 "$(ask alice 'SELECT count(favourite) FROM conversations')"
}

@test "new: two in a row are two steps in a row, behind what is planned" {
	shipped
	exits 0 new "add inbox"
	has "before it comes user:0.3.22→0.3.23, which is only planned too"
	exits 0 new "add outbox"
	exits 0 new --kind system "add mail server"
	exits 0 lint
	same "user:0.3.23→0.3.24 planned $(date -u +%F) add inbox" \
		"$(listed 0.3.24)"
	same "user:0.3.24→0.3.25 planned $(date -u +%F) add outbox" \
		"$(listed 0.3.25)"
	same "system:0.3.20→0.3.21 planned $(date -u +%F) add mail server" \
		"$(listed 0.3.21 | grep ^system)"
	# Each with a heading that only it is below.
	sed -i 's/^\(## 0.3.21: .*\) (Planned)$/\1/' migrations/history.md
	[[ "$(listed 0.3.21)" == *"system:0.3.20→0.3.21 active "* ]]
	[[ "$(listed 0.3.24)" == *" planned "* ]]
	exits 0 lint
}

@test "new: the mode stays, a new version is said, --json" {
	shipped
	chmod 640 migrations/history.md
	exits 0 new --to 1.0 --json "x"
	same "{\"event\":\"draft\",\"kind\":\"user\",\"after\":\"0.3.23\",\"version\":\"1.0\",\"file\":\"$T/migrations/history.md\",\"line\":338,\"down_file\":null}" \
		"$output"
	sed -n 337p migrations/history.md | grep -qF 'user:0.3.23→1.0:start'
	same 640 "$(stat -c %a migrations/history.md)"
	same "history.md" "$(ls -A migrations)"
	exits 0 new --quiet y
	same "" "$output"
}

@test "new: what is wrong is refused, and nothing is written" {
	shipped
	cp migrations/history.md before.md
	exits 64 new
	has 'say what the migration is for: new "add inbox"'
	exits 64 new ""
	exits 64 new "x (Planned)"
	exits 64 new --kind users x
	exits 64 new --to 0.3.20 x
	has "user databases are at 0.3.20 already"
	exits 64 new --to 0.3.22 x
	has "there is a step to it"
	exits 64 new --to later x
	cmp before.md migrations/history.md
	# Migrations that are wrong are mended first.
	echo '-- [user:0.3.23→0.3.24:start]' >>migrations/history.md
	cp migrations/history.md before.md
	exits 65 new x
	has "history.md:330: "
	has "nothing was written"
	cmp before.md migrations/history.md
	printf '```bash\nls\n' >migrations/history.md
	exits 65 new x
	exits 65 "$FLEET_UPGRADE" -c /dev/null -m nowhere new x
	same "history.md" "$(ls -A migrations)"
}

@test "new: a document that is a link is named, and not replaced" {
	cp "$SRCDIR/migrations/history.md" real.md
	ln -s ../real.md migrations/history.md
	exits 64 new x
	has "it is a link"
	[ -L migrations/history.md ]
	cmp real.md "$SRCDIR/migrations/history.md"
}

@test "new: whenever it is killed, the document is the old one or the new one" {
	load sweep
	have_faultpoint
	add_step baseline 1 <<<'CREATE TABLE t(a);'
	cp migrations/step-1-user.md old.md
	calls=0
	for fate in kill-before kill-after; do
		for ((n = 1; ; n++)); do
			cp old.md migrations/step-1-user.md
			rm -f count
			got=0
			LD_PRELOAD=$FAULTPOINT FAULTPOINT_AT=$n \
				FAULTPOINT_DO=$fate FAULTPOINT_COUNT=count \
				FAULTPOINT_CALLS=$CHANGES \
				new "add inbox" >said 2>&1 || got=$?
			cmp -s old.md migrations/step-1-user.md ||
				[[ "$(listed 2)" == "user:1→2 planned "* ]]
			exits 0 lint
			[ -e count ] && break
			same 137 "$got"
			calls=$((calls + 1))
		done
		same 0 "$got"
	done
	[ "$calls" -ge 10 ]
}

# file NAME: a file of migrations, with the SQL on standard input.
file()
{
	mkdir -p "$(dirname "migrations/$1")"
	cat >"migrations/$1"
}

# As it is in the folder now: the names, one a line.
names()
{
	(cd migrations && find . -type f -printf '%P\n' | LC_ALL=C sort)
}

# follows NAME... : lint finds nothing wrong, and these files have come.
follows()
{
	exits 0 lint
	has " 0 errors, 0 warnings"
	same "$(printf '%s\n' "$@")" "$(names | comm -13 before -)"
}

@test "new: numbered files get the next one, as wide, with the same marks" {
	file 001-create-users.sql <<<'CREATE TABLE users(a);'
	file 002-create-notes.sql <<<'CREATE TABLE notes(a);'
	names >before
	exits 0 new "Add inbox"
	says "$T/migrations/003-add-inbox.sql:7: user 003, planned" \
		'its line "-- fleet-upgrade: planned" is taken out'
	follows 003-add-inbox.sql
	[[ "$(listed 003)" == "user:002→003 planned null add inbox" ]]
	exits 0 new "again"
	has "before it comes user:002→003, which is only planned too"
	exits 0 new --to 10 "and again"
	follows 003-add-inbox.sql 004-again.sql 010-and-again.sql
	exits 64 new --to 9 "late"
	has "numbers only rise"
	exits 64 new --kind system "x"
	has "make the first by hand"
}

@test "new: a file is written, and runs once its line is taken out" {
	file 0001_users.sql <<<'CREATE TABLE users(a);'
	mkdir fleet
	sqlite3 fleet/alice_longterm.db 'CREATE TABLE users(a)'
	exits 0 fleet --set fleet.system_db= upgrade
	same 0001 "$(version_of "$(db alice)")"
	exits 0 new "add inbox"
	exits 0 fleet --set fleet.system_db= upgrade
	has "1 current"
	same 0001 "$(version_of "$(db alice)")"
	sed -i '/fleet-upgrade: planned/d' migrations/0002_add_inbox.sql
	echo 'CREATE TABLE inbox(a);' >>migrations/0002_add_inbox.sql
	exits 0 fleet --set fleet.system_db= upgrade
	same 0002 "$(version_of "$(db alice)")"
	same 0 "$(ask alice 'SELECT count(*) FROM inbox')"
	exits 0 fleet list
	[[ "$output" == *"user:0001→0002 "*" active "* ]]
}

@test "new: pairs and folders get their way down, too" {
	file 0001_users.up.sql <<<'CREATE TABLE users(a);'
	file 0001_users.down.sql <<<'DROP TABLE users;'
	names >before
	exits 0 new "add inbox"
	says "0002_add_inbox.up.sql:7: user 0002, planned" \
		"0002_add_inbox.down.sql:2: the way down"
	follows 0002_add_inbox.down.sql 0002_add_inbox.up.sql
	exits 0 fleet -d "$T" list
	[[ "$output" == *"user:baseline→0001 "*" active   up/down "* ]]

	rm -r migrations
	file 2024-01-31-120000_users/up.sql <<<'CREATE TABLE users(a);'
	file 2024-01-31-120000_users/down.sql <<<'DROP TABLE users;'
	names >before
	exits 0 new "add inbox"
	now=$(ls migrations | tail -n 1)
	[[ "$now" == "$(date -u +%Y-%m-%d)"-??????_add_inbox ]]
	follows "$now/down.sql" "$now/up.sql"

	rm -r migrations
	file 20240131120000_users/migration.sql <<<'CREATE TABLE users(a);'
	names >before
	exits 0 new "add inbox"
	now=$(ls migrations | tail -n 1)
	[[ "$now" == "$(date -u +%Y%m%d)"??????_add_inbox ]]
	follows "$now/migration.sql"

	rm -r migrations
	file 0.2/00__users.sql <<<'CREATE TABLE users(a);'
	file 0.10/00__notes.sql <<<'CREATE TABLE notes(a);'
	names >before
	exits 0 new "add inbox"
	follows 0.10/01__add_inbox.sql
}

@test "new: dbmate, goose and sql-migrate have their marks" {
	for tool in migrate:up/migrate:down "+goose Up/+goose Down" \
		"+migrate Up/+migrate Down"; do
		up=${tool%/*} down=${tool#*/}
		rm -rf migrations
		printf -- '-- %s\nCREATE TABLE users(a);\n-- %s\nDROP TABLE users;\n' \
			"$up" "$down" | file 20240131120000_users.sql
		names >before
		exits 0 new "add inbox"
		added=$(names | comm -13 before -)
		[[ "$added" == "$(date -u +%Y%m%d)"??????_add_inbox.sql ]]
		follows "$added"
		same "-- $up" "$(head -n 1 "migrations/$added")"
		grep -qxF -- "-- $down" "migrations/$added"
		sed -i -e '/fleet-upgrade: planned/d' \
			-e "/^-- ready/a CREATE TABLE inbox(a);" \
			"migrations/$added"
		exits 0 lint
		has "2 steps: 0 errors"
		exits 0 "$FLEET_UPGRADE" -c /dev/null -m migrations \
			migrations dump
		has "CREATE TABLE inbox"
	done
}

@test "new: each kind in its own folder" {
	file system/0001_a.sql <<<'CREATE TABLE a(a);'
	file user/0005_b.sql <<<'CREATE TABLE b(a);'
	names >before
	exits 0 new --kind system "of all"
	exits 0 new "of one"
	follows system/0002_of_all.sql user/0006_of_one.sql
}

@test "new: a way down that nobody has written takes nothing back" {
	file 0001_users.up.sql <<<'CREATE TABLE users(a);'
	file 0001_users.down.sql <<<'DROP TABLE users;'
	mkdir fleet
	sqlite3 fleet/alice_longterm.db 'CREATE TABLE users(a)'
	exits 0 new "add inbox"
	sed -i '/fleet-upgrade: planned/d' migrations/0002_add_inbox.up.sql
	echo 'CREATE TABLE inbox(a);' >>migrations/0002_add_inbox.up.sql
	exits 0 fleet --set fleet.system_db= upgrade
	same 0002 "$(version_of "$(db alice)")"
	exits 0 fleet list
	[[ "$output" == *"user:0001→0002 "*" active   up       "* ]]
	run fleet --set fleet.system_db= rollback --to 0001
	[ "$status" -ne 0 ]
	has "0001→0002"
	same 0002 "$(version_of "$(db alice)")"
	echo 'DROP TABLE inbox;' >>migrations/0002_add_inbox.down.sql
	exits 0 fleet --set fleet.system_db= rollback --to 0001
	same 0001 "$(version_of "$(db alice)")"
}
