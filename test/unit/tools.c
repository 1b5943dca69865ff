#include "tools.h"

#define FLYWAY(rank, version, type, script, success)                         \
	"INSERT INTO flyway_schema_history VALUES (" rank ", " version       \
	", 'words', '" type "', '" script "', 1234, 'me', '2024-01-01 "      \
	"10:00:00', 5, " success ");"
#define ATLAS(version, type, applied, total, error)                          \
	"INSERT INTO atlas_schema_revisions VALUES ('" version "', 'words', " \
	type ", " applied ", " total ", '2024-01-01', 1000, " error           \
	", '', 'h1:abc=', 'null', 'Atlas CLI v0.18.0');"
#define PRISMA(id, name, finished, rolled_back)                            \
	"INSERT INTO _prisma_migrations VALUES ('" id "', 'abc', " finished \
	", '" name "', NULL, " rolled_back ", 1700000000000, 1);"
#define GOOSE(version, applied)                                          \
	"INSERT INTO goose_db_version (version_id, is_applied) VALUES (" \
	version ", " applied ");"
#define SQLX(version, success)                                                \
	"INSERT INTO _sqlx_migrations (version, description, success, "       \
	"checksum, execution_time) VALUES (" version ", 'words', " success    \
	", x'00', 100);"
#define SETS(set, name)                                                     \
	"INSERT INTO _sqlite_migrations (migration_set, name, applied_at) " \
	"VALUES ('" set "', '" name "', '2024-01-01');"

const struct tool tools[] = {
	{
		.name = "dbmate",
		.create = "CREATE TABLE IF NOT EXISTS \"schema_migrations\" "
			  "(version varchar(128) primary key)",
		.applied = "INSERT INTO \"schema_migrations\" (version) VALUES "
			   "('1'), ('2'), ('3')",
		.says = "1 2 3",
	},
	{
		.name = "golang-migrate",
		.create = "CREATE TABLE IF NOT EXISTS schema_migrations "
			  "(version uint64,dirty bool); CREATE UNIQUE INDEX IF "
			  "NOT EXISTS version_unique ON schema_migrations "
			  "(version)",
		.applied = "INSERT INTO schema_migrations (version, dirty) "
			   "VALUES (3, false)",
		.says = "<=3",
		.wrong = {
			{ "UPDATE schema_migrations SET dirty = true",
			  "its schema_migrations says that 3 is dirty" },
			{ "UPDATE schema_migrations SET dirty = 'false'",
			  "3 is dirty" },
			{ "INSERT INTO schema_migrations VALUES (4, 0)",
			  "4 is a second row" },
		},
	},
	{
		.name = "goose",
		.create = "CREATE TABLE goose_db_version (id INTEGER PRIMARY "
			  "KEY AUTOINCREMENT, version_id INTEGER NOT NULL, "
			  "is_applied INTEGER NOT NULL, tstamp TIMESTAMP "
			  "DEFAULT (datetime('now')));" GOOSE("0", "1"),
		/* 2 was taken back and applied anew, 4 taken back. */
		.applied = GOOSE("1", "1") GOOSE("2", "1") GOOSE("2", "0")
			GOOSE("3", "1") GOOSE("2", "1") GOOSE("4", "1")
				GOOSE("4", "0"),
		.says = "1 2 3",
		.wrong = {
			{ GOOSE("5", "7"), "5 is neither applied nor taken "
					   "back" },
			{ GOOSE("5", "'yes'"), "set it right with goose" },
		},
	},
	{
		.name = "sqlx",
		.create = "CREATE TABLE IF NOT EXISTS _sqlx_migrations ("
			  "version BIGINT PRIMARY KEY, description TEXT NOT "
			  "NULL, installed_on TIMESTAMP NOT NULL DEFAULT "
			  "CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, "
			  "checksum BLOB NOT NULL, execution_time BIGINT NOT "
			  "NULL)",
		.applied = SQLX("1", "TRUE") SQLX("2", "TRUE")
			SQLX("3", "TRUE"),
		.says = "1 2 3",
		.wrong = {
			{ SQLX("4", "FALSE"),
			  "its _sqlx_migrations says that 4 failed" },
		},
	},
	{
		.name = "diesel",
		.create = "CREATE TABLE IF NOT EXISTS "
			  "__diesel_schema_migrations (version VARCHAR(50) "
			  "PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL "
			  "DEFAULT CURRENT_TIMESTAMP)",
		.applied = "INSERT INTO __diesel_schema_migrations (version) "
			   "VALUES ('1'), ('2'), ('3')",
		.says = "1 2 3",
	},
	{
		.name = "prisma",
		.create = "CREATE TABLE IF NOT EXISTS \"_prisma_migrations\" ("
			  "\"id\" TEXT PRIMARY KEY NOT NULL, \"checksum\" TEXT "
			  "NOT NULL, \"finished_at\" DATETIME, "
			  "\"migration_name\" TEXT NOT NULL, \"logs\" TEXT, "
			  "\"rolled_back_at\" DATETIME, \"started_at\" DATETIME"
			  " NOT NULL DEFAULT current_timestamp, "
			  "\"applied_steps_count\" INTEGER UNSIGNED NOT NULL "
			  "DEFAULT 0)",
		/* The third was tried, declared rolled back, tried again. */
		.applied = PRISMA("a", "1_init", "1700000000001", "NULL")
			PRISMA("b", "2_mail", "1700000000002", "NULL")
				PRISMA("c", "3_tags", "NULL", "1700000000003")
					PRISMA("d", "3_tags", "1700000000004",
					       "NULL"),
		.says = "1_init 2_mail 3_tags",
		.passed = 1,
		.wrong = {
			{ PRISMA("e", "4_more", "NULL", "NULL"),
			  "says that 4_more failed, or is not finished" },
		},
	},
	{
		.name = "d1",
		.create = "CREATE TABLE IF NOT EXISTS d1_migrations(id INTEGER "
			  "PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, "
			  "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT "
			  "NULL)",
		.applied = "INSERT INTO d1_migrations (name) VALUES "
			   "('1_init.sql'), ('2_mail.sql'), ('3_tags.sql')",
		.says = "1_init.sql 2_mail.sql 3_tags.sql",
	},
	{
		.name = "flyway",
		.create = "CREATE TABLE \"flyway_schema_history\" ("
			  "\"installed_rank\" INT NOT NULL PRIMARY KEY,"
			  "\"version\" VARCHAR(50),\"description\" VARCHAR(200)"
			  " NOT NULL,\"type\" VARCHAR(20) NOT NULL,\"script\" "
			  "VARCHAR(1000) NOT NULL,\"checksum\" INT,"
			  "\"installed_by\" VARCHAR(100) NOT NULL,"
			  "\"installed_on\" TEXT NOT NULL DEFAULT (strftime("
			  "'%Y-%m-%d %H:%M:%f','now')),\"execution_time\" INT "
			  "NOT NULL,\"success\" BOOLEAN NOT NULL); CREATE INDEX"
			  " \"flyway_schema_history_s_idx\" ON "
			  "\"flyway_schema_history\" (\"success\")",
		/* 4 was undone, 5 was deleted by a repair. */
		.applied = FLYWAY("1", "'1'", "BASELINE", "<< Flyway Baseline "
							  ">>", "1")
			FLYWAY("2", "'2'", "SQL", "V2__mail.sql", "1")
			FLYWAY("3", "'3'", "SQL", "V3__tags.sql", "1")
			FLYWAY("4", "NULL", "SQL", "R__views.sql", "1")
			FLYWAY("5", "'4'", "SQL", "V4__more.sql", "1")
			FLYWAY("6", "'4'", "UNDO_SQL", "U4__more.sql", "1")
			FLYWAY("7", "'5'", "SQL", "V5__less.sql", "1")
			FLYWAY("8", "'5'", "DELETE", "V5__less.sql", "1"),
		.says = "base<=1 2 3",
		.passed = 1,
		.wrong = {
			{ FLYWAY("9", "'6'", "SQL", "V6__bad.sql", "0"),
			  "its flyway_schema_history says that 6 failed" },
			{ FLYWAY("9", "NULL", "SQL", "R__bad.sql", "0"),
			  "R__bad.sql failed" },
		},
	},
	{
		.name = "atlas",
		.create = "CREATE TABLE `atlas_schema_revisions` (`version` "
			  "text NOT NULL, `description` text NOT NULL, `type` "
			  "integer NOT NULL DEFAULT (2), `applied` integer NOT "
			  "NULL DEFAULT (0), `total` integer NOT NULL DEFAULT "
			  "(0), `executed_at` datetime NOT NULL, "
			  "`execution_time` integer NOT NULL, `error` text "
			  "NULL, `error_stmt` text NULL, `hash` text NOT NULL, "
			  "`partial_hashes` json NULL, `operator_version` text "
			  "NOT NULL, PRIMARY KEY (`version`))",
		/* The third stopped half way, and was declared to be right. */
		.applied = ATLAS(".atlas_cloud_identifier", "2", "0", "0",
				 "''")
			ATLAS("1", "1", "0", "0", "NULL")
			ATLAS("2", "2", "3", "3", "''")
			ATLAS("3", "6", "1", "2", "'no such table: t'"),
		.says = "base<=1 2 3",
		.wrong = {
			{ ATLAS("4", "2", "1", "2", "NULL"),
			  "says that 4 is applied in part, or failed" },
			{ ATLAS("4", "2", "2", "2", "'no such table'"),
			  "4 is applied in part, or failed" },
		},
	},
	{
		.name = "alembic",
		.create = "CREATE TABLE alembic_version (version_num VARCHAR("
			  "32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY"
			  " KEY (version_num))",
		.applied = "INSERT INTO alembic_version (version_num) VALUES "
			   "('1975ea83b712')",
		.says = "<=1975ea83b712",
		.wrong = {
			{ "INSERT INTO alembic_version VALUES "
			  "('ae1027a6acf')",
			  "is a second head" },
		},
	},
	{
		.name = "rails",
		.create = "CREATE TABLE \"schema_migrations\" (\"version\" "
			  "varchar NOT NULL PRIMARY KEY); CREATE TABLE "
			  "\"ar_internal_metadata\" (\"key\" varchar NOT NULL "
			  "PRIMARY KEY, \"value\" varchar, \"created_at\" "
			  "datetime(6) NOT NULL, \"updated_at\" datetime(6) NOT"
			  " NULL); INSERT INTO ar_internal_metadata VALUES ("
			  "'environment', 'production', '2024', '2024')",
		.applied = "INSERT INTO schema_migrations (version) VALUES "
			   "('1'), ('2'), ('3')",
		.says = "1 2 3",
	},
	{
		.name = "sqlite-migrate",
		.create = "CREATE TABLE [_sqlite_migrations] ([id] INTEGER "
			  "PRIMARY KEY, [migration_set] TEXT, [name] TEXT, "
			  "[applied_at] TEXT); CREATE UNIQUE INDEX "
			  "idx__sqlite_migrations_migration_set_name ON "
			  "_sqlite_migrations (migration_set, name)",
		.applied = SETS("main", "init") SETS("main", "mail")
			SETS("main", "tags"),
		.says = "init mail tags",
		.wrong = {
			{ SETS("other", "init"),
			  "says that init is of a second migration set" },
		},
	},
	{
		.name = "user_version",
		.create = "PRAGMA user_version = 0",
		.applied = "PRAGMA user_version = 3",
		.says = "<=3",
	},
};

const size_t tool_count = sizeof(tools) / sizeof(tools[0]);
