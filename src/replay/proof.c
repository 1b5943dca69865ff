#include "replay/proof.h"

#include <string.h>

#include "migration/sql.h"
#include "replay/replay.h"
#include "sqlite/digest.h"
#include "sqlite/functions.h"
#include "sqlite/token.h"

/* True if the statement names both. */
static bool names_both(const struct sql_statement *statement,
		       const char *object, const char *function)
{
	const char *at = statement->begin;
	bool has_object = false, has_function = false;
	struct token token;

	while (at < statement->begin + statement->bytes) {
		at = token_next(at, &token);
		has_object |= token_names(&token, object);
		has_function |= token_names(&token, function);
	}
	return has_object && has_function;
}

/* The line of the last statement that can have brought the object there. */
static int line_of(const struct step *step, const char *object,
		   const char *function)
{
	const char *at = step->sql;
	struct sql_statement statement;
	int line = step->line;

	while ((at = sql_next_statement(at, &statement)) != NULL) {
		if (names_both(&statement, object, function))
			line = step_line_at(
				step, (size_t)(statement.begin - step->sql));
	}
	return line;
}

static bool was_there(const struct schema *before,
		      const struct schema_object *object)
{
	const struct schema_object *there =
		schema_find(before, object->type, object->name);

	return there != NULL && schema_sql_is_same(there->sql, object->sql);
}

static int check_functions(const struct step *step, const struct schema *before,
			   const struct schema *after, int *line,
			   struct error *err)
{
	size_t i;

	if (step->directives.keeps_functions)
		return 0;
	for (i = 0; i < after->count; i++) {
		const struct schema_object *object = &after->objects[i];
		const char *function = was_there(before, object)
					       ? NULL
					       : functions_called(object->sql);

		if (function == NULL)
			continue;
		*line = line_of(step, object->name, function);
		return error_set(
			err, ERROR_MIGRATION,
			"%s %s calls %s(), which is there only while steps "
			"run, and fails in the application; fill the rows in "
			"a step and let the application make new values, or, "
			"if it has such a function, say \"-- fleet-upgrade: "
			"application-functions\" at the head of the step",
			schema_type_name(object->type), object->name, function);
	}
	return 0;
}

static int run_again(struct sandbox *sandbox, const struct step *step,
		     int *line, struct error *err)
{
	char first[CHECKSUM_HEX_BYTES], second[CHECKSUM_HEX_BYTES];
	int rc = digest_take(sandbox->db, LEDGER_TABLE, first, err);

	if (rc != 0)
		return rc;
	rc = sandbox_run(sandbox, step, line, err);
	if (rc == ERROR_MIGRATION)
		return error_prefix(err, "it says that it is repeatable, but "
					 "fails when it is run again");
	if (rc == 0)
		rc = digest_take(sandbox->db, LEDGER_TABLE, second, err);
	if (rc != 0 || strcmp(first, second) == 0)
		return rc;
	*line = step->line;
	return error_set(err, ERROR_MIGRATION,
			 "it says that it is repeatable, but leaves another "
			 "schema or other rows when it is run again; take the "
			 "word out, or write statements that change nothing "
			 "the second time");
}

int proof_check(struct sandbox *sandbox, const struct step *step,
		const struct schema *before, const struct schema *after,
		const char **rule, int *line, struct error *err)
{
	int rc;

	*rule = "own-function";
	rc = check_functions(step, before, after, line, err);
	if (rc == 0 && step->directives.is_repeatable) {
		*rule = "not-repeatable";
		rc = run_again(sandbox, step, line, err);
	}
	return rc;
}
