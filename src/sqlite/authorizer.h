/*
 * authorizer: what SQL may do, statement by statement, triggers and views
 * included, and which tables it touched.
 *
 * Runs on: the thread of its connection. Owned by the caller; it has to live as
 * long as it is installed.
 *
 * AUTHORIZE_STEPS, for the statements of migrations. Refused:
 * - ATTACH, DETACH, transaction control and savepoints: the program owns the
 *   transaction;
 * - every PRAGMA but the ones below, so also writable_schema, without which
 *   SQLite itself lets nobody write sqlite_schema;
 * - any write to the ledger, and any table, view, index or trigger of its name
 *   or on it, temporary ones too;
 * - functions that reach outside: load_extension, fts3_tokenizer, readfile,
 *   writefile, edit;
 * - virtual tables other than fts3, fts4, fts5, rtree, rtree_i32 and geopoly.
 * PRAGMAs, done: foreign_key_list, table_info, table_xinfo, table_list,
 * index_list, index_info, index_xinfo, integrity_check, quick_check,
 * data_version (FTS5 needs it), defer_foreign_keys, legacy_alter_table,
 * recursive_triggers, incremental_vacuum, user_version with or without a value;
 * and application_id, schema_version, page_size, page_count, encoding,
 * auto_vacuum and freelist_count without one.
 * PRAGMAs, accepted and turned into nothing: foreign_keys and
 * foreign_key_check, which many generated migrations contain.
 *
 * AUTHORIZE_ALONE, for those of a migration that runs outside a transaction, on
 * a copy: the same, but that it may begin and end transactions of its own, and
 * VACUUM (which attaches an empty database to itself and copies into it).
 *
 * AUTHORIZE_OURS, for the program's own statements, allows all but what reaches
 * outside or attaches; hostile triggers and views then still reach nothing.
 * check_foreign_keys_of() needs it: in the other mode its PRAGMA says nothing.
 *
 * An action that SQLite may get some day and that is not listed here is refused
 * in both modes. Source of the list: every SQLite action code, and which of
 * them were seen to be dangerous inside a transaction (journal_mode=OFF,
 * hard_heap_limit and others work for the whole process).
 */
#ifndef FLEET_SQLITE_AUTHORIZER_H
#define FLEET_SQLITE_AUTHORIZER_H

#include <stdbool.h>
#include <stddef.h>

struct sqlite3;

enum authorize_mode { AUTHORIZE_OURS, AUTHORIZE_STEPS, AUTHORIZE_ALONE };

struct authorizer {
	enum authorize_mode mode; /* may be changed while installed */
	const char *ledger; /* the table steps may not write; borrowed */
	char **touched;	    /* names of tables in main that were written,
			     * created, altered, dropped or indexed in
			     * AUTHORIZE_STEPS, by triggers too; each once,
			     * without regard to case; not SQLite's own; owned.
			     * A table renamed is here by its old name, and so
			     * is a view that was dropped or written. */
	size_t touched_count, touched_capacity;
	bool removes;	    /* a statement of AUTHORIZE_STEPS deletes, updates
			     * or drops in main (ALTER TABLE ... DROP COLUMN
			     * does not show) */
	char denied[160];   /* what was last refused, for people: "ATTACH",
			     * "PRAGMA journal_mode"; "" if nothing was; who
			     * reads it may clear it */
	const char *reason; /* why `denied` was, to stand behind a semicolon, or
			     * NULL; static storage */
};

/* OURS, nothing touched. */
void authorizer_init(struct authorizer *authorizer, const char *ledger);
void authorizer_release(struct authorizer *authorizer);

/* Installs it on the connection. NULL takes the installed one away and leaves
 * the one that every connection is opened with: AUTHORIZE_OURS. */
void authorizer_install(struct sqlite3 *db, struct authorizer *authorizer);

#endif
