#include "sqlite/authorizer.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* The first two arguments of an action, and the database it is about. */
struct request {
	const char *first, *second, *database;
};

struct rule {
	int (*judge)(struct authorizer *authorizer, const struct rule *rule,
		     const struct request *request);
	enum { NO_TABLE, FIRST, SECOND } table; /* which argument names it */
	enum { SPARES, TOUCHES, REMOVES } effect; /* on what is in the table */
};

enum pragma_use { ALWAYS, WITHOUT_VALUE, IGNORED };

static const char owns_transaction[] = "the program owns the transaction";

static const char *const outside_functions[] = {
	"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit",
};

static const char *const modules[] = {
	"fts3", "fts4", "fts5", "rtree", "rtree_i32", "geopoly",
};

static const struct {
	const char *name;
	enum pragma_use use;
} pragmas[] = {
	{ "foreign_key_list", ALWAYS },
	{ "table_info", ALWAYS },
	{ "table_xinfo", ALWAYS },
	{ "table_list", ALWAYS },
	{ "index_list", ALWAYS },
	{ "index_info", ALWAYS },
	{ "index_xinfo", ALWAYS },
	{ "integrity_check", ALWAYS },
	{ "quick_check", ALWAYS },
	{ "data_version", ALWAYS },
	{ "defer_foreign_keys", ALWAYS },
	{ "legacy_alter_table", ALWAYS },
	{ "recursive_triggers", ALWAYS },
	{ "incremental_vacuum", ALWAYS },
	{ "user_version", ALWAYS },
	{ "application_id", WITHOUT_VALUE },
	{ "schema_version", WITHOUT_VALUE },
	{ "page_size", WITHOUT_VALUE },
	{ "page_count", WITHOUT_VALUE },
	{ "encoding", WITHOUT_VALUE },
	{ "auto_vacuum", WITHOUT_VALUE },
	{ "freelist_count", WITHOUT_VALUE },
	{ "foreign_keys", IGNORED },
	{ "foreign_key_check", IGNORED },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool is_in(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (sqlite3_stricmp(list[i], name) == 0)
			return true;
	return false;
}

__attribute__((format(printf, 3, 4))) static int
deny(struct authorizer *authorizer, const char *reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(authorizer->denied, sizeof(authorizer->denied), fmt, args);
	va_end(args);
	authorizer->reason = reason;
	return SQLITE_DENY;
}

static bool is_sqlites(const char *table)
{
	return sqlite3_strnicmp(table, "sqlite_", strlen("sqlite_")) == 0;
}

static void remember(struct authorizer *authorizer, const char *table)
{
	if (is_sqlites(table) ||
	    is_in((const char *const *)authorizer->touched,
		  authorizer->touched_count, table))
		return;
	authorizer->touched = array_grow(
		authorizer->touched, authorizer->touched_count,
		&authorizer->touched_capacity, sizeof(*authorizer->touched));
	authorizer->touched[authorizer->touched_count++] = xstrdup(table);
}

static int allow(struct authorizer *authorizer, const struct rule *rule,
		 const struct request *request)
{
	(void)authorizer, (void)rule, (void)request;
	return SQLITE_OK;
}

/* What VACUUM copies into: vacuum_db, in later SQLites vacuum_ and digits. */
static bool is_vacuum(const struct authorizer *authorizer, const char *database)
{
	return authorizer->mode == AUTHORIZE_ALONE && database &&
	       sqlite3_strnicmp(database, "vacuum_", strlen("vacuum_")) == 0;
}

static int judge_table(struct authorizer *authorizer, const struct rule *rule,
		       const struct request *request)
{
	const char *table =
		rule->table == FIRST ? request->first : request->second;

	if (authorizer->mode == AUTHORIZE_OURS || !table)
		return SQLITE_OK;
	if (is_vacuum(authorizer, request->database))
		return SQLITE_OK;
	if (sqlite3_stricmp(table, authorizer->ledger) == 0)
		return deny(authorizer, "it is the program's own record",
			    "changing %s", authorizer->ledger);
	if (rule->effect == SPARES || !request->database ||
	    sqlite3_stricmp(request->database, "main") != 0)
		return SQLITE_OK;
	remember(authorizer, table);
	/* SQLite's own rows change whenever anything does. */
	if (rule->effect == REMOVES && !is_sqlites(table))
		authorizer->removes = true;
	return SQLITE_OK;
}

/* The one action that has its database first. */
static int judge_alter(struct authorizer *authorizer, const struct rule *rule,
		       const struct request *request)
{
	struct request table = { .second = request->second,
				 .database = request->first };

	return judge_table(authorizer, rule, &table);
}

static int judge_module(struct authorizer *authorizer, const struct rule *rule,
			const struct request *request)
{
	if (!is_in(modules, COUNT(modules), request->second))
		return deny(authorizer, NULL, "a virtual table of module %s",
			    request->second);
	return judge_table(authorizer, rule, request);
}

static int judge_transaction(struct authorizer *authorizer,
			     const struct rule *rule,
			     const struct request *request)
{
	(void)rule;
	if (authorizer->mode != AUTHORIZE_STEPS)
		return SQLITE_OK;
	return deny(authorizer, owns_transaction, "%s", request->first);
}

static int judge_savepoint(struct authorizer *authorizer,
			   const struct rule *rule,
			   const struct request *request)
{
	const char *verb = request->first;

	(void)rule;
	if (authorizer->mode != AUTHORIZE_STEPS)
		return SQLITE_OK;
	return deny(authorizer, owns_transaction, "%s",
		    strcmp(verb, "BEGIN") == 0      ? "SAVEPOINT"
		    : strcmp(verb, "ROLLBACK") == 0 ? "ROLLBACK TO"
						    : verb);
}

static int judge_attach(struct authorizer *authorizer, const struct rule *rule,
			const struct request *request)
{
	(void)rule;
	/* VACUUM; whoever else wants an empty database may have it. */
	if (authorizer->mode != AUTHORIZE_STEPS && request->first &&
	    request->first[0] == '\0')
		return SQLITE_OK;
	return deny(authorizer, "a step sees one database", "ATTACH");
}

static int judge_detach(struct authorizer *authorizer, const struct rule *rule,
			const struct request *request)
{
	(void)rule, (void)request;
	return deny(authorizer, "a step sees one database", "DETACH");
}

static int judge_function(struct authorizer *authorizer,
			  const struct rule *rule,
			  const struct request *request)
{
	(void)rule;
	if (!is_in(outside_functions, COUNT(outside_functions),
		   request->second))
		return SQLITE_OK;
	return deny(authorizer, NULL, "function %s()", request->second);
}

static int judge_pragma(struct authorizer *authorizer, const struct rule *rule,
			const struct request *request)
{
	(void)rule;
	if (authorizer->mode == AUTHORIZE_OURS)
		return SQLITE_OK;
	for (size_t i = 0; i < COUNT(pragmas); i++) {
		if (sqlite3_stricmp(pragmas[i].name, request->first) != 0)
			continue;
		if (pragmas[i].use == IGNORED)
			return SQLITE_IGNORE;
		if (pragmas[i].use == ALWAYS || !request->second)
			return SQLITE_OK;
		return deny(authorizer, NULL, "PRAGMA %s with a value",
			    request->first);
	}
	return deny(authorizer, NULL, "PRAGMA %s", request->first);
}

static const struct rule rules[] = {
	[SQLITE_SELECT] = { allow, NO_TABLE, SPARES },
	[SQLITE_READ] = { allow, NO_TABLE, SPARES },
	[SQLITE_RECURSIVE] = { allow, NO_TABLE, SPARES },
	[SQLITE_ANALYZE] = { allow, NO_TABLE, SPARES },
	[SQLITE_REINDEX] = { allow, NO_TABLE, SPARES },
	[SQLITE_INSERT] = { judge_table, FIRST, TOUCHES },
	[SQLITE_UPDATE] = { judge_table, FIRST, REMOVES },
	[SQLITE_DELETE] = { judge_table, FIRST, REMOVES },
	[SQLITE_CREATE_TABLE] = { judge_table, FIRST, TOUCHES },
	[SQLITE_CREATE_TEMP_TABLE] = { judge_table, FIRST, SPARES },
	[SQLITE_CREATE_VTABLE] = { judge_module, FIRST, TOUCHES },
	[SQLITE_CREATE_VIEW] = { judge_table, FIRST, SPARES },
	[SQLITE_CREATE_TEMP_VIEW] = { judge_table, FIRST, SPARES },
	[SQLITE_CREATE_INDEX] = { judge_table, SECOND, TOUCHES },
	[SQLITE_CREATE_TEMP_INDEX] = { judge_table, SECOND, SPARES },
	[SQLITE_CREATE_TRIGGER] = { judge_table, SECOND, SPARES },
	[SQLITE_CREATE_TEMP_TRIGGER] = { judge_table, SECOND, SPARES },
	[SQLITE_ALTER_TABLE] = { judge_alter, SECOND, TOUCHES },
	[SQLITE_DROP_TABLE] = { judge_table, FIRST, REMOVES },
	[SQLITE_DROP_TEMP_TABLE] = { judge_table, FIRST, SPARES },
	[SQLITE_DROP_VTABLE] = { judge_table, FIRST, REMOVES },
	[SQLITE_DROP_VIEW] = { judge_table, FIRST, SPARES },
	[SQLITE_DROP_TEMP_VIEW] = { judge_table, FIRST, SPARES },
	[SQLITE_DROP_INDEX] = { judge_table, SECOND, REMOVES },
	[SQLITE_DROP_TEMP_INDEX] = { judge_table, SECOND, SPARES },
	[SQLITE_DROP_TRIGGER] = { judge_table, SECOND, SPARES },
	[SQLITE_DROP_TEMP_TRIGGER] = { judge_table, SECOND, SPARES },
	[SQLITE_TRANSACTION] = { judge_transaction, NO_TABLE, SPARES },
	[SQLITE_SAVEPOINT] = { judge_savepoint, NO_TABLE, SPARES },
	[SQLITE_ATTACH] = { judge_attach, NO_TABLE, SPARES },
	[SQLITE_DETACH] = { judge_detach, NO_TABLE, SPARES },
	[SQLITE_FUNCTION] = { judge_function, NO_TABLE, SPARES },
	[SQLITE_PRAGMA] = { judge_pragma, NO_TABLE, SPARES },
};

static int judge(void *self, int action, const char *first, const char *second,
		 const char *database, const char *trigger_or_view)
{
	const struct request request = { first, second, database };
	struct authorizer *authorizer = self;
	const struct rule *rule;

	(void)trigger_or_view;
	if (action < 0 || (size_t)action >= COUNT(rules) ||
	    !rules[action].judge)
		return deny(authorizer, NULL, "action %d of SQLite", action);
	rule = &rules[action];
	return rule->judge(authorizer, rule, &request);
}

/* A pointer of the caller's own would have to live as long as the connection,
 * and nobody asks what was refused. */
static int judge_alone(void *unused, int action, const char *first,
		       const char *second, const char *database,
		       const char *trigger_or_view)
{
	struct authorizer alone = { .mode = AUTHORIZE_OURS };

	(void)unused;
	return judge(&alone, action, first, second, database, trigger_or_view);
}

void authorizer_init(struct authorizer *authorizer, const char *ledger)
{
	*authorizer =
		(struct authorizer){ .mode = AUTHORIZE_OURS, .ledger = ledger };
}

void authorizer_release(struct authorizer *authorizer)
{
	for (size_t i = 0; i < authorizer->touched_count; i++)
		free(authorizer->touched[i]);
	free(authorizer->touched);
	authorizer->touched = NULL;
	authorizer->touched_count = 0;
	authorizer->touched_capacity = 0;
}

void authorizer_install(struct sqlite3 *db, struct authorizer *authorizer)
{
	sqlite3_set_authorizer(db, authorizer ? judge : judge_alone,
			       authorizer);
}
