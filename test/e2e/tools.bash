# What other migration tools leave in the databases of a fleet, and in its
# migrations. For tools.bats and tools-kept.bats, behind lib.
# shellcheck shell=bash

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
