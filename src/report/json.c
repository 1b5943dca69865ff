#include "report/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "report/line.h"
#include "sqlite/connection.h"

struct json {
	struct listener listener;
	struct listener database_listener;
	FILE *out;
};

/* Null for what does not apply: NULL, and "" where the plain values of the
 * database layer have no NULL. */
static json_t *text_or_null(const char *text)
{
	return text && text[0] != '\0' ? line_text(text) : json_null();
}

static json_t *count(size_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *number_or_null(int64_t number)
{
	return number > 0 ? json_integer((json_int_t)number) : json_null();
}

static json_t *targets(const char *system, const char *user)
{
	return json_pack("{s:o,s:o}", "system", text_or_null(system), "user",
			 text_or_null(user));
}

static const char *code_name(const struct error *error)
{
	return error->sqlite_code != 0
		       ? connection_code_name(error->sqlite_code)
		       : error_code_name(error->code);
}

static json_t *error_object(const char *code, const char *message,
			    const char *migration, const char *file, int line,
			    const char *statement)
{
	return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "code",
			 text_or_null(code), "message", text_or_null(message),
			 "migration", text_or_null(migration), "file",
			 text_or_null(file), "line", number_or_null(line),
			 "statement", text_or_null(statement));
}

static json_t *failure_or_null(const struct failure *failure)
{
	if (failure->error.code == ERROR_NONE)
		return json_null();
	return error_object(code_name(&failure->error), failure->error.message,
			    failure->migration, failure->file, failure->line,
			    failure->statement);
}

static void print_begin(FILE *out, const struct run_summary *run)
{
	line_print(out, json_pack("{s:s,s:o,s:o,s:b,s:o,s:o,s:o}",
		"event", "run-begin",
		"run", text_or_null(run->run_id),
		"command", text_or_null(run->command),
		"dry_run", run->dry_run,
		"target", targets(run->targets[KIND_SYSTEM],
				  run->targets[KIND_USER]),
		"databases", count(run->totals.databases),
		"jobs", count(run->jobs)));
}

static void print_database(FILE *out, const struct event *event)
{
	const struct result *result = event->result;

	line_print(out, json_pack(
		"{s:s,s:s,s:o,s:o,s:o,s:o,s:s,s:o,s:i,s:I,s:o,s:o}",
		"event", "database",
		"kind", kind_name(event->subject->kind),
		"username", text_or_null(event->subject->username),
		"path", text_or_null(event->path),
		"from", text_or_null(result->from),
		"to", text_or_null(result->to),
		"outcome", outcome_name(result->outcome),
		"strategy", text_or_null(strategy_name(result->strategy)),
		"steps", result->steps,
		"duration_us", (json_int_t)result->duration_us,
		"backup", text_or_null(event->backup),
		"error", failure_or_null(&result->failure)));
}

/* What a command that puts backups back counts besides. */
/* How many of the upgraded were done which way, and what applications came
 * between. Of an upgrade only. */
static void add_strategies(json_t *object, const struct run_summary *run)
{
	const struct totals *totals = &run->totals;
	const struct {
		const char *name;
		size_t count;
	} numbers[] = {
		{ "swapped", totals->strategies[STRATEGY_SWAP] },
		{ "in_place", totals->strategies[STRATEGY_IN_PLACE] },
		{ "given_up", totals->given_up },
		{ "undone", totals->undone },
	};

	if (strcmp(run->command, "upgrade") != 0 || run->dry_run)
		return;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_set_new(object, numbers[i].name,
				    count(numbers[i].count));
}

static void add_restored(json_t *object, const struct run_summary *run)
{
	static const char *const restoring[] = { "rollback", "restore" };

	for (size_t i = 0; i < sizeof(restoring) / sizeof(restoring[0]); i++) {
		if (strcmp(run->command, restoring[i]) != 0)
			continue;
		json_object_set_new(object, "restored",
			count(run->totals.outcomes[OUTCOME_RESTORED]));
		json_object_set_new(object, "kept",
			count(run->totals.outcomes[OUTCOME_KEPT]));
	}
}

static void print_end(FILE *out, const struct run_summary *run)
{
	const size_t *outcomes = run->totals.outcomes;
	json_t *object = json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o}",
		"event", "run-end",
		"run", text_or_null(run->run_id),
		"upgraded", count(outcomes[OUTCOME_UPGRADED] +
				  outcomes[OUTCOME_WOULD_UPGRADE]),
		"current", count(outcomes[OUTCOME_CURRENT]),
		"failed", count(outcomes[OUTCOME_FAILED] +
				outcomes[OUTCOME_WOULD_FAIL]),
		"busy", count(outcomes[OUTCOME_BUSY]),
		"skipped", count(outcomes[OUTCOME_SKIPPED]),
		"newer", count(outcomes[OUTCOME_NEWER]));

	add_restored(object, run);
	json_object_set_new(object, "duration_us",
			    json_integer((json_int_t)run->duration_us));
	json_object_set_new(object, "exit_status",
			    json_integer(run->exit_status));
	add_strategies(object, run);
	line_print(out, object);
}

static void hear(struct listener *listener, const struct event *event)
{
	/* The listener is the first member. */
	struct json *json = (struct json *)listener;

	if (event->type == EVENT_RUN_BEGIN)
		print_begin(json->out, event->run);
	else if (event->type == EVENT_DATABASE)
		print_database(json->out, event);
	else if (event->type == EVENT_RUN_END)
		print_end(json->out, event->run);
}

static void hear_database(struct listener *listener, const struct event *event)
{
	struct json *json = (struct json *)((char *)listener -
			offsetof(struct json, database_listener));

	if (event->type == EVENT_DATABASE)
		print_database(json->out, event);
}

struct json *json_new(FILE *out)
{
	struct json *json = xcalloc(1, sizeof(*json));

	json->listener.hear = hear;
	json->database_listener.hear = hear_database;
	json->out = out;
	return json;
}

void json_free(struct json *json)
{
	free(json);
}

struct listener *json_listener(struct json *json)
{
	return &json->listener;
}

struct listener *json_database_listener(struct json *json)
{
	return &json->database_listener;
}

static json_t *versions_object(const struct status *status)
{
	json_t *object = json_object();

	for (size_t i = 0; i < status->version_count; i++) {
		const struct status_version *version = &status->versions[i];
		char *safe = text_escape(version->version);

		/* A version begins with a digit, so "none" is no version. */
		json_object_set_new(object, safe[0] != '\0' ? safe : "none",
				    count(version->users));
		free(safe);
	}
	return object;
}

static json_t *hold_or_null(const struct hold *hold)
{
	return !hold ? json_null() : json_pack("{s:o,s:o,s:o}",
		"run", text_or_null(hold->run_id), "by", text_or_null(hold->by),
		"since", text_or_null(hold->since));
}

void json_print_status(FILE *out, const struct status *status)
{
	line_print(out, json_pack("{s:s,s:o,s:{s:o,s:s},s:o,s:o,s:o,s:o,s:o,"
				    "s:o,s:o}",
		"event", "status",
		"target", targets(status->targets[KIND_SYSTEM],
				  status->targets[KIND_USER]),
		"system",
			"version", text_or_null(status->system_version),
			"state", status_state_name(status->system),
		"users", count(status->users),
		"versions", versions_object(status),
		"pending", count(status->counts[STATUS_PENDING]),
		"newer", count(status->counts[STATUS_NEWER]),
		"unreadable", count(status->counts[STATUS_UNREADABLE]),
		"empty", count(status->counts[STATUS_EMPTY]),
		"hold", hold_or_null(status->hold)));
}

static void print_step(FILE *out, const struct step *step, json_t *needed,
		       bool with_sql)
{
	const struct step_text *down = step_way_down(step);

	line_print(out, json_pack("{s:s,s:s,s:o,s:o,s:o,s:s,s:i,s:o,s:o,s:o,"
				    "s:o,s:o,s:o,s:o,s:b,s:o}",
		"event", "migration",
		"kind", kind_name(step->kind),
		"from", text_or_null(step->from),
		"to", text_or_null(step->to),
		"name", text_or_null(step->name),
		"state", step->is_planned ? "planned" : "active",
		"statements", step->is_blank ? 0 : step->statements,
		"checksum", text_or_null(step->checksum),
		"date", text_or_null(step->date),
		"description", text_or_null(step->description),
		"file", text_or_null(step->file),
		"line", number_or_null(step->line),
		"needed", needed,
		"sql", with_sql ? text_or_null(step->sql) : json_null(),
		"has_down", down != NULL,
		"down", with_sql && down ? text_or_null(down->sql)
					 : json_null()));
}

void json_print_list(FILE *out, const struct migrations *migrations,
		     const struct needs *needs, bool with_sql)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const struct chain *chain = &migrations->chains[kind];

		for (size_t i = 0; i < chain->count; i++)
			print_step(out, chain->steps[i],
				   needs ? count(needs_count(needs, chain->kind,
							     i + 1))
					 : json_null(),
				   with_sql);
		for (size_t i = 0; i < chain->planned_count; i++)
			print_step(out, chain->planned[i], json_null(),
				   with_sql);
	}
}

static json_t *outcomes_object(const size_t *outcomes)
{
	json_t *object = json_object();

	for (int outcome = 1; outcome < OUTCOME_COUNT; outcome++)
		if (outcomes[outcome] > 0)
			json_object_set_new(object,
					    outcome_name((enum outcome)outcome),
					    count(outcomes[outcome]));
	return object;
}

void json_print_run(FILE *out, const struct journal_run *run)
{
	line_print(out, json_pack("{s:s,s:o,s:o,s:b,s:o,s:o,s:o,s:o,s:o,s:o,"
				    "s:o}",
		"event", "run",
		"run", text_or_null(run->id),
		"command", text_or_null(run->command),
		"dry_run", run->dry_run,
		"began", text_or_null(run->began),
		"ended", text_or_null(run->ended),
		"target", targets(run->target_system, run->target_user),
		"databases", count(run->databases),
		"outcomes", outcomes_object(run->outcomes),
		"exit_status", run->ended ? json_integer(run->exit_status)
					  : json_null(),
		"signal", number_or_null(run->signal)));
}

void json_print_result(FILE *out, const struct journal_result *result)
{
	bool failed = result->message && result->message[0] != '\0';

	line_print(out, json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:i,s:I,"
				    "s:o,s:o,s:o}",
		"event", "database",
		"kind", text_or_null(result->kind),
		"username", text_or_null(result->username),
		"path", text_or_null(result->path),
		"from", text_or_null(result->from),
		"to", text_or_null(result->to),
		"outcome", text_or_null(result->outcome),
		"strategy", json_null(),
		"steps", result->steps,
		"duration_us", (json_int_t)result->duration_us,
		"backup", text_or_null(result->backup),
		"error", !failed ? json_null()
				 : error_object(result->error_code,
						result->message,
						result->migration, result->file,
						result->line,
						result->statement),
		"notes", text_or_null(result->notes)));
}

void json_print_backup(FILE *out, const struct backup *backup)
{
	line_print(out, json_pack("{s:s,s:o,s:o,s:o,s:I,s:I}",
		"event", "backup",
		"run", text_or_null(backup->run_id),
		"command", text_or_null(backup->command),
		"path", text_or_null(backup->path),
		"bytes", (json_int_t)backup->bytes,
		"age_s", (json_int_t)backup->age_s));
}

void json_print_finding(FILE *out, const struct finding *finding)
{
	static const char *const severities[] = {
		[SEVERITY_NOTE] = "note",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_ERROR] = "error",
	};

	line_print(out, json_pack("{s:s,s:s,s:o,s:o,s:o,s:o}",
		"event", "finding",
		"severity", severities[finding->severity],
		"file", text_or_null(finding->file),
		"line", number_or_null(finding->line),
		"rule", text_or_null(finding->rule),
		"message", text_or_null(finding->message)));
}

void json_print_lint(FILE *out, const struct migrations *migrations,
		     const size_t found[], int exit_status)
{
	line_print(out, json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:i}",
		"event", "lint-end",
		"format", text_or_null(migrations->format),
		"steps", count(migrations->step_count),
		"errors", count(found[SEVERITY_ERROR]),
		"warnings", count(found[SEVERITY_WARNING]),
		"notes", count(found[SEVERITY_NOTE]),
		"exit_status", exit_status));
}

void json_print_setting(FILE *out, const char *key, const char *value,
			const char *origin)
{
	line_print(out, json_pack("{s:s,s:o,s:o,s:o}",
		"event", "setting",
		"key", text_or_null(key),
		"value", value ? line_text(value) : json_null(),
		"origin", text_or_null(origin)));
}
