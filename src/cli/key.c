#include "cli/key.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/amount.h"
#include "base/memory.h"
#include "base/pattern.h"
#include "cli/config.h"
#include "database/job.h"
#include "database/tracker.h"
#include "migration/source.h"
#include "migration/version.h"
#include "sqlite/check.h"

#ifndef MIGRATIONS_DIR
#error "MIGRATIONS_DIR: where the build installs the migrations"
#endif

#define MOST_JOBS 1024
#define MOST_RETRIES 100
#define MOST_BACKUPS 100000
#define HOUR_MS (INT64_C(60) * 60 * 1000)
#define DAY_MS (24 * HOUR_MS)
#define YEARS_MS (100 * 365 * DAY_MS)

static void set_text(void *field, const char *text)
{
	char **out = field;

	free(*out);
	*out = xstrdup(text);
}

static void release_text(void *field)
{
	free(*(char **)field);
}

static int parse_text(const struct key_row *row, const char *text, void *field,
		      struct error *err)
{
	(void)row;
	if (!*text)
		return error_set(err, ERROR_CONFIG, "it is empty; write a "
				 "value or leave the key out");
	set_text(field, text);
	return 0;
}

/* True if the path stays where it begins: no "", "." or ".." between
 * slashes. */
static bool is_plain_path(const char *path)
{
	for (const char *at = path;; at++) {
		size_t length = strcspn(at, "/");

		if (length == 0 || (length == 1 && at[0] == '.') ||
		    (length == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += length;
		if (!*at)
			return true;
	}
}

/* A file below the data directory; empty: none. */
static int parse_below(const struct key_row *row, const char *text, void *field,
		       struct error *err)
{
	(void)row;
	if (*text && !is_plain_path(text))
		return error_set(err, ERROR_CONFIG, "\"%s\" is no path below "
				 "the data directory; write one such as "
				 "system.db, without a / in front and without "
				 "..", text);
	set_text(field, text);
	return 0;
}

static int parse_version(const struct key_row *row, const char *text,
			 void *field, struct error *err)
{
	(void)row;
	if (strcmp(text, "latest") != 0 && !version_is_valid(text))
		return error_set(err, ERROR_CONFIG, "\"%s\" is no version; "
				 "write one such as 0.3.20, or latest", text);
	set_text(field, text);
	return 0;
}

static int parse_ledger(const struct key_row *row, const char *text,
			void *field, struct error *err)
{
	(void)row;
	return tracker_choose_kept(text, field, err);
}

static int parse_user_pattern(const struct key_row *row, const char *text,
			      void *field, struct error *err)
{
	struct pattern **out = field, *pattern;
	int rc = pattern_new(text, true, &pattern, err);

	(void)row;
	if (rc)
		return rc;
	pattern_free(*out);
	*out = pattern;
	return 0;
}

static void release_pattern(void *field)
{
	pattern_free(*(struct pattern **)field);
}

static int parse_number(const struct key_row *row, const char *text,
			void *field, struct error *err)
{
	return amount_parse_number(text, row->low, row->high, field, err);
}

/* 0 stands for "auto". */
static int parse_number_or_auto(const struct key_row *row, const char *text,
				void *field, struct error *err)
{
	int rc;

	if (strcmp(text, "auto") == 0) {
		*(int64_t *)field = 0;
		return 0;
	}
	rc = parse_number(row, text, field, err);
	return rc ? error_append(err, "or auto") : 0;
}

static int parse_duration(const struct key_row *row, const char *text,
			  void *field, struct error *err)
{
	int64_t ms;
	int rc = amount_parse_duration(text, &ms, err);

	if (rc)
		return rc;
	if (ms < row->low || ms > row->high)
		return error_set(err, ERROR_CONFIG, "\"%s\" does not do here; "
				 "write a time from %" PRId64 "s to %" PRId64
				 "s", text, row->low / 1000, row->high / 1000);
	*(int64_t *)field = ms;
	return 0;
}

static int parse_share(const struct key_row *row, const char *text, void *field,
		       struct error *err)
{
	(void)row;
	return amount_parse_share(text, field, err);
}

static int parse_choice(const struct key_row *row, const char *text,
			void *field, struct error *err)
{
	const struct key_choice *choice;

	for (choice = row->choices; choice->word; choice++) {
		if (strcmp(choice->word, text) != 0)
			continue;
		*(int *)field = choice->value;
		return 0;
	}
	return error_set(err, ERROR_CONFIG, "\"%s\" is not known; write %s",
			 text, row->form);
}

static const struct key_type text_type = { parse_text, release_text, false };
static const struct key_type path_type = { parse_text, release_text, true };
static const struct key_type below_type = { parse_below, release_text, false };
static const struct key_type version_type = { parse_version, release_text,
					      false };
static const struct key_type user_pattern_type = { parse_user_pattern,
						   release_pattern, false };
static const struct key_type number_type = { parse_number, NULL, false };
static const struct key_type number_or_auto_type = { parse_number_or_auto, NULL,
						     false };
static const struct key_type duration_type = { parse_duration, NULL, false };
static const struct key_type share_type = { parse_share, NULL, false };
static const struct key_type choice_type = { parse_choice, NULL, false };

static const struct key_type ledger_type = { parse_ledger, NULL, false };

static const struct key_choice unversioned_choices[] = {
	{ "detect", UNVERSIONED_DETECT },
	{ "from-start", UNVERSIONED_FROM_START },
	{ "refuse", UNVERSIONED_REFUSE },
	{ "adopt", UNVERSIONED_ADOPT },
	{ NULL, 0 },
};

static const struct key_choice format_choices[] = {
	{ "auto", SOURCE_AUTO },
	{ "markdown", SOURCE_MARKDOWN },
	{ "numbered", SOURCE_NUMBERED },
	{ "dbmate", SOURCE_DBMATE },
	{ "goose", SOURCE_GOOSE },
	{ "sql-migrate", SOURCE_SQL_MIGRATE },
	{ NULL, 0 },
};

static const struct key_choice out_of_order_choices[] = {
	{ "refuse", false },
	{ "allow", true },
	{ NULL, 0 },
};

static const struct key_choice yes_or_no[] = {
	{ "yes", true },
	{ "no", false },
	{ NULL, 0 },
};

static const struct key_choice sandbox_choices[] = {
	{ "off", ENCLOSURE_OFF },
	{ "auto", ENCLOSURE_AUTO },
	{ "require", ENCLOSURE_REQUIRE },
	{ NULL, 0 },
};

static const struct key_choice strategy_choices[] = {
	{ "auto", CHOOSE_AUTO },
	{ "in-place", CHOOSE_IN_PLACE },
	{ "swap", CHOOSE_SWAP },
	{ NULL, 0 },
};

static const struct key_choice integrity_choices[] = {
	{ "touched", CHECK_INTEGRITY_TOUCHED },
	{ "full", CHECK_INTEGRITY_FULL },
	{ "quick", CHECK_INTEGRITY_QUICK },
	{ "off", CHECK_INTEGRITY_OFF },
	{ NULL, 0 },
};

static const struct key_choice foreign_keys_choices[] = {
	{ "new", CHECK_FOREIGN_KEYS_NEW },
	{ "strict", CHECK_FOREIGN_KEYS_STRICT },
	{ "off", CHECK_FOREIGN_KEYS_OFF },
	{ NULL, 0 },
};

#define FIELD(name) offsetof(struct config, name)

static const struct key_choice destructive_choices[] = {
	{ "warning", SEVERITY_WARNING },
	{ "error", SEVERITY_ERROR },
	{ NULL, 0 },
};

const struct key_row key_rows[KEY_COUNT] = {
	[KEY_DATA_DIR] = {
		"fleet", "data_dir", NULL, &path_type, FIELD(data_dir),
		.help = "where the databases are" },
	[KEY_SYSTEM_DB] = {
		"fleet", "system_db", "system.db", &below_type,
		FIELD(system_db),
		.help = "system database, below data_dir; empty: none" },
	[KEY_USER_DB] = {
		"fleet", "user_db", "**/{username}_longterm.db",
		&user_pattern_type, FIELD(user_db),
		.help = "pattern of user databases, below data_dir" },
	[KEY_STATE_DIR] = {
		"fleet", "state_dir", ".fleet-upgrade", &text_type,
		FIELD(state_dir),
		.help = "lock, journal, backups; absolute or below data_dir" },
	[KEY_MIGRATIONS_PATH] = {
		"migrations", "path", MIGRATIONS_DIR, &path_type,
		FIELD(migrations[KIND_COUNT]),
		.help = "migrations of both kinds: a file or a folder" },
	[KEY_MIGRATIONS_SYSTEM] = {
		"migrations", "system", NULL, &path_type,
		FIELD(migrations[KIND_SYSTEM]),
		.help = "migrations of system.db, if they stand alone" },
	[KEY_MIGRATIONS_USER] = {
		"migrations", "user", NULL, &path_type,
		FIELD(migrations[KIND_USER]),
		.help = "migrations of user databases, if they stand alone" },
	[KEY_TARGET] = {
		"migrations", "target", "latest", &version_type, FIELD(target),
		.help = "the version to reach" },
	[KEY_FORMAT] = {
		"migrations", "format", "auto", &choice_type, FIELD(format),
		.choices = format_choices,
		.form = "auto, markdown, numbered, dbmate, goose or "
			"sql-migrate",
		.help = "how the migrations are written" },
	[KEY_UNVERSIONED] = {
		"migrations", "unversioned", "detect", &choice_type,
		FIELD(unversioned), .choices = unversioned_choices,
		.form = "detect, from-start, refuse or adopt",
		.help = "what to do with a database without ledger" },
	[KEY_LEDGER] = {
		"migrations", "ledger", "own", &ledger_type, FIELD(ledger),
		.help = "whose table to keep current beside our ledger" },
	[KEY_OUT_OF_ORDER] = {
		"migrations", "out_of_order", "refuse", &choice_type,
		FIELD(out_of_order), .choices = out_of_order_choices,
		.form = "refuse or allow",
		.help = "a file with a lower number than those that ran" },
	[KEY_ALLOW_PROGRAMS] = {
		"migrations", "allow_programs", "no", &choice_type,
		FIELD(allow_programs), .choices = yes_or_no,
		.form = "yes or no", .help = "a step may be a program" },
	[KEY_RUN_USER] = {
		"run", "user", "owner", &text_type, FIELD(user),
		.help = "started as root: whose rights to work with" },
	[KEY_STRICT_MODES] = {
		"run", "strict_modes", "yes", &choice_type,
		FIELD(strict_modes), .choices = yes_or_no, .form = "yes or no",
		.help = "started as root: refuse what others may write to" },
	[KEY_SANDBOX] = {
		"run", "sandbox", "off", &choice_type, FIELD(sandbox),
		.choices = sandbox_choices, .form = "off, auto or require",
		.help = "keep the program to its folders (Landlock)" },
	[KEY_JOBS] = {
		"run", "jobs", "auto", &number_or_auto_type, FIELD(jobs),
		.low = 1, .high = MOST_JOBS,
		.help = "databases worked on at a time" },
	[KEY_STRATEGY] = {
		"run", "strategy", "auto", &choice_type, FIELD(strategy),
		.choices = strategy_choices, .form = "auto, in-place or swap",
		.help = "how a database is changed" },
	[KEY_BUSY_TIMEOUT] = {
		"run", "busy_timeout", "5s", &duration_type,
		FIELD(busy_timeout_ms), .high = HOUR_MS,
		.help = "how long to wait for an application's lock" },
	[KEY_DATABASE_TIMEOUT] = {
		"run", "database_timeout", "1h", &duration_type,
		FIELD(database_timeout_ms), .high = 7 * DAY_MS,
		.help = "how long one database may take; 0s: for ever" },
	[KEY_RETRIES] = {
		"run", "retries", "3", &number_type, FIELD(retries),
		.high = MOST_RETRIES,
		.help = "later rounds for databases that were busy" },
	[KEY_LOCK_WAIT] = {
		"run", "lock_wait", "0s", &duration_type, FIELD(lock_wait_ms),
		.high = DAY_MS,
		.help = "how long to wait for another run to end" },
	[KEY_INTEGRITY] = {
		"check", "integrity", "touched", &choice_type,
		FIELD(integrity), .choices = integrity_choices,
		.form = "touched, full, quick or off",
		.help = "what is checked before each commit" },
	[KEY_FOREIGN_KEYS] = {
		"check", "foreign_keys", "new", &choice_type,
		FIELD(foreign_keys), .choices = foreign_keys_choices,
		.form = "new, strict or off",
		.help = "which violations fail a database" },
	[KEY_DESTRUCTIVE] = {
		"lint", "destructive", "warning", &choice_type,
		FIELD(destructive), .choices = destructive_choices,
		.form = "warning or error",
		.help = "what a statement is that takes data away" },
	[KEY_KEEP] = {
		"backup", "keep", "3", &number_type, FIELD(keep),
		.low = 1, .high = MOST_BACKUPS,
		.help = "backups kept of each database whatever their age" },
	[KEY_MAX_AGE] = {
		"backup", "max_age", "30d", &duration_type, FIELD(max_age_ms),
		.high = YEARS_MS,
		.help = "backups younger than this are kept as well" },
	[KEY_MIN_FREE] = {
		"backup", "min_free", "5%", &share_type, FIELD(min_free),
		.help = "stop before the disk is fuller than this" },
};

enum key key_find(const char *section, const char *name)
{
	for (int key = 0; key < KEY_COUNT; key++)
		if (strcmp(key_rows[key].section, section) == 0 &&
		    strcmp(key_rows[key].name, name) == 0)
			return (enum key)key;
	return KEY_COUNT;
}

bool key_is_section(const char *section)
{
	for (int key = 0; key < KEY_COUNT; key++)
		if (strcmp(key_rows[key].section, section) == 0)
			return true;
	return false;
}
