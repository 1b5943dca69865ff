# The migrations that people already keep: numbered files, up/down pairs,
# folders, marked sections; and what becomes of a file that comes late.

load lib
setup() { begin; mkdir -p fleet m; }
teardown() { end; }

# The program on the fleet in $T with the folder $T/m.
fleet()
{
	"$FLEET_UPGRADE" -d "$T/fleet" -m "$T/m" --set backup.min_free=0% "$@"
}

# write NAME: a file below m, from standard input.
write()
{
	mkdir -p "m/$(dirname "$1")"
	cat >"m/$1"
}

# new_users NAME...: databases with pages and no tables.
new_users()
{
	local name

	for name; do
		sqlite3 "$(db "$name")" 'CREATE TABLE t(a); DROP TABLE t'
	done
}

tables_of()
{
	ask "$1" "SELECT group_concat(name, ' ') FROM (SELECT name FROM
		sqlite_schema WHERE type = 'table' AND name NOT LIKE 'fleet_%'
		AND name NOT LIKE 'sqlite_%' ORDER BY name)"
}

@test "formats: numbered files, gaps and all, and then the next one" {
	write 000_create_users.sql <<<'CREATE TABLE users(id);'
	write 002-add_tasks.sql <<<'CREATE TABLE tasks(id);'
	write 10_tags.sql <<<'CREATE TABLE tags(id);'
	write README.md <<<'# nothing to run'
	new_users alice bob
	exits 0 fleet list
	says "user, numbered" "user:baseline→000" "user:000→002" "user:002→10" \
		"create users" "add tasks"
	exits 0 fleet lint
	has "3 steps: 0 errors, 0 warnings (numbered)"
	exits 0 fleet
	same 10 "$(version_of "$(db alice)")"
	same "tags tasks users" "$(tables_of bob)"
	write 11_more.sql <<<'CREATE TABLE more(id);'
	exits 0 fleet --json
	has '"from":"10"'
	same "more tags tasks users" "$(tables_of alice)"
	exits 0 fleet verify
}

@test "formats: the same number twice names both files and the next free one" {
	write 0001_a.sql <<<'CREATE TABLE a(id);'
	write 0002_b.sql <<<'CREATE TABLE b(id);'
	write 0002_c.sql <<<'CREATE TABLE c(id);'
	new_users alice
	exits 65 fleet
	says 0002_b.sql 0002_c.sql 0003
	same none "$(version_of "$(db alice)")"
	exits 65 fleet lint
	has '[same-number]'
}

@test "formats: up/down pairs, and a plain file beside them" {
	write 1_a.up.sql <<<'CREATE TABLE a(id);'
	write 1_a.down.sql <<<'DROP TABLE a;'
	write 2_b.sql <<<'CREATE TABLE b(id);'
	new_users alice
	exits 0 fleet
	same "a b" "$(tables_of alice)"
	exits 0 fleet lint
}

@test "formats: folders of diesel and Prisma" {
	write 2024-01-01-120000_a/up.sql <<<'CREATE TABLE a(id);'
	write 2024-01-01-120000_a/down.sql <<<'DROP TABLE a;'
	write 20240201000000_b/migration.sql <<<'CREATE TABLE b(id);'
	write migration_lock.toml <<<'provider = "sqlite"'
	new_users alice
	exits 0 fleet
	same "a b" "$(tables_of alice)"
	same 20240201000000 "$(version_of "$(db alice)")"
}

@test "formats: folders of versions, 0.2 before 0.10" {
	write 0.10/00__second.sql <<<'ALTER TABLE a ADD COLUMN b;'
	write 0.2/00__first.sql <<<'CREATE TABLE a(id);'
	new_users alice
	exits 0 fleet
	same 0.10.00 "$(version_of "$(db alice)")"
}

@test "formats: dbmate's marks" {
	write 20240101000000_a.sql <<-'EOF'
		-- migrate:up
		CREATE TABLE a(id);
		-- migrate:down
		DROP TABLE a;
	EOF
	new_users alice
	exits 0 fleet list
	has "user, dbmate"
	exits 0 fleet
	same a "$(tables_of alice)"
}

@test "formats: goose's marks, with a trigger between StatementBegin and End" {
	write 00001_a.sql <<-'EOF'
		-- +goose Up
		CREATE TABLE a(id, n DEFAULT 0);
		-- +goose StatementBegin
		CREATE TRIGGER a_n AFTER INSERT ON a BEGIN
			UPDATE a SET n = n + 1;
			UPDATE a SET n = n + 1;
		END;
		-- +goose StatementEnd
		-- +goose Down
		DROP TABLE a;
	EOF
	new_users alice
	exits 0 fleet
	sqlite3 "$(db alice)" 'INSERT INTO a(id) VALUES(1)'
	same 2 "$(ask alice 'SELECT n FROM a')"
}

@test "formats: sql-migrate's marks, and drizzle's breakpoints" {
	write 1_a.sql <<-'EOF'
		-- +migrate Up
		CREATE TABLE a(id);
		-- +migrate Down
		DROP TABLE a;
	EOF
	new_users alice
	exits 0 fleet
	same a "$(tables_of alice)"
	rm -r m fleet/.fleet-upgrade
	mkdir m/ && sqlite3 "$(db alice)" 'DROP TABLE fleet_schema_history;
		DROP TABLE a'
	write 0000_brave_name.sql <<-'EOF'
		CREATE TABLE `b` (`id` integer PRIMARY KEY NOT NULL);
		--> statement-breakpoint
		CREATE UNIQUE INDEX `b_id` ON `b` (`id`);
	EOF
	write meta/_journal.json <<<'{}'
	exits 0 fleet
	same b "$(tables_of alice)"
}

@test "formats: each kind has its folder" {
	write system/1_s.sql <<<'CREATE TABLE s(id);'
	write user/1_u.sql <<<'CREATE TABLE u(id);'
	write user/2_v.sql <<<'CREATE TABLE v(id);'
	sqlite3 fleet/system.db 'CREATE TABLE t(a); DROP TABLE t'
	new_users alice
	exits 0 fleet
	same 1 "$(version_of fleet/system.db)"
	same 2 "$(version_of "$(db alice)")"
	same "u v" "$(tables_of alice)"
}

@test "formats: migrations.user and migrations.system name one folder each" {
	write 1_u.sql <<<'CREATE TABLE u(id);'
	mkdir s
	echo 'CREATE TABLE s(id);' >s/1_s.sql
	sqlite3 fleet/system.db 'CREATE TABLE t(a); DROP TABLE t'
	new_users alice
	cat >ini <<-EOF
		[fleet]
		data_dir = $T/fleet
		[migrations]
		user = $T/m
		system = $T/s
		[backup]
		min_free = 0%
	EOF
	exits 0 "$FLEET_UPGRADE" -c ini
	same u "$(tables_of alice)"
	same s "$(sqlite3 fleet/system.db "SELECT name FROM sqlite_schema
		WHERE name NOT LIKE 'fleet_%'")"
}

@test "formats: migrations.format says what looking would not see" {
	write 1_a.sql <<<$'-- +goose Up\nCREATE TABLE a(id);'
	write history.md <<-'EOF'
		```sql
		-- [user:baseline→0.1:start]
		CREATE TABLE of_markdown(id);
		-- [user:baseline→0.1:end]
		```
	EOF
	exits 0 fleet list
	has "user:baseline→1"
	exits 0 fleet list --set migrations.format=markdown
	has "user:baseline→0.1"
	exits 0 fleet list --sql --set migrations.format=numbered
	has "-- +goose Up"
	exits 64 fleet list --set migrations.format=xml
	says "auto, markdown, numbered" "goose"
}

# What a merge brings: a file with a number between those that ran.
late()
{
	write 1_a.sql <<<'CREATE TABLE a(id);'
	write 3_c.sql <<<'CREATE TABLE c(id);'
	new_users alice bob
	exits 0 fleet
	sleep 2.1 # what is seen now is old enough to be believed
	exits 0 fleet
	write 2_b.sql <<<'CREATE TABLE b(id);'
}

@test "formats: an older file that comes late is no silent step" {
	late
	save_fleet before
	exits 1 fleet
	says alice bob "it is at 3 and lacks the older 2" "m/2_b.sql" \
		"number above 3" "migrations.out_of_order = allow"
	exits 3 fleet status --check
	exits 1 fleet --dry-run
	files_same before ./alice_longterm.db ./bob_longterm.db
	same "a c" "$(tables_of alice)"
}

@test "formats: migrations.out_of_order = allow runs it, and only once" {
	late
	exits 3 fleet status --check --set migrations.out_of_order=allow
	exits 1 fleet verify --set migrations.out_of_order=allow
	has "older steps of the migrations have not run here"
	exits 0 fleet list --set migrations.out_of_order=allow
	says "needed by 2"
	exits 0 fleet list --markdown --set migrations.out_of_order=allow
	says "no (0 of 2)"
	exits 0 fleet --set migrations.out_of_order=allow
	same "a b c" "$(tables_of alice)"
	exits 0 fleet --set migrations.out_of_order=allow --json
	has '"upgraded":0'
	# It is at 3, and has what 3 has, whatever is allowed from now on.
	exits 0 fleet
	exits 0 fleet verify
	exits 0 fleet status --json
	has '"versions":{"3":2}'
}

@test "formats: a late step is taken back like any other" {
	late
	exits 0 fleet --set migrations.out_of_order=allow
	exits 0 fleet rollback
	same "a c" "$(tables_of alice)"
	exits 0 fleet upgrade --release --set migrations.out_of_order=allow
	same "a b c" "$(tables_of alice)"
}
