#include "replay/rules.h"

#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "migration/sql.h"
#include "sqlite/token.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Statements that are no work on the schema or on rows: asked one by one
 * whether they are allowed, so that each is named and not only the first. */
static const char *const control_words[] = {
	"BEGIN",   "COMMIT", "END",    "ROLLBACK", "SAVEPOINT",
	"RELEASE", "VACUUM", "ATTACH", "DETACH",   "PRAGMA",
};

static const char *const ignored_pragmas[] = { "foreign_keys",
					       "foreign_key_check" };

/* Behind such a word stands a name, whatever its quotes. */
static const char *const name_words[] = {
	"AS",   "TABLE", "INDEX", "TRIGGER", "VIEW",       "COLUMN",
	"TO",   "INTO",  "FROM",  "JOIN",    "UPDATE",     "REFERENCES",
	"WITH", "ON",    "OF",    "EXISTS",  "CONSTRAINT", "COLLATE",
};

/* One statement on its own, with where it stands. */
struct statement {
	const struct step *step;
	size_t offset; /* in step->sql */
	char *sql;     /* a copy of it alone */
	int line;      /* in the step's file */
	enum severity destructive; /* of what takes data away */
};

static bool is_one_of(const struct token *token, const char *const *words,
		      size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (token_is(token, words[i]))
			return true;
	}
	return false;
}

#define IS_ONE_OF(token, words) is_one_of(token, words, COUNT(words))

/* The next statement at or behind `at`; NULL if there is none. */
static const char *take_statement(const struct step *step, const char *at,
				  struct statement *out)
{
	struct sql_statement found;

	at = sql_next_statement(at, &found);
	if (at == NULL)
		return NULL;
	out->step = step;
	out->offset = (size_t)(found.begin - step->sql);
	out->sql = xstrndup(found.begin, found.bytes);
	out->line = step_line_at(step, out->offset);
	return at;
}

static void check_control(struct migrations *migrations,
			  const struct statement *statement,
			  struct sandbox *sandbox)
{
	struct token first;
	struct error why = { 0 };

	(void)token_next(statement->sql, &first);
	/* Without a transaction it may have its own, and VACUUM: the replay
	 * tells what is wrong with them. */
	if (!IS_ONE_OF(&first, control_words) ||
	    (statement->step->directives.is_outside_transaction &&
	     !token_is(&first, "PRAGMA") && !token_is(&first, "ATTACH")) ||
	    sandbox_try(sandbox, statement->sql, &why) == 0)
		return;
	migrations_add_finding(
		migrations,
		statement->step->is_planned ? SEVERITY_WARNING : SEVERITY_ERROR,
		statement->step->file, statement->line, "forbidden",
		"%s: %s; take it out%s", statement->step->name, why.message,
		token_is(&first, "VACUUM")
			? ", or ask for one with -- fleet-upgrade: vacuum"
			: "");
}

static void check_ignored_pragma(struct migrations *migrations,
				 const struct statement *statement)
{
	const char *at = statement->sql;
	char *name = sql_take(&at, "PRAGMA") ? sql_take_name(&at) : NULL;
	size_t i;

	for (i = 0; name != NULL && i < COUNT(ignored_pragmas); i++) {
		if (strcasecmp(name, ignored_pragmas[i]) == 0)
			migrations_add_finding(
				migrations, SEVERITY_NOTE,
				statement->step->file, statement->line,
				"ignored-pragma",
				"%s: PRAGMA %s does nothing here: foreign keys "
				"are %s while this step runs and are compared "
				"before and after",
				statement->step->name, ignored_pragmas[i],
				statement->step->directives.has_foreign_keys
					? "on"
					: "off (-- fleet-upgrade: "
					  "foreign_keys=on enforces them)");
	}
	free(name);
}

/* True if "RENAME TO table" stands in the step, or "CREATE TABLE table" before
 * `end`: then the table is one that the step itself has made, as in the usual
 * rebuild, and its rows are elsewhere. */
static bool is_made_here(const struct step *step, const char *table,
			 const char *end)
{
	const char *sql = step->sql;
	struct token token;

	while (sql = token_next(sql, &token), token.type != TOKEN_END) {
		const char *at = sql;
		char *name = NULL;
		bool is_same;

		if (token_is(&token, "RENAME") && sql_take(&at, "TO")) {
			name = sql_take_name(&at);
		} else if (token_is(&token, "CREATE") && sql < end) {
			if (!sql_take(&at, "TEMP"))
				(void)sql_take(&at, "TEMPORARY");
			if (sql_take(&at, "TABLE"))
				name = sql_take_name(&at);
		}
		is_same = name != NULL && strcasecmp(name, table) == 0;
		free(name);
		if (is_same)
			return true;
	}
	return false;
}

static void report_destructive(struct migrations *migrations,
			       const struct statement *statement,
			       const char *what, const char *name)
{
	migrations_add_finding(
		migrations, statement->destructive, statement->step->file,
		statement->line, "destructive",
		"%s: %s%s%s: what it takes away is afterwards "
		"only in the backup; make sure that nothing "
		"needs it%s",
		statement->step->name, what, name == NULL ? "" : " ",
		name == NULL ? "" : name,
		statement->destructive == SEVERITY_ERROR
			? ", and then say \"-- fleet-upgrade: destructive\" "
			  "at the head of the step (lint.destructive = error)"
			: "");
}

static void check_drop_table(struct migrations *migrations,
			     const struct statement *statement)
{
	const char *at = statement->sql;
	char *table;

	if (!sql_take(&at, "DROP") || !sql_take(&at, "TABLE"))
		return;
	if (sql_take(&at, "IF"))
		(void)sql_take(&at, "EXISTS");
	table = sql_take_name(&at);
	if (table != NULL &&
	    !is_made_here(statement->step, table,
			  statement->step->sql + statement->offset))
		report_destructive(migrations, statement, "DROP TABLE", table);
	free(table);
}

static void check_drop_column(struct migrations *migrations,
			      const struct statement *statement)
{
	const char *at = statement->sql;
	char *name;

	if (!sql_take(&at, "ALTER") || !sql_take(&at, "TABLE"))
		return;
	free(sql_take_name(&at));
	if (!sql_take(&at, "DROP"))
		return;
	(void)sql_take(&at, "COLUMN");
	if (sql_take(&at, "IF"))
		(void)sql_take(&at, "EXISTS");
	name = sql_take_name(&at);
	report_destructive(migrations, statement, "DROP COLUMN", name);
	free(name);
}

/* The WHERE of a subquery is not that of the statement. */
static bool has_where(const char *sql)
{
	struct token token;
	int depth = 0;

	while (sql = token_next(sql, &token), token.type != TOKEN_END) {
		depth += token_is_mark(&token, '(');
		depth -= token_is_mark(&token, ')');
		if (depth == 0 && token_is(&token, "WHERE"))
			return true;
	}
	return false;
}

static void check_all_rows(struct migrations *migrations,
			   const struct statement *statement)
{
	struct token first;

	(void)token_next(statement->sql, &first);
	if (token_is(&first, "DELETE") && !has_where(statement->sql))
		report_destructive(migrations, statement,
				   "DELETE without WHERE", NULL);
	else if (token_is(&first, "UPDATE") && !has_where(statement->sql))
		report_destructive(migrations, statement,
				   "UPDATE without WHERE", NULL);
}

void rules_check_destructive(struct migrations *migrations,
			     const struct step *step, enum severity severity)
{
	const char *at = step->sql;
	struct statement statement = { .destructive = severity };

	if (step->directives.is_destructive)
		statement.destructive = SEVERITY_NOTE;
	else if (step->is_planned)
		statement.destructive = SEVERITY_WARNING;
	while ((at = take_statement(step, at, &statement)) != NULL) {
		check_drop_table(migrations, &statement);
		check_drop_column(migrations, &statement);
		check_all_rows(migrations, &statement);
		free(statement.sql);
	}
}

void rules_check_statements(struct migrations *migrations,
			    const struct step *step, struct sandbox *sandbox,
			    enum severity destructive)
{
	const char *at = step->sql;
	struct statement statement;

	while ((at = take_statement(step, at, &statement)) != NULL) {
		check_control(migrations, &statement, sandbox);
		check_ignored_pragma(migrations, &statement);
		free(statement.sql);
	}
	rules_check_destructive(migrations, step, destructive);
}

static bool is_in_schema(const struct token *token, const struct schema *schema)
{
	size_t i, c;

	for (i = 0; i < schema->count; i++) {
		const struct schema_object *object = &schema->objects[i];

		if (token_names(token, object->name))
			return true;
		for (c = 0; c < object->column_count; c++) {
			if (token_names(token, object->columns[c]))
				return true;
		}
	}
	return false;
}

/* True if the step itself uses it where only a name can stand: an alias, a
 * constraint, a table that it makes and drops again. */
static bool is_named_here(const struct token *token, const struct step *step)
{
	const char *sql = step->sql;
	char *name = token_name(token);
	struct token other, last = { .begin = "" };
	bool is_named = false;

	while (!is_named &&
	       (sql = token_next(sql, &other), other.type != TOKEN_END)) {
		is_named = (IS_ONE_OF(&last, name_words) ||
			    token_is_mark(&last, '.')) &&
			   token_names(&other, name);
		last = other;
	}
	free(name);
	return is_named;
}

static void check_strings(struct migrations *migrations,
			  const struct statement *statement,
			  const struct schema *before,
			  const struct schema *after)
{
	const char *sql = statement->sql;
	struct token token, last = { .begin = "" };
	char text[64];

	for (; sql = token_next(sql, &token), token.type != TOKEN_END;
	     last = token) {
		if (token.type != TOKEN_QUOTED || *token.begin != '"')
			continue;
		if (!token_is(&last, "DEFAULT") &&
		    (is_in_schema(&token, before) ||
		     is_in_schema(&token, after) ||
		     is_named_here(&token, statement->step)))
			continue;
		sql_excerpt(token.begin, token.bytes, text, sizeof(text));
		migrations_add_finding(
			migrations, SEVERITY_WARNING, statement->step->file,
			step_line_at(
				statement->step,
				statement->offset +
					(size_t)(token.begin - statement->sql)),
			"double-quoted-string",
			"%s: %s is in the double quotes of a name, and taken "
			"for a string only as long as nothing has that name; "
			"write it in single quotes",
			statement->step->name, text);
		return;
	}
}

void rules_check_strings(struct migrations *migrations, const struct step *step,
			 const struct schema *before,
			 const struct schema *after)
{
	const char *at = step->sql;
	struct statement statement;
	struct token first;

	while ((at = take_statement(step, at, &statement)) != NULL) {
		(void)token_next(statement.sql, &first);
		if (!token_is(&first, "PRAGMA"))
			check_strings(migrations, &statement, before, after);
		free(statement.sql);
	}
}
