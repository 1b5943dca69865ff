# Migrations as a real project has them, after some years: fifty steps, rebuilds
# of tables, triggers, views, full text, generated columns, names of all kinds,
# and files that came from other systems.
#
# Takes long.

load lib
setup() { begin; }
teardown() { end; }

# step FROM TO: a step, with the SQL on standard input, to standard output.
step()
{
	printf '\n## %s\n\n```sql\n-- [user:%s→%s:start]\n' "$2" "$1" "$2"
	cat
	printf -- '-- [user:%s→%s:end]\n```\n' "$1" "$2"
}

# The first ten; forty small ones follow.
first_steps()
{
	step baseline 0.1 <<-'SQL'
		CREATE TABLE "Benutzer größe" (
			id INTEGER PRIMARY KEY,
			[e mail] TEXT NOT NULL UNIQUE, -- the login; lower case
			`group` TEXT DEFAULT 'a;b' /* reserved */
		);
		CREATE TABLE notes (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			owner INTEGER NOT NULL
				REFERENCES "Benutzer größe"(id) ON DELETE CASCADE,
			title TEXT, body TEXT
		);
		CREATE INDEX notes_owner ON notes(owner);
	SQL
	step 0.1 0.2 <<-'SQL'
		CREATE TRIGGER notes_touch AFTER UPDATE OF body ON notes
		WHEN NEW.body <> OLD.body BEGIN
			UPDATE notes SET title = CASE WHEN NEW.title IS NULL
				THEN 'untitled; ' || NEW.id ELSE NEW.title END
			WHERE id = NEW.id;
			DELETE FROM notes WHERE body = 'DELETE; ME';
		END;
	SQL
	# As generators write a rebuild: with PRAGMAs that do nothing here.
	step 0.2 0.3 <<-'SQL'
		PRAGMA foreign_keys=OFF;
		CREATE TABLE "new_notes" (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			owner INTEGER NOT NULL
				REFERENCES "Benutzer größe"(id) ON DELETE CASCADE,
			title TEXT NOT NULL DEFAULT '', body TEXT
		);
		INSERT INTO "new_notes" SELECT id, owner, coalesce(title, ''),
			body FROM notes;
		DROP TABLE notes;
		ALTER TABLE "new_notes" RENAME TO notes;
		CREATE INDEX notes_owner ON notes(owner);
		CREATE TRIGGER notes_touch AFTER UPDATE OF body ON notes BEGIN
			SELECT 1; SELECT 2;
		END;
		PRAGMA foreign_key_check;
		PRAGMA foreign_keys=ON;
	SQL
	step 0.3 0.4 <<-'SQL'
		CREATE VIRTUAL TABLE notes_text USING fts5(title, body,
			content='notes', content_rowid='id');
		INSERT INTO notes_text(rowid, title, body)
			SELECT id, title, body FROM notes;
		CREATE TRIGGER notes_text_ai AFTER INSERT ON notes BEGIN
			INSERT INTO notes_text(rowid, title, body)
			VALUES (NEW.id, NEW.title, NEW.body);
		END;
	SQL
	step 0.4 0.5 <<-'SQL'
		ALTER TABLE notes ADD COLUMN IF NOT EXISTS words INTEGER
			GENERATED ALWAYS AS (length(body)
				- length(replace(body, ' ', '')) + 1) VIRTUAL;
		ALTER TABLE notes ADD COLUMN "größe; m²" REAL DEFAULT -1.5e3;
	SQL
	step 0.5 0.6 <<-'SQL'
		CREATE VIEW "meine notizen" AS
			WITH "je" AS (SELECT owner, count(*) AS n FROM notes
				GROUP BY owner)
			SELECT b.[e mail], je.n FROM "Benutzer größe" AS b
			JOIN je ON je.owner = b.id;
	SQL
	step 0.6 0.7 <<-'SQL'
		-- A backfill.
		ALTER TABLE "Benutzer größe" ADD COLUMN 'hash' TEXT;
		ALTER TABLE "Benutzer größe" ADD COLUMN "üid" TEXT;
		UPDATE "Benutzer größe" SET hash = sha256([e mail]),
			"üid" = uuid() WHERE [e mail] REGEXP '^[^@]+@[^@]+$';
		CREATE UNIQUE INDEX "übér" ON "Benutzer größe"("üid")
			WHERE "üid" IS NOT NULL;
	SQL
	step 0.7 0.8 <<-'SQL'
		CREATE TEMP TABLE hold AS SELECT * FROM notes;
		INSERT INTO notes(owner, title, body)
			SELECT owner, title || ' (copy)', body FROM hold;
		DELETE FROM notes WHERE title LIKE '% (copy)';
		DROP TABLE hold;
	SQL
	step 0.8 0.9 <<-'SQL'
		CREATE TABLE 標籤 (名 TEXT PRIMARY KEY, 色 TEXT) WITHOUT ROWID;
		INSERT INTO 標籤 VALUES ('重要', '紅'), ('it''s', '"');
		ANALYZE;
	SQL
	step 0.9 0.10 <<-'SQL'
		-- fleet-upgrade: repeatable
		CREATE INDEX IF NOT EXISTS notes_window ON notes(owner, id DESC);
		ALTER TABLE notes DROP COLUMN IF EXISTS never_there;
	SQL
}

all_steps()
{
	local i

	printf '# History\n'
	first_steps
	for ((i = 10; i < 50; i++)); do
		step "0.$i" "0.$((i + 1))" <<-SQL
			ALTER TABLE notes ADD COLUMN c$i TEXT DEFAULT 'v;$i';
		SQL
	done
}

make_users()
{
	local user

	mkdir -p migrations fleet
	all_steps >plain.md
	for user in alice bob; do
		first_steps | sed -n '/baseline/,/0.1:end/p' | sed '/^--/d' |
			sed -n '1,/^```/p' | sed '/^```/d' >first.sql
		sqlite3 "$(db "$user")" <first.sql
		sqlite3 "$(db "$user")" "INSERT INTO \"Benutzer größe\"
				VALUES (7, '$user@x', 'g');
			INSERT INTO notes(owner, title, body) VALUES
				(7, NULL, 'one two'), (7, 'B', 'three')"
	done
}

# What all of it has to have come to, at the version given or 0.50.
expect_upgraded()
{
	local user

	all_sound
	for user in alice bob; do
		same "${1:-0.50}" "$(version_of "$(db "$user")")"
		same "|one two|2|-1500.0|v;49
B|three|1|-1500.0|v;49" "$(ask "$user" 'SELECT title, body, words,
			"größe; m²", c49 FROM notes ORDER BY id')"
		same "$user@x|2" "$(ask "$user" 'SELECT * FROM "meine notizen"')"
		same "$(printf '%s@x' "$user" | sha256sum | cut -c 1-64)|36" \
			"$(ask "$user" 'SELECT hash, length("üid") FROM
			"Benutzer größe"')"
		# And the copy, whose deletion no trigger tells the index.
		same 2 "$(ask "$user" "SELECT count(*) FROM notes_text('three')")"
		same "紅|重要" "$(ask "$user" "SELECT 色, 名 FROM 標籤 WHERE
			色 <> '\"'")"
	done
}

@test "real shape: fifty steps, as they are" {
	make_users
	cp plain.md migrations/history.md
	exits 0 "$FLEET_UPGRADE" -c /dev/null -m migrations lint
	says "50 steps: 0 errors"
	lacks "[dialect]"
	exits 0 fleet baseline --to 0.1
	exits 0 fleet --dry-run
	save_fleet saved
	exits 0 fleet upgrade
	expect_upgraded
	exits 0 fleet verify
	exits 0 fleet upgrade
	has "2 current"
	exits 0 fleet rollback
	rows_kept saved
	same 0.1 "$(version_of "$(db alice)")"
}

@test "real shape: Windows line ends, a byte-order mark, no newline at the end" {
	make_users
	{
		printf '\xef\xbb\xbf'
		sed 's/$/\r/' plain.md
	} | head -c -2 >migrations/history.md
	same '`' "$(tail -c 1 migrations/history.md)"
	exits 0 "$FLEET_UPGRADE" -c /dev/null -m migrations lint
	has "50 steps: 0 errors"
	exits 0 fleet baseline --to 0.1
	exits 0 fleet upgrade
	expect_upgraded
	# The same steps, whatever the line ends.
	cp plain.md migrations/history.md
	exits 0 fleet verify
	exits 0 fleet upgrade
	has "2 current"
}

@test "real shape: an error among fifty points at its line, with CRLF too" {
	make_users
	sed 's/v;30/v;30'"'"' NOT NULL CHECK (c30 <> '"''"') CHEK ('"'"'x/' \
		plain.md | sed 's/$/\r/' >migrations/history.md
	line=$(grep -n CHEK migrations/history.md | cut -d : -f 1)
	exits 65 "$FLEET_UPGRADE" -c /dev/null -m migrations lint
	says "migrations/history.md:$line: error" "0.30→0.31" 'near "CHEK"'
	save_fleet saved
	exits 65 fleet upgrade
	has "migrations/history.md:$line: "
	files_same saved
}

# The SQL of the fifty steps, each in a file below parts/.
split_steps()
{
	mkdir parts
	awk '/^-- \[user:.*:start\]$/ { file = sprintf("parts/%04d", ++n); next }
		/^-- \[user:.*:end\]$/ { close(file); file = ""; next }
		file { print > file }' plain.md
	same 50 "$(find parts -type f | wc -l)"
}

# as FORMAT: writes them below migrations/ the way that it has them. Files are as
# people's are: with Windows line ends, a byte-order mark, no newline at the end.
as()
{
	local part n name

	for part in parts/*; do
		n=${part##*/}
		name=migrations/${n}_step
		case $1 in
		numbered)
			{ printf '\xef\xbb\xbf'; sed 's/$/\r/' "$part"; } |
				head -c -2 >"$name.sql"
			;;
		pairs)
			cp "$part" "$name.up.sql"
			echo 'SELECT 1;' >"$name.down.sql"
			;;
		diesel)
			mkdir "migrations/2024-01-01-00${n}_step"
			cp "$part" "migrations/2024-01-01-00${n}_step/up.sql"
			echo 'SELECT 1;' \
				>"migrations/2024-01-01-00${n}_step/down.sql"
			;;
		prisma)
			mkdir "migrations/2024010100${n}_step"
			cp "$part" "migrations/2024010100${n}_step/migration.sql"
			;;
		versions)
			mkdir "migrations/0.$((10#$n))"
			cp "$part" "migrations/0.$((10#$n))/00__step.sql"
			;;
		dbmate)
			{
				echo '-- migrate:up'
				cat "$part"
				printf -- '-- migrate:down\nSELECT 1;'
			} | sed 's/$/\r/' >"migrations/2024010100${n}_step.sql"
			;;
		goose)
			{
				printf '\xef\xbb\xbf-- +goose Up\n'
				echo '-- +goose StatementBegin'
				cat "$part"
				echo '-- +goose StatementEnd'
				printf -- '-- +goose Down\nSELECT 1;'
			} >"$name.sql"
			;;
		sql-migrate)
			{
				echo '-- +migrate Up'
				cat "$part"
				printf -- '-- +migrate Down\nSELECT 1;\n'
			} >"$name.sql"
			;;
		drizzle)
			{
				cat "$part"
				echo '--> statement-breakpoint'
				echo 'SELECT 1;'
			} >"$name.sql"
			;;
		esac
	done
}

# in_shape FORMAT FIRST LAST: the fifty, read as what they are; the fleet goes
# from the first version to the last and back.
in_shape()
{
	make_users
	split_steps
	as "$1"
	exits 0 "$FLEET_UPGRADE" -c /dev/null -m migrations lint
	says "50 steps: 0 errors"
	exits 0 fleet baseline --to "$2"
	save_fleet saved
	exits 0 fleet upgrade
	expect_upgraded "$3"
	exits 0 fleet verify
	exits 0 fleet rollback
	rows_kept saved
	same "$2" "$(version_of "$(db alice)")"
}

@test "real shape: numbered files, with CRLF, a byte-order mark, no newline" {
	in_shape numbered 0001 0050
}

@test "real shape: up/down pairs" {
	in_shape pairs 0001 0050
}

@test "real shape: folders of diesel" {
	in_shape diesel 20240101000001 20240101000050
}

@test "real shape: folders of Prisma" {
	in_shape prisma 20240101000001 20240101000050
}

@test "real shape: folders of versions" {
	in_shape versions 0.1.00 0.50.00
}

@test "real shape: dbmate" {
	in_shape dbmate 20240101000001 20240101000050
}

@test "real shape: goose" {
	in_shape goose 0001 0050
}

@test "real shape: sql-migrate" {
	in_shape sql-migrate 0001 0050
}

@test "real shape: drizzle" {
	in_shape drizzle 0001 0050
}
