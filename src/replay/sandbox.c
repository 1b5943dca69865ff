#include "replay/sandbox.h"

#include <string.h>

#include "migration/sql.h"
#include "replay/dialect.h"
#include "replay/replay.h"
#include "sqlite/connection.h"
#include "sqlite/script.h"

#define EXCERPT_BYTES 200

int sandbox_open(struct sandbox *sandbox, struct error *err)
{
	const struct connection_options options = {
		.mode = CONNECTION_TEMPORARY,
	};
	int rc;

	memset(sandbox, 0, sizeof(*sandbox));
	rc = connection_open(NULL, &options, &sandbox->db, err);
	if (rc != 0)
		return rc;
	authorizer_init(&sandbox->authorizer, LEDGER_TABLE);
	authorizer_install(sandbox->db, &sandbox->authorizer);
	return 0;
}

void sandbox_close(struct sandbox *sandbox)
{
	connection_close(sandbox->db);
	sandbox->db = NULL;
	authorizer_release(&sandbox->authorizer);
}

static int run_script(struct sandbox *sandbox, struct script *script,
		      enum authorize_mode mode, struct error *err)
{
	int rc;

	script->authorizer = &sandbox->authorizer;
	sandbox->authorizer.denied[0] = '\0';
	sandbox->authorizer.mode = mode;
	rc = script_run(sandbox->db, script, err);
	sandbox->authorizer.mode = AUTHORIZE_OURS;
	return rc;
}

static int run_as_step(struct sandbox *sandbox, struct script *script,
		       struct error *err)
{
	int rc = connection_run(sandbox->db, "BEGIN", err);

	script->in_transaction = true;
	return rc != 0 ? rc
		       : run_script(sandbox, script, AUTHORIZE_STEPS, err);
}

/* One that asks for no transaction. */
static int run_alone(struct sandbox *sandbox, struct script *script,
		     struct error *err)
{
	int rc;

	connection_allow_vacuum(sandbox->db, true);
	rc = run_script(sandbox, script, AUTHORIZE_ALONE, err);
	connection_allow_vacuum(sandbox->db, false);
	if (rc == 0 && connection_in_transaction(sandbox->db))
		rc = error_set(err, ERROR_SQL, SCRIPT_LEFT_OPEN);
	return rc;
}

/* INSERT OR ROLLBACK and RAISE(ROLLBACK) may have done it already. */
static void undo(struct sandbox *sandbox)
{
	if (connection_in_transaction(sandbox->db))
		(void)connection_run(sandbox->db, "ROLLBACK", NULL);
}

/* Where the statement is another database's, SQLite does not say why it cannot
 * do it. */
static void translate(struct sandbox *sandbox, const struct step *step,
		      const struct script *script, int *line,
		      struct error *cause)
{
	struct dialect_find find;
	struct error told = *cause;

	if (sandbox_has_refused(sandbox) || script->is_kept ||
	    !dialect_explain(step->sql, script->begin, script->end,
			     told.message, &find))
		return;
	sandbox->rule = "dialect";
	*line = step_line_at(step, (size_t)(find.begin - step->sql));
	(void)error_set(cause, cause->code, "%s; %s (SQLite says: %s)",
			find.why, find.instead, told.message);
}

int sandbox_run(struct sandbox *sandbox, const struct step *step, int *line,
		struct error *err)
{
	struct script script = { .text = step->sql };
	struct error cause = { 0 };
	char excerpt[EXCERPT_BYTES];
	bool is_alone = step->directives.is_outside_transaction;
	int rc = connection_enforce_keys(
		sandbox->db, step->directives.has_foreign_keys, &cause);

	if (rc == 0)
		rc = is_alone ? run_alone(sandbox, &script, &cause)
			      : run_as_step(sandbox, &script, &cause);
	if (rc == 0 && !is_alone)
		rc = connection_run(sandbox->db, "COMMIT", &cause);
	if (rc == 0)
		return connection_enforce_keys(sandbox->db, false, err);
	undo(sandbox);
	sandbox->rule = sandbox_has_refused(sandbox) ? "forbidden"
			: script.is_kept	     ? "own-function"
						     : "replay";
	*line = step_line_at(step, script.begin);
	if (rc == ERROR_SQL)
		translate(sandbox, step, &script, line, &cause);
	sql_excerpt(step->sql + script.begin, script.end - script.begin,
		    excerpt, sizeof(excerpt));
	/* A full disk and the like are no fault of the migrations. */
	return error_set(err, rc == ERROR_SQL ? ERROR_MIGRATION : cause.code,
			 "%s: %s", cause.message, excerpt);
}

bool sandbox_has_refused(const struct sandbox *sandbox)
{
	return sandbox->authorizer.denied[0] != '\0';
}

int sandbox_try(struct sandbox *sandbox, const char *sql, struct error *err)
{
	struct script script = { .text = sql };
	int rc = run_as_step(sandbox, &script, err);

	undo(sandbox);
	return rc;
}
