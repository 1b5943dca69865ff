# What users have written into their databases: it reaches nothing outside them,
# and comes to an end, whatever is done with the fleet.

load lib

setup()
{
	begin
	make_fleet 2 -k 1
	make_extension
	# A step that does all that runs what others wrote: triggers, CHECKs,
	# expressions of indexes, and the schema read anew.
	add_step 0.3.20 0.3.21 <<-'SQL'
		UPDATE memories SET user_prompt = user_prompt || '.';
		ALTER TABLE memories RENAME COLUMN llm_reply TO reply;
		CREATE TABLE other AS SELECT * FROM memories;
		DELETE FROM memories WHERE 0;
	SQL
	FLEET_UPGRADE_RUN_DATABASE_TIMEOUT=2s
	export FLEET_UPGRADE_RUN_DATABASE_TIMEOUT
}
teardown() { end; }

# $T/extension.so: whoever loads it leaves $T/loaded.
make_extension()
{
	cat >extension.c <<-C
		#include <fcntl.h>
		__attribute__((constructor)) static void begin(void)
		{
			open("$T/loaded", O_CREAT | O_WRONLY, 0600);
		}
		int sqlite3_extension_init(void) { return 0; }
	C
	"${CC:-cc}" -shared -fPIC -o extension.so extension.c
	echo precious >precious
}

# hostile NAME SQL: a user whose database has that besides.
hostile()
{
	cp fleet/alice_longterm.db "fleet/$1_longterm.db"
	sqlite3 -bail "fleet/$1_longterm.db" "$2"
}

# on_update NAME EXPRESSION: a user whose trigger does that.
on_update()
{
	hostile "$1" "CREATE TRIGGER evil AFTER UPDATE ON memories
		BEGIN SELECT $2; END"
}

# rewritten NAME OBJECT SQL: gives an object of its schema a text that no CREATE
# would take.
rewritten()
{
	sqlite3 -bail "fleet/$1_longterm.db" >/dev/null <<-SQL
		.dbconfig defensive off
		PRAGMA writable_schema = ON;
		UPDATE sqlite_schema SET sql = $3 WHERE name = '$2';
	SQL
}

ENDLESS="(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r)
	SELECT count(*) FROM r)"

make_hostile()
{
	on_update loads "load_extension('$T/extension')"
	on_update tokens "fts3_tokenizer('simple', x'4141414141414141')"
	on_update endless "$ENDLESS"
	on_update bomb "length(zeroblob(1000000000))"
	on_update pragma "(SELECT * FROM pragma_journal_mode)"
	hostile view "CREATE VIEW v AS SELECT * FROM pragma_writable_schema;
		CREATE TRIGGER evil AFTER DELETE ON memories
		BEGIN SELECT * FROM v; END"
	hostile viewed "CREATE VIEW v AS SELECT load_extension('$T/extension'),
		$ENDLESS"
	hostile checked "ALTER TABLE conversations ADD COLUMN evil
		CHECK (evil IS NULL OR load_extension('$T/extension'));
		CREATE INDEX wide ON memories(
			length(hex(zeroblob(100000)) || user_prompt))"
	hostile generated "ALTER TABLE conversations ADD COLUMN evil
		AS (length(hex(zeroblob(1000000))))"
	hostile deep "CREATE VIEW deep AS SELECT 1"
	rewritten deep deep "'CREATE VIEW deep AS SELECT ' ||
		replace(hex(zeroblob(3000)), '00', '(') || '1' ||
		replace(hex(zeroblob(3000)), '00', ')')"
	hostile attached "CREATE TRIGGER evil AFTER UPDATE ON memories
		BEGIN SELECT 1; END"
	rewritten attached evil "'CREATE TRIGGER evil AFTER UPDATE ON memories
		BEGIN ATTACH ''$T/loaded'' AS x; END'"
	hostile ledger "CREATE VIEW fleet_schema_history AS SELECT
		load_extension('$T/extension') AS rank, $ENDLESS AS to_version"
}

nothing_ran()
{
	[ ! -e loaded ]
	same precious "$(cat precious)"
	lacks precious
}

@test "hostile: what they write would run elsewhere" {
	on_update endless "$ENDLESS"
	exits 124 timeout 2 sqlite3 fleet/endless_longterm.db \
		"UPDATE memories SET user_prompt = 'x'"
	on_update bomb "length(zeroblob(1000000000))"
	exits 0 sqlite3 fleet/bomb_longterm.db \
		"UPDATE memories SET user_prompt = 'x'"
	exits 0 sqlite3 "$(db alice)" "SELECT load_extension('$T/extension')"
	[ -e loaded ]
}

@test "hostile: looking runs nothing" {
	make_hostile
	for command in status verify "upgrade --dry-run --verbose"; do
		# shellcheck disable=SC2086
		run timeout 120 "$FLEET_UPGRADE" -d fleet -m migrations $command
		[ "$status" -lt 64 ]
		nothing_ran
	done
	says endless "run.database_timeout"
}

@test "hostile: upgrading runs nothing, and the neighbours are upgraded" {
	make_hostile
	run timeout 120 "$FLEET_UPGRADE" -d fleet -m migrations --verbose upgrade
	same 1 "$status"
	nothing_ran
	says "user loads" "load_extension() is not allowed" \
		"run.database_timeout" "string or blob too big"
	same 0.3.21 "$(version_of "$(db alice)")"
	same 0.3.21 "$(version_of "$(db bob)")"
	# Those whose attack was stopped are as they were.
	for name in loads tokens endless bomb; do
		same none "$(version_of "$(db $name)")"
	done
	for command in "rollback --force" "restore --force alice" verify; do
		# shellcheck disable=SC2086
		run timeout 120 "$FLEET_UPGRADE" -d fleet -m migrations $command
		[ "$status" -lt 64 ]
		nothing_ran
	done
}

@test "hostile: a way back from a hostile backup runs nothing" {
	fleet upgrade --to 0.3.20 --quiet
	backup=$(echo fleet/.fleet-upgrade/backups/*/alice_longterm.db)
	sqlite3 "$backup" "CREATE TRIGGER evil AFTER UPDATE ON memories
		BEGIN SELECT load_extension('$T/extension'); END;
		CREATE VIEW v AS SELECT load_extension('$T/extension')"
	exits 0 fleet restore alice
	nothing_ran
	same none "$(version_of "$(db alice)")"
}

# Some SQLites have functions that others have in their shell alone. Here they
# are given to every connection, with a word that they are harmless, and all of
# them do the same.
give_functions()
{
	cat >giving.c <<-C
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <fcntl.h>
		#include <sqlite3.h>
		static void reach(sqlite3_context *to, int n, sqlite3_value **of)
		{
			(void)n, (void)of;
			open("$T/loaded", O_CREAT | O_WRONLY, 0600);
			sqlite3_result_text(to, "precious", -1, SQLITE_STATIC);
		}
		int sqlite3_open_v2(const char *name, sqlite3 **db, int flags,
				    const char *vfs)
		{
			static const char *const names[] = {
				"readfile", "writefile", "edit", "another",
			};
			int code = ((__typeof__(&sqlite3_open_v2))dlsym(
				RTLD_NEXT, "sqlite3_open_v2"))(name, db, flags,
							       vfs);
			for (int i = 0; code == SQLITE_OK && i < 4; i++)
				sqlite3_create_function(*db, names[i], -1,
					SQLITE_UTF8 | SQLITE_INNOCUOUS, 0,
					reach, 0, 0);
			return code;
		}
	C
	"${CC:-cc}" -shared -fPIC -o giving.so giving.c -ldl
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	export ASAN_OPTIONS
}

@test "hostile: a function that reaches outside is not called where there is one" {
	! is_built_with tsan || skip "nothing is loaded beside its sanitizer"
	give_functions
	on_update reads "readfile('$T/precious')"
	on_update writes "writefile('$T/loaded', 'x')"
	on_update edits "edit('x', 'touch $T/loaded')"
	on_update another "another()"
	LD_PRELOAD=$T/giving.so exits 1 fleet upgrade reads writes edits
	nothing_ran
	for name in reads:readfile writes:writefile edits:edit; do
		has "user ${name%:*}"
		has "${name#*:}() is not allowed"
		same none "$(version_of "$(db "${name%:*}")")"
	done
	# One that is not known to reach outside does.
	LD_PRELOAD=$T/giving.so exits 0 fleet upgrade another
	[ -e loaded ]
}
