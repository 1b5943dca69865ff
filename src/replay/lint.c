#include "replay/lint.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/sql.h"
#include "replay/dialect.h"
#include "replay/proof.h"
#include "replay/replay.h"
#include "replay/rules.h"
#include "replay/sandbox.h"
#include "sqlite/check.h"
#include "sqlite/token.h"

#define MISMATCH "foreign key mismatch"

/* A chain on its way through the sandbox. */
struct trial {
	struct migrations *migrations;
	struct sandbox sandbox;
	struct schema *before, *after;
	struct complaints sins; /* what foreign keys complained of so far */
};

static bool has_error_at(const struct migrations *migrations, const char *file,
			 int line)
{
	size_t i;

	for (i = 0; i < migrations->finding_count; i++) {
		const struct finding *finding = &migrations->findings[i];

		if (finding->severity == SEVERITY_ERROR &&
		    finding->line == line && strcmp(finding->file, file) == 0)
			return true;
	}
	return false;
}

/* The line of the statement that declares the foreign keys of a table: the
 * table is the first that the complaint has in quotes. */
static int declaring_line(const struct step *step, const char *complaint)
{
	const char *at = step->sql, *quoted = strchr(complaint, '"');
	struct sql_statement statement;
	struct token token, table;
	char *name;
	int line = step->line;
	bool is_found = false;

	if (quoted == NULL)
		return line;
	(void)token_next(quoted, &table);
	name = token_name(&table);
	while (!is_found && (at = sql_next_statement(at, &statement)) != NULL) {
		const char *word = statement.begin;
		bool has_table = false, has_reference = false;

		while (word < statement.begin + statement.bytes) {
			word = token_next(word, &token);
			has_table |= token_names(&token, name);
			has_reference |= token_is(&token, "REFERENCES");
		}
		is_found = has_table && has_reference;
		if (is_found)
			line = step_line_at(
				step, (size_t)(statement.begin - step->sql));
	}
	free(name);
	return line;
}

/* Tells what this step has added to the complaints. */
static int check_foreign_keys(struct trial *trial, const struct step *step,
			      struct error *err)
{
	struct complaints now = { .items = NULL };
	int rc = check_foreign_keys_of(trial->sandbox.db, trial->after, &now,
				       err);
	size_t i;

	for (i = 0; rc == 0 && i < now.count; i++) {
		const struct complaints one = { .items = &now.items[i],
						.count = 1 };
		const char *text = now.items[i].text;

		if (complaints_first_new(&trial->sins, &one) == NULL ||
		    strncmp(text, MISMATCH, strlen(MISMATCH)) != 0)
			continue;
		migrations_add_finding(
			trial->migrations, SEVERITY_WARNING, step->file,
			declaring_line(step, text), "foreign-key",
			"%s: %s: what it refers to is neither a primary key "
			"nor unique, and changes fail where foreign keys are "
			"on; make a UNIQUE index on it",
			step->name, text);
	}
	complaints_release(&trial->sins);
	trial->sins = now;
	return rc;
}

/* What a run would refuse as well; later steps can be tried all the same. */
static int check_proof(struct trial *trial, const struct step *step,
		       struct error *err)
{
	struct error owed = { 0 };
	const char *rule;
	int line = step->line;
	int rc = proof_check(&trial->sandbox, step, trial->before, trial->after,
			     &rule, &line, &owed);

	if (rc == ERROR_MIGRATION) {
		migrations_add_finding(trial->migrations, SEVERITY_ERROR,
				       step->file, line, rule, "%s: %s",
				       step->name, owed.message);
		return 0;
	}
	if (rc != 0)
		*err = owed;
	return rc;
}

static int try_step(struct trial *trial, const struct step *step,
		    struct error *err)
{
	int line = step->line;
	int rc = sandbox_run(&trial->sandbox, step, &line, err);

	if (rc != 0) {
		/* The rules may have named it already. */
		if (!has_error_at(trial->migrations, step->file, line))
			migrations_add_finding(
				trial->migrations, SEVERITY_ERROR, step->file,
				line, trial->sandbox.rule, "%s: %s", step->name,
				err->message);
		return rc;
	}
	schema_free(trial->before);
	trial->before = trial->after;
	trial->after = NULL;
	rc = schema_take(trial->sandbox.db, LEDGER_TABLE, NULL, &trial->after,
			 err);
	if (rc == 0)
		rules_check_strings(trial->migrations, step, trial->before,
				    trial->after);
	if (rc == 0)
		rc = check_foreign_keys(trial, step, err);
	if (rc == 0)
		rc = check_proof(trial, step, err);
	return rc;
}

/* No fault of the migrations, and yet they are not known to be right. */
static void report_unchecked(struct migrations *migrations, const char *file,
			     const struct error *err)
{
	migrations_add_finding(migrations, SEVERITY_ERROR, file, 0, "replay",
			       "%s; not all of it was checked", err->message);
}

/* What SQLite took all the same is no error, and neither is what never runs. */
static void check_dialect(struct migrations *migrations,
			  const struct step *step, bool has_run)
{
	struct dialect_find find;
	struct dialect dialect;
	char text[64];

	dialect_begin(&dialect, step->sql);
	while (dialect_next(&dialect, &find)) {
		int line = step_line_at(step,
					(size_t)(find.begin - step->sql));

		if (has_error_at(migrations, step->file, line))
			continue;
		sql_excerpt(find.begin, (size_t)(find.end - find.begin), text,
			    sizeof(text));
		migrations_add_finding(
			migrations,
			has_run || step->is_planned ? SEVERITY_WARNING
						    : find.severity,
			step->file, line, "dialect", "%s: %s: %s; %s",
			step->name, text, find.why, find.instead);
	}
}

/* Behind a step that fails, every later one would. Returns how many ran. */
static size_t try_chain(struct migrations *migrations,
			const struct chain *chain)
{
	struct trial trial = { .migrations = migrations };
	struct error err = { 0 };
	size_t i, done = 0;
	int rc = sandbox_open(&trial.sandbox, &err);

	if (rc == 0)
		rc = schema_take(trial.sandbox.db, LEDGER_TABLE, NULL,
				 &trial.after, &err);
	for (i = 0; rc == 0 && i < chain->count; i++) {
		rc = try_step(&trial, chain->steps[i], &err);
		done += rc == 0;
	}
	if (rc != 0 && rc != ERROR_MIGRATION && chain->count > 0)
		report_unchecked(migrations, chain->steps[0]->file, &err);
	complaints_release(&trial.sins);
	schema_free(trial.before);
	schema_free(trial.after);
	sandbox_close(&trial.sandbox);
	return done;
}

/* Active steps as far as they can be run, and then what other dialects' forms
 * are in all of them. */
static void try_all(struct migrations *migrations, bool can_run)
{
	enum kind kind;
	size_t i;

	for (kind = 0; kind < KIND_COUNT; kind++) {
		const struct chain *chain = &migrations->chains[kind];
		size_t done = can_run ? try_chain(migrations, chain) : 0;

		for (i = 0; i < chain->count; i++)
			check_dialect(migrations, chain->steps[i], i < done);
		for (i = 0; i < chain->planned_count; i++)
			check_dialect(migrations, chain->planned[i], false);
	}
}

static void check_texts(struct migrations *migrations,
			const struct lint_options *options)
{
	struct sandbox sandbox;
	struct error err = { 0 };
	int rc = sandbox_open(&sandbox, &err);
	size_t i;

	for (i = 0; rc == 0 && i < migrations->step_count; i++)
		rules_check_statements(migrations, migrations->steps[i],
				       &sandbox, options->destructive);
	if (rc != 0 && migrations->step_count > 0)
		report_unchecked(migrations, migrations->steps[0]->file, &err);
	sandbox_close(&sandbox);
}

static int by_place(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;
	int order = strcmp(a->file, b->file);

	if (order == 0)
		order = (a->line > b->line) - (a->line < b->line);
	if (order == 0)
		order = strcmp(a->rule, b->rule);
	return order != 0 ? order : strcmp(a->message, b->message);
}

void lint_with(struct migrations *migrations,
	       const struct lint_options *options)
{
	size_t errors;

	/* Chains that are broken cannot be run. */
	(void)migrations_first_error(migrations, &errors);
	check_texts(migrations, options);
	try_all(migrations, errors == 0);
	if (migrations->finding_count > 0)
		qsort(migrations->findings, migrations->finding_count,
		      sizeof(struct finding), by_place);
}

void lint_migrations(struct migrations *migrations)
{
	const struct lint_options options = { SEVERITY_WARNING };

	lint_with(migrations, &options);
}

int lint_refuse(const struct migrations *migrations,
		const struct lint_options *options, struct error *err)
{
	struct migrations *found = xcalloc(1, sizeof(*found));
	const struct finding *first;
	size_t i, errors;
	int rc = 0;

	for (i = 0; i < migrations->step_count &&
		    options->destructive == SEVERITY_ERROR; i++)
		rules_check_destructive(found, migrations->steps[i],
					options->destructive);
	first = migrations_first_error(found, &errors);
	if (first != NULL) {
		rc = error_set(err, ERROR_MIGRATION, "%s:%d: %s", first->file,
			       first->line, first->message);
		if (errors > 1)
			error_append(err,
				     "and %zu more, see fleet-upgrade lint",
				     errors - 1);
	}
	migrations_free(found);
	return rc;
}
