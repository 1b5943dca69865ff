#include "database/tracker.h"

/* What most of them ask: every row is one step. */
#define EACH(column, table) "SELECT " column ", 0 FROM main." table

/* The newest row about each version decides. */
#define NEWEST(columns, order, table)                                   \
	"(SELECT " columns ", max(" order ") FROM main." table " GROUP " \
	"BY 1)"

#define SECOND_ROW(column, table, words)                                \
	"SELECT " column ", '" words "' FROM (SELECT " column " FROM main." \
	table " LIMIT 1 OFFSET 1)"

/* Of one table, the row that asks for more stands before the one that takes
 * what is left. */
const struct tracker trackers[] = {
	{
		.name = "rails",
		.table = "schema_migrations",
		.columns = { "version" },
		.has_no_others = true,
		.beside = "ar_internal_metadata",
		.applied = EACH("version", "schema_migrations"),
	},
	{
		.name = "golang-migrate",
		.table = "schema_migrations",
		.columns = { "version", "dirty" },
		.has_no_others = true,
		/* -1 is its word for "none". */
		.applied = "SELECT version, 1 FROM main.schema_migrations "
			   "WHERE version IS NOT -1",
		.trouble = "SELECT version, 'is dirty' FROM "
			   "main.schema_migrations WHERE dirty IS NOT 0 "
			   "UNION ALL " SECOND_ROW("version",
						   "schema_migrations",
						   "is a second row, where "
						   "there should be one"),
		.create = "CREATE TABLE schema_migrations (version uint64,"
			  "dirty bool); CREATE UNIQUE INDEX version_unique ON "
			  "schema_migrations (version)",
		.clear = "DELETE FROM main.schema_migrations",
		.record = "INSERT INTO main.schema_migrations (version, dirty)"
			  " VALUES (CAST(?1 AS INTEGER), 0)",
		.records_integers = true,
	},
	{
		.name = "dbmate",
		.table = "schema_migrations",
		.columns = { "version" },
		.has_no_others = true,
		.applied = EACH("version", "schema_migrations"),
		.create = "CREATE TABLE \"schema_migrations\" (version "
			  "varchar(128) primary key)",
		.record = "INSERT INTO main.schema_migrations (version) VALUES "
			  "(?1)",
		.remove = "DELETE FROM main.schema_migrations WHERE version = "
			  "?1",
	},
	{
		.name = "goose",
		.table = "goose_db_version",
		.columns = { "id", "version_id", "is_applied" },
		/* Version 0 is there from the beginning, and is no step. */
		.applied = "SELECT version_id, 0 FROM " NEWEST(
				   "version_id, is_applied", "id",
				   "goose_db_version") " WHERE is_applied IS "
						       "1 AND version_id IS "
						       "NOT 0",
		.trouble = "SELECT version_id, 'is neither applied nor taken "
			   "back' FROM main.goose_db_version WHERE is_applied "
			   "IS NOT 0 AND is_applied IS NOT 1",
		.create = "CREATE TABLE goose_db_version (id INTEGER PRIMARY "
			  "KEY AUTOINCREMENT, version_id INTEGER NOT NULL, "
			  "is_applied INTEGER NOT NULL, tstamp TIMESTAMP "
			  "DEFAULT (datetime('now'))); INSERT INTO "
			  "goose_db_version (version_id, is_applied) VALUES "
			  "(0, 1)",
		.record = "INSERT INTO main.goose_db_version (version_id, "
			  "is_applied) VALUES (CAST(?1 AS INTEGER), 1)",
		.remove = "DELETE FROM main.goose_db_version WHERE version_id "
			  "= CAST(?1 AS INTEGER)",
		.records_integers = true,
	},
	{
		.name = "sqlx",
		.table = "_sqlx_migrations",
		.columns = { "version", "success", "checksum" },
		.applied = EACH("version", "_sqlx_migrations"),
		.trouble = "SELECT version, 'failed (success is not 1)' FROM "
			   "main._sqlx_migrations WHERE success IS NOT 1",
		.create = "CREATE TABLE _sqlx_migrations (version BIGINT "
			  "PRIMARY KEY, description TEXT NOT NULL, "
			  "installed_on TIMESTAMP NOT NULL DEFAULT "
			  "CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, "
			  "checksum BLOB NOT NULL, execution_time BIGINT NOT "
			  "NULL)",
		/* -1: not measured. */
		.record = "INSERT INTO main._sqlx_migrations (version, "
			  "description, success, checksum, execution_time) "
			  "VALUES (CAST(?1 AS INTEGER), ?3, 1, ?4, -1)",
		.remove = "DELETE FROM main._sqlx_migrations WHERE version = "
			  "CAST(?1 AS INTEGER)",
		.records_integers = true,
		.records_files = true,
		.records_sums = true,
	},
	{
		.name = "diesel",
		.table = "__diesel_schema_migrations",
		.columns = { "version", "run_on" },
		.applied = EACH("version", "__diesel_schema_migrations"),
		.create = "CREATE TABLE __diesel_schema_migrations (version "
			  "VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP "
			  "NOT NULL DEFAULT CURRENT_TIMESTAMP)",
		.record = "INSERT INTO main.__diesel_schema_migrations "
			  "(version) VALUES (?1)",
		.remove = "DELETE FROM main.__diesel_schema_migrations WHERE "
			  "version = ?1",
	},
	{
		.name = "prisma",
		.table = "_prisma_migrations",
		.columns = { "migration_name", "finished_at",
			     "rolled_back_at" },
		.match = TRACKER_BY_FILE,
		.applied = "SELECT migration_name, 0 FROM "
			   "main._prisma_migrations WHERE finished_at IS NOT "
			   "NULL AND rolled_back_at IS NULL",
		.trouble = "SELECT migration_name, 'failed, or is not "
			   "finished' FROM main._prisma_migrations WHERE "
			   "finished_at IS NULL AND rolled_back_at IS NULL",
		.passed = "SELECT count(*) FROM main._prisma_migrations WHERE "
			  "rolled_back_at IS NOT NULL",
		.passed_words = "rolled back",
	},
	{
		.name = "d1",
		.table = "d1_migrations",
		.columns = { "name", "applied_at" },
		.match = TRACKER_BY_FILE,
		.applied = EACH("name", "d1_migrations"),
		.create = "CREATE TABLE d1_migrations(id INTEGER PRIMARY KEY "
			  "AUTOINCREMENT, name TEXT UNIQUE, applied_at "
			  "TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
		.record = "INSERT INTO main.d1_migrations (name) VALUES (?2)",
		.remove = "DELETE FROM main.d1_migrations WHERE name = ?2",
		.records_files = true,
	},
	{
		.name = "flyway",
		.table = "flyway_schema_history",
		.columns = { "installed_rank", "version", "type", "script",
			     "success" },
		/* A version may be undone, or deleted by a repair. */
		.applied = "SELECT version, CASE WHEN type LIKE '%BASELINE%' "
			   "THEN 2 ELSE 0 END FROM " NEWEST(
				   "version, type", "installed_rank",
				   "flyway_schema_history") " WHERE version "
							    "IS NOT NULL AND "
							    "type NOT LIKE "
							    "'UNDO%' AND type "
							    "<> 'DELETE'",
		.trouble = "SELECT coalesce(version, script), 'failed (success "
			   "is not 1)' FROM main.flyway_schema_history WHERE "
			   "success IS NOT 1",
		.passed = "SELECT count(*) FROM main.flyway_schema_history "
			  "WHERE version IS NULL",
		.passed_words = "repeatable",
	},
	{
		.name = "atlas",
		.table = "atlas_schema_revisions",
		.columns = { "version", "type", "applied", "total", "error" },
		/* What begins with a dot is Atlas' own. Of `type` bit 1 is a
		 * baseline, bit 4 what somebody has declared to be right. */
		.applied = "SELECT version, CASE WHEN type & 1 THEN 2 ELSE 0 "
			   "END FROM main.atlas_schema_revisions WHERE "
			   "version NOT LIKE '.%'",
		.trouble = "SELECT version, 'is applied in part, or failed' "
			   "FROM main.atlas_schema_revisions WHERE (type & 4 "
			   "OR (applied >= total AND coalesce(error, '') = "
			   "'')) IS NOT 1 AND version NOT LIKE '.%'",
	},
	{
		.name = "alembic",
		.table = "alembic_version",
		.columns = { "version_num" },
		.has_no_others = true,
		.match = TRACKER_BY_WORD,
		.applied = "SELECT version_num, 1 FROM main.alembic_version",
		.trouble = SECOND_ROW("version_num", "alembic_version",
				      "is a second head"),
	},
	{
		.name = "sqlite-migrate",
		.table = "_sqlite_migrations",
		.columns = { "migration_set", "name", "applied_at" },
		.match = TRACKER_BY_NAME,
		.applied = EACH("name", "_sqlite_migrations"),
		.trouble = "SELECT name, 'is of a second migration set' FROM "
			   "main._sqlite_migrations WHERE migration_set IS NOT "
			   "(SELECT min(migration_set) FROM "
			   "main._sqlite_migrations)",
	},
	{
		.name = "user_version",
		.applied = "SELECT user_version, 1 FROM pragma_user_version "
			   "WHERE user_version <> 0",
	},
};

const size_t tracker_count = sizeof(trackers) / sizeof(trackers[0]);
