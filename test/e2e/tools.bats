# Going on from other migration tools: what they left in the databases of a
# fleet is believed, recorded and, where that is asked for, kept current.

load lib
setup() { begin; }
teardown() { end; }

# What the tool has left in the database FILE once it has applied the first N of
# three migrations.
leave()
{
	local tool=$1 file=$2 n=$3 i

	case $tool in
	dbmate | rails)
		sqlite3 "$file" 'CREATE TABLE "schema_migrations" (version
			varchar(128) primary key)'
		[ "$tool" = dbmate ] || sqlite3 "$file" 'CREATE TABLE
			"ar_internal_metadata" ("key" varchar NOT NULL PRIMARY
			KEY, "value" varchar)'
		;;
	golang-migrate)
		sqlite3 "$file" "CREATE TABLE schema_migrations (version
			uint64,dirty bool); CREATE UNIQUE INDEX version_unique
			ON schema_migrations (version); INSERT INTO
			schema_migrations VALUES ($n, 0)"
		;;
	goose)
		sqlite3 "$file" "CREATE TABLE goose_db_version (id INTEGER
			PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL,
			is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT
			(datetime('now'))); INSERT INTO goose_db_version
			(version_id, is_applied) VALUES (0, 1)"
		;;
	sqlx)
		sqlite3 "$file" "CREATE TABLE _sqlx_migrations (version BIGINT
			PRIMARY KEY, description TEXT NOT NULL, installed_on
			TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success
			BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time
			BIGINT NOT NULL)"
		;;
	d1)
		sqlite3 "$file" 'CREATE TABLE d1_migrations(id INTEGER PRIMARY
			KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at
			TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)'
		;;
	diesel)
		sqlite3 "$file" 'CREATE TABLE __diesel_schema_migrations
			(version VARCHAR(50) PRIMARY KEY NOT NULL, run_on
			TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)'
		;;
	prisma)
		sqlite3 "$file" 'CREATE TABLE "_prisma_migrations" ("id" TEXT
			PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL,
			"finished_at" DATETIME, "migration_name" TEXT NOT NULL,
			"logs" TEXT, "rolled_back_at" DATETIME, "started_at"
			DATETIME NOT NULL DEFAULT current_timestamp,
			"applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT
			0)'
		;;
	user_version)
		sqlite3 "$file" "PRAGMA user_version = $n"
		;;
	esac
	for ((i = 1; i <= n; i++)); do
		case $tool in
		dbmate | rails)
			echo "INSERT INTO schema_migrations VALUES ('000$i');"
			;;
		goose)
			echo "INSERT INTO goose_db_version (version_id,
				is_applied) VALUES ($i, 1);"
			;;
		sqlx)
			echo "INSERT INTO _sqlx_migrations (version,
				description, success, checksum, execution_time)
				VALUES ($i, 'step', 1, x'00', 1);"
			;;
		d1)
			echo "INSERT INTO d1_migrations (name) VALUES
				('000${i}_step.sql');"
			;;
		diesel)
			echo "INSERT INTO __diesel_schema_migrations (version)
				VALUES ('2024010${i}120000');"
			;;
		prisma)
			echo "INSERT INTO _prisma_migrations (id, checksum,
				finished_at, migration_name) VALUES ('$i', 'x',
				1700000000000, '000${i}_step');"
			;;
		esac
	done | sqlite3 "$file"
}

# The SQL of the Nth of the three; and of a fourth. They leave little in the
# schema by which they could be told.
sql_of()
{
	case $1 in
	1) echo 'CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT);' ;;
	2) echo "INSERT INTO notes(text) VALUES ('from the second');" ;;
	3) echo "UPDATE notes SET text = text || ', third';" ;;
	4) echo 'ALTER TABLE notes ADD COLUMN seen INTEGER;' ;;
	esac
}

# The same four as files, in the tool's own form; prints the version of the Nth.
make_files()
{
	local tool=$1 i name

	rm -rf "$T/migrations"
	mkdir -p "$T/migrations"
	cd "$T/migrations" || return 1
	for i in 1 2 3 4; do
		name=000${i}_step
		case $tool in
		golang-migrate)
			sql_of "$i" >"$name.up.sql"
			echo 'SELECT 1;' >"$name.down.sql"
			;;
		prisma)
			mkdir "$name"
			sql_of "$i" >"$name/migration.sql"
			;;
		diesel)
			name=2024-01-0$i-120000_step
			mkdir "$name"
			sql_of "$i" >"$name/up.sql"
			echo 'SELECT 1;' >"$name/down.sql"
			;;
		dbmate)
			{
				echo '-- migrate:up'
				sql_of "$i"
				echo '-- migrate:down'
			} >"$name.sql"
			;;
		goose)
			{
				echo '-- +goose Up'
				sql_of "$i"
				echo '-- +goose Down'
			} >"$name.sql"
			;;
		*)
			sql_of "$i" >"$name.sql"
			;;
		esac
	done
	cd "$T" || return 1
}

make_migrations()
{
	local i before=baseline

	mkdir -p "$T/migrations"
	for i in 1 2 3 4; do
		sql_of "$i" | add_step "$before" "000$i"
		before=000$i
	done
}

# tools_fleet TOOL USERS: so many databases, each at one of the first three by
# turns, as the tool made them; no system.db.
tools_fleet()
{
	local tool=$1 users=$2 i n

	make_migrations
	mkdir -p "$T/fleet" "$T/made"
	for n in 1 2 3; do
		rm -f "$T/made/$n"
		{
			sql_of 1
			[ "$n" -lt 2 ] || sql_of 2
			[ "$n" -lt 3 ] || sql_of 3
		} | sqlite3 "$T/made/$n"
		leave "$tool" "$T/made/$n" "$n"
	done
	for ((i = 1; i <= users; i++)); do
		cp "$T/made/$((i % 3 + 1))" "$(db "u$i")"
	done
}

users()
{
	fleet --set fleet.system_db= "$@"
}

# all_right [VERSION]: every database has what four migrations, each run once,
# leave.
all_right()
{
	local file version=${1:-0004}

	for file in "$T"/fleet/*.db; do
		same "from the second, third|id text seen|$version" "$(
			sqlite3 "$file" "SELECT (SELECT group_concat(text) FROM
				notes), (SELECT group_concat(name, ' ') FROM
				pragma_table_info('notes')), (SELECT to_version
				FROM fleet_schema_history ORDER BY rank DESC
				LIMIT 1)")"
	done
}

@test "tools: a fleet of 20 goes on from each of several tools" {
	for tool in d1 dbmate golang-migrate goose sqlx rails user_version; do
		rm -rf fleet migrations
		tools_fleet "$tool" 20
		exits 0 users baseline --from "$tool"
		says "20 recorded"
		same 0002 "$(version_of "$(db u1)")"
		same "baseline 0001 2 adopted from $tool, no step run" "$(
			ask u1 "SELECT kind || ' ' || min(to_version) || ' ' ||
				count(*) || ' ' || description FROM
				fleet_schema_history GROUP BY kind")"
		exits 0 users
		says "20 upgraded"
		all_right
		exits 0 users verify
	done
}

@test "tools: unversioned = adopt, in one run" {
	for tool in d1 golang-migrate; do
		rm -rf fleet migrations
		tools_fleet "$tool" 20
		save_fleet saved
		# What these leave in the schema does not tell them apart.
		exits 1 users upgrade --dry-run
		says "baseline --from $tool"
		exits 0 users --set migrations.unversioned=adopt status
		says "0003          7" "20 pending"
		exits 0 users --set migrations.unversioned=adopt --dry-run
		says "20 would be upgraded"
		files_same saved
		exits 0 users --set migrations.unversioned=adopt -v
		says "20 upgraded" "adopted from $tool"
		all_right
	done
}

@test "tools: the table itself is left as it was" {
	tools_fleet goose 3
	before=$(sqlite3 "$(db u2)" .dump | grep goose_db_version)
	exits 0 users baseline --from auto
	exits 0 users
	same "$before" "$(sqlite3 "$(db u2)" .dump | grep goose_db_version)"
}

@test "tools: a mixed fleet, each by its own table; the others are named" {
	tools_fleet dbmate 4
	leave d1 "$(db u3)" 0
	sqlite3 "$(db u4)" 'DROP TABLE schema_migrations'
	for tool in sqlx golang-migrate; do
		{
			sql_of 1
			sql_of 2
		} | sqlite3 "$(db "$tool")"
		leave "$tool" "$(db "$tool")" 2
	done
	: >"$(db empty)"
	sqlite3 "$(db new)" 'PRAGMA application_id = 1'
	exits 1 users baseline --from auto
	says "4 recorded" "2 failed" "2 skipped" \
		"user u3" "the tables of two migration tools" \
		"user u4" "of no migration tool that is known"
	same none "$(version_of "$(db u3)")"
	same 0002 "$(version_of "$(db sqlx)")"
	exits 0 users baseline --from dbmate u3
	exits 0 users baseline --to 0002 u4
	# Who has a ledger is left as he is.
	exits 0 users baseline --from auto u1 u2 u4
	says "3 current" "nothing to record"
}

@test "tools: what one of them calls dirty is left alone" {
	tools_fleet golang-migrate 4
	sqlite3 "$(db u2)" 'UPDATE schema_migrations SET dirty = 1'
	save_fleet saved
	exits 1 users baseline --from golang-migrate
	says "3 recorded" "1 failed" "user u2" \
		"its schema_migrations says that 3 is dirty" "left untouched"
	files_same saved u2_longterm.db
	exits 1 users --set migrations.unversioned=adopt
	says "3 upgraded" "1 failed" "is dirty"
	files_same saved u2_longterm.db
}

@test "tools: a version of theirs that the migrations do not have" {
	tools_fleet d1 3
	sqlite3 "$(db u1)" "INSERT INTO d1_migrations (name) VALUES
		('0014_x.sql')"
	sqlite3 "$(db u2)" "DELETE FROM d1_migrations WHERE name LIKE '0002%'"
	exits 1 users baseline --from d1
	says "1 recorded" "has 0014_x.sql, and the migrations do not" \
		"its d1_migrations has 0003 and not 0002"
	same none "$(version_of "$(db u1)")"
	same none "$(version_of "$(db u2)")"
}

@test "tools: it can be taken back" {
	tools_fleet dbmate 2
	save_fleet saved
	exits 0 users baseline --from dbmate
	exits 0 users restore u1
	same none "$(version_of "$(db u1)")"
	rows_kept saved u1_longterm.db
	exits 0 users baseline --from dbmate
	exits 0 users baseline --forget
	same none "$(version_of "$(db u2)")"
	rows_kept saved
}

@test "tools: --from takes the place of --to and --forget" {
	tools_fleet dbmate 1
	exits 64 users baseline --from dbmate --to 0001
	exits 64 users baseline --from dbmate --forget
	exits 64 users baseline --from liquibase
	says "no tool of that name is known" "golang-migrate"
	exits 64 users upgrade --from dbmate
	exits 64 users --set migrations.unversioned=adopted
	[ ! -e fleet/.fleet-upgrade ]
}

@test "tools: migrations.ledger keeps their table current" {
	for tool in dbmate golang-migrate goose; do
		rm -rf fleet migrations
		tools_fleet "$tool" 3
		sqlite3 "$(db new)" 'PRAGMA application_id = 1'
		exits 0 users --set migrations.ledger="$tool" \
			--set migrations.unversioned=adopt
		says "4 upgraded"
		for user in u1 u2 u3 new; do
			case $tool in
			dbmate)
				same "0001 0002 0003 0004" "$(ask $user "SELECT
					group_concat(version, ' ') FROM
					schema_migrations" | tr '|' ' ')"
				;;
			golang-migrate)
				same "4 0" "$(ask $user "SELECT version || ' '
					|| dirty FROM schema_migrations")"
				;;
			goose)
				same "0 1 2 3 4" "$(ask $user "SELECT
					group_concat(version_id, ' ') FROM
					goose_db_version WHERE is_applied")"
				;;
			esac
		done
		exits 0 users --set migrations.ledger="$tool" verify
	done
}

@test "tools: who was run beside us is noticed before a step runs twice" {
	tools_fleet dbmate 2
	exits 0 users baseline --from dbmate
	# Somebody goes on with dbmate in one of them.
	{
		sql_of 3
		echo "INSERT INTO schema_migrations VALUES ('0003');"
	} | sqlite3 "$(db u1)"
	exits 1 users --set migrations.ledger=dbmate
	says "1 upgraded" "1 failed" "user u1" \
		"dbmate was run here since" "baseline --forget"
	exits 1 users --set migrations.ledger=dbmate verify u1
	has "dbmate was run here since"
	exits 0 users baseline --forget u1
	exits 0 users baseline --from dbmate u1
	exits 0 users --set migrations.ledger=dbmate
	all_right
}

@test "tools: a table in the way of migrations.ledger is named" {
	tools_fleet dbmate 2
	exits 0 users baseline --from dbmate
	sqlite3 "$(db u1)" 'DROP TABLE schema_migrations; CREATE VIEW
		schema_migrations AS SELECT 1 AS version'
	exits 1 users --set migrations.ledger=dbmate
	says "1 upgraded" "1 failed" "a view named schema_migrations"
	exits 64 users --set migrations.ledger=flyway
	has "write own, or one of"
	exits 78 users --set migrations.ledger=sqlx
	has "writes down the name of a file for each migration"
}

# What each tool writes down of all four, by its own table.
kept_by()
{
	case $1 in
	d1) ask "$2" "SELECT group_concat(name, ' ') FROM d1_migrations" ;;
	dbmate) ask "$2" "SELECT group_concat(version, ' ') FROM
		schema_migrations" ;;
	diesel) ask "$2" "SELECT group_concat(version, ' ') FROM
		__diesel_schema_migrations" ;;
	golang-migrate) ask "$2" "SELECT version || ' ' || dirty FROM
		schema_migrations" ;;
	goose) ask "$2" "SELECT group_concat(version_id, ' ') FROM
		goose_db_version WHERE is_applied" ;;
	sqlx) ask "$2" "SELECT group_concat(version || description || success,
		' ') FROM _sqlx_migrations" ;;
	esac
}

@test "tools: with the tool's own files, and its table kept current" {
	local newest

	for tool in d1 dbmate diesel golang-migrate goose sqlx; do
		rm -rf fleet migrations
		tools_fleet "$tool" 3
		make_files "$tool"
		sqlite3 "$(db new)" 'PRAGMA application_id = 1'
		exits 0 users --set migrations.ledger="$tool" baseline \
			--from "$tool" u1
		exits 0 users --set migrations.ledger="$tool" \
			--set migrations.unversioned=adopt
		says "4 upgraded"
		newest=0004
		[ "$tool" != diesel ] || newest=20240104120000
		all_right "$newest"
		for user in u1 u2 new; do
			case $tool in
			d1) kept="0001_step.sql 0002_step.sql 0003_step.sql"
				kept="$kept 0004_step.sql" ;;
			dbmate) kept="0001 0002 0003 0004" ;;
			diesel) kept="20240101120000 20240102120000"
				kept="$kept 20240103120000 20240104120000" ;;
			golang-migrate) kept="4 0" ;;
			goose) kept="0 1 2 3 4" ;;
			sqlx) kept="1step1 2step1 3step1 4step1" ;;
			esac
			same "$kept" "$(kept_by "$tool" $user)"
		done
		exits 0 users --set migrations.ledger="$tool" verify
	done
}

@test "tools: sqlx finds the sum of each file as it would have written it" {
	tools_fleet sqlx 1
	make_files sqlx
	printf '\r\n-- and a word at the end \303\251' \
		>>migrations/0004_step.sql
	sqlite3 "$(db new)" 'PRAGMA application_id = 1'
	exits 0 users --set migrations.ledger=sqlx --set \
		migrations.unversioned=adopt
	for i in 1 2 3 4; do
		same "$(sha384sum <"migrations/000${i}_step.sql" |
			cut -d ' ' -f 1)" "$(ask new "SELECT lower(hex(
			checksum)) FROM _sqlx_migrations WHERE version = $i")"
	done
}

@test "tools: Prisma's folders" {
	tools_fleet prisma 3
	make_files prisma
	sqlite3 "$(db u2)" "INSERT INTO _prisma_migrations (id, checksum,
		migration_name) VALUES ('9', 'x', '0004_step')"
	exits 1 users baseline --from prisma
	says "2 recorded" "1 failed" "0004_step failed, or is not finished"
	sqlite3 "$(db u2)" "UPDATE _prisma_migrations SET rolled_back_at = 1
		WHERE id = '9'"
	exits 0 users --set migrations.unversioned=adopt
	says "3 upgraded"
	all_right
}

@test "tools: what a tool has left out between others is one that comes late" {
	tools_fleet d1 2
	make_files d1
	# In u1 a branch was merged late: it has 0001 and 0003.
	sqlite3 "$(db u1)" "DELETE FROM notes; UPDATE d1_migrations SET name =
		'0003_step.sql' WHERE name = '0002_step.sql'"
	exits 1 users --set migrations.unversioned=adopt --dry-run
	says "u1" "0002_step.sql"
	exits 0 users baseline --from d1
	says "2 recorded"
	same "0001 0003" "$(ask u1 "SELECT group_concat(to_version, ' ') FROM
		fleet_schema_history")"
	exits 1 users
	says "1 upgraded" "1 failed" "lacks the older 0002" "out_of_order"
	exits 0 users --set migrations.out_of_order=allow \
		--set migrations.ledger=d1
	says "1 upgraded"
	same "from the second" "$(ask u1 'SELECT text FROM notes')"
	same "0001_step.sql 0003_step.sql 0002_step.sql 0004_step.sql" \
		"$(ask u1 "SELECT group_concat(name, ' ') FROM (SELECT name FROM
		d1_migrations ORDER BY id)")"
}

@test "tools: what rollback --to takes back goes from the table that is kept" {
	for tool in d1 goose golang-migrate; do
		rm -rf fleet migrations
		tools_fleet "$tool" 2
		make_files "$tool"
		rm -f migrations/*.down.sql migrations/0004*
		[ "$tool" = goose ] || echo '-- rollback:' |
			tee -a migrations/0003* >/dev/null
		[ "$tool" = goose ] && comment='' || comment='-- '
		echo "${comment}DELETE FROM notes WHERE 0;" |
			tee -a migrations/0003* >/dev/null
		exits 0 users --set migrations.unversioned=adopt \
			--set migrations.ledger="$tool"
		exits 0 users --set migrations.ledger="$tool" rollback --to 0002
		for user in u1 u2; do
			case $tool in
			d1) kept="0001_step.sql 0002_step.sql" ;;
			goose) kept="0 1 2" ;;
			golang-migrate) kept="2 0" ;;
			esac
			same "$kept" "$(kept_by "$tool" $user)"
		done
		exits 0 users --set migrations.ledger="$tool" verify
	done
}
