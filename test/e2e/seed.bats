# The application's real history as the source, on databases as the application
# makes them; and a document with every trap that real ones have.

load lib

# A copy: whoever has the source tree, root does not trust it.
setup()
{
	begin
	mkdir shipped
	cp "$SRCDIR"/migrations/*.md shipped/
}
teardown() { end; }

@test "seed: what is installed is the default source" {
	make_fleet 2
	(cd "$T" && mkdir -p usr/share && cp -r "$SRCDIR/migrations" usr/share/)
	exits 0 "$FLEET_UPGRADE" -c /dev/null config
	path=$(sed -n 's/^migrations.path = \([^ ]*\) .*/\1/p' <<<"$output")
	[[ $path == */fleet-upgrade/migrations ]]
	[ -e "$path" ] || skip "the program is not installed here"
	exits 0 "$FLEET_UPGRADE" -c /dev/null -d fleet
	has "3 upgraded"
}

@test "seed: the shipped history upgrades a fleet that the application made" {
	make_fleet 5
	save_fleet saved
	exits 0 "$FLEET_UPGRADE" -d fleet -m shipped
	says "6 upgraded" "target system 0.3.20, user 0.3.20"
	rows_kept saved
	all_sound
	for name in alice bob carol dave erin; do
		same "1|0|" "$(ask $name "SELECT schema_version,
			compacted_up_to, compact_summary
			FROM conversations LIMIT 1")"
		same 0 "$(ask $name \
			'SELECT count(*) FROM conversation_messages')"
	done
	exits 0 "$FLEET_UPGRADE" -d fleet -m shipped
	has "nothing was changed"
}

@test "seed: planned steps are listed, and never run nor the target" {
	make_fleet 1
	exits 0 fleet
	exits 0 fleet list
	same 3 "$(grep -c planned <<<"$output")"
	same 0.3.20 "$(version_of "$(db alice)")"
	ask alice 'SELECT full_conversation_history FROM memories'
	exits 64 fleet --to 0.3.23
}

# A document as people write them. Line numbers matter to the tests.
write_traps()
{
	cat >traps.md <<'EOF'
# Database Migrations

The format, with placeholders in fences within fences:

```
## Migration: [from_version] → [to_version]

```sql
-- [user:from_version→to_version:start]
CREATE TABLE ...;
-- [user:from_version→to_version:end]
```
```

### Baseline: 0.3.9

```sql
-- [system:baseline→0.3.9:start]
CREATE TABLE account(name TEXT PRIMARY KEY);
-- [system:baseline→0.3.9:end]
```

```sql
-- [user:baseline→0.3.9:start]
# not a heading, but no SQL either: it stands in a comment below
-- [user:baseline→0.3.9:end]
```

#### An arrow of two characters, a trigger with semicolons

```sql
-- [user:0.3.9->0.3.20:start]
CREATE TABLE log(what TEXT DEFAULT "NA");
CREATE TRIGGER told AFTER INSERT ON note BEGIN
    INSERT INTO log(what) VALUES ('a; b');
    INSERT INTO log(rowid) VALUES (NULL);
END;
-- [user:0.3.9->0.3.20:end]
```

#### Nothing for system.db, which is a step all the same

```sql
-- [system:0.3.9→0.3.20:start]

-- No system schema changes in this version

-- [system:0.3.9→0.3.20:end]
```

An example that is none: a block without a tag.

```sql
DROP TABLE note;
```

## Future Migrations

```sql
-- [user:0.3.20→0.4.0:start]
-- DROP TABLE log;
-- [user:0.3.20→0.4.0:end]
```

### 0.5.0 (Planned)

```sql
-- [user:0.4.0→0.5.0:start]
-- DROP TABLE note;
-- [user:0.4.0→0.5.0:end]
```
EOF
	sed -i 's/^# not a heading.*/CREATE TABLE note(body); -- # no heading/' \
		traps.md
}

make_traps_fleet()
{
	write_traps
	mkdir fleet
	sqlite3 fleet/system.db 'CREATE TABLE account(name TEXT PRIMARY KEY);
		INSERT INTO account VALUES ("alice")'
	sqlite3 "$(db alice)" "CREATE TABLE note(body);
		INSERT INTO note VALUES ('kept')"
}

@test "seed: a document with every trap is read as it is meant" {
	make_traps_fleet
	exits 0 "$FLEET_UPGRADE" -d fleet -m traps.md
	has "2 upgraded"
	same 0.3.20 "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of fleet/system.db)"
	sqlite3 "$(db alice)" "INSERT INTO note VALUES ('new')"
	same "a; b,NA" "$(ask alice 'SELECT group_concat(what) FROM log')"
	same "kept,new" "$(ask alice 'SELECT group_concat(body) FROM note')"
}

@test "seed: lint tells which of its blocks are no migrations, and where" {
	write_traps
	exits 0 "$FLEET_UPGRADE" -m traps.md lint
	says "traps.md:9: note" "0 errors"
}

@test "seed: with CRLF, a byte-order mark, and no newline at the end" {
	make_traps_fleet
	printf '\xef\xbb\xbf' >windows.md
	sed 's/$/\r/' traps.md >>windows.md
	truncate -s -2 windows.md
	exits 0 "$FLEET_UPGRADE" -d fleet -m traps.md
	exits 0 "$FLEET_UPGRADE" -d fleet -m windows.md
	has "nothing was changed"
	exits 0 "$FLEET_UPGRADE" -d fleet -m windows.md verify
}

@test "seed: a file, or a folder of files, in any order" {
	make_fleet 1
	mkdir split
	sed -n '1,/^-- \[user:baseline→0.3.19:end/p' migrations/history.md \
		>split/z-first.md
	echo '```' >>split/z-first.md
	sed '1,/^-- \[user:baseline→0.3.19:end/d' migrations/history.md |
		sed 1d >split/a-second.md
	echo 'CREATE TABLE no(a);' >split/notes.txt
	exits 0 "$FLEET_UPGRADE" -d fleet -m split
	has "2 upgraded"
	exits 0 "$FLEET_UPGRADE" -d fleet -m migrations/history.md
	has "nothing was changed"
}

@test "seed: every kind of broken document is 65, with file and line" {
	make_traps_fleet
	save_fleet saved
	line_of()
	{
		grep -nF "$1" traps.md | cut -d: -f1
	}
	broken()
	{
		sed "$2" traps.md >broken.md
		exits 65 "$FLEET_UPGRADE" -d fleet -m broken.md
		says "broken.md:$1"
	}
	broken 18 '/system:baseline→0.3.9:end/d'
	broken 19 '/system:baseline→0.3.9:start/d'
	broken "$(line_of 'CREATE TABLE log')" \
		's/CREATE TABLE log(what/CREATE TABEL log(what/'
	broken "$(line_of 'CREATE TABLE log')" 's/0.3.9->0.3.20/0.3.10->0.3.20/'
	files_same saved
	[ ! -e fleet/.fleet-upgrade ]
}
