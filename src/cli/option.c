#include "cli/option.h"

#include <stddef.h>

#include "cli/options.h"

#define BIT(name) (1u << COMMAND_##name)

/* Groups of commands that take the same options. */
#define ALL (BIT(COUNT) - 1)
#define ON_DATABASES                                                          \
	(BIT(UPGRADE) | BIT(STATUS) | BIT(LIST) | BIT(VERIFY) |               \
	 BIT(ROLLBACK) | BIT(RESTORE) | BIT(BASELINE))
#define SELECTING (ON_DATABASES & ~BIT(RESTORE))
#define LOCKING                                                               \
	(BIT(UPGRADE) | BIT(ROLLBACK) | BIT(RESTORE) | BIT(BASELINE) |        \
	 BIT(BACKUPS_PRUNE))
#define WITH_TARGET                                                           \
	(BIT(UPGRADE) | BIT(STATUS) | BIT(LIST) | BIT(BASELINE) |             \
	 BIT(ROLLBACK) | BIT(TEMPLATE_BUILD) | BIT(NEW))

/* `config` shows what an option would change. */
#define SHOWN BIT(CONFIG)

#define FLAG(field) OPTION_FLAG, offsetof(struct options, field), NULL
#define TEXT(field) OPTION_TEXT, offsetof(struct options, field), NULL
#define KEY(name) OPTION_KEY, 0, name
#define ASSIGNMENT OPTION_ASSIGNMENT, 0, NULL

/* Whether it comes along into a command to type next. */
#define STAYS PART_NONE
#define FLEET PART_FLEET
#define ALONG PART_GIVEN

const struct option_row option_rows[] = {
	{ 'c', "config", "FILE", TEXT(config_file), ALL, FLEET,
	  "read FILE in place of /etc/fleet-upgrade.ini" },
	{ 'd', "data-dir", "DIR", KEY("fleet.data_dir"), ALL, FLEET,
	  "where the databases are" },
	{ 'm', "migrations", "PATH", KEY("migrations.path"), ALL, FLEET,
	  "the migrations: a folder, or a Markdown file" },
	{ 't', "to", "VERSION", KEY("migrations.target"),
	  WITH_TARGET | SHOWN, ALONG,
	  "the version to reach, record or go back to" },
	{ 'n', "dry-run", NULL, FLAG(dry_run),
	  BIT(UPGRADE) | BIT(BACKUPS_PRUNE), STAYS,
	  "write nothing; try it on private copies" },
	{ 'j', "jobs", "N", KEY("run.jobs"), ON_DATABASES | SHOWN, ALONG,
	  "work on N databases at a time" },
	{ 0, "include", "GLOB", TEXT(include), SELECTING, ALONG,
	  "only users whose name fits" },
	{ 0, "exclude", "GLOB", TEXT(exclude), SELECTING, ALONG,
	  "no users whose name fits" },
	{ 0, "users-from", "FILE", TEXT(users_from), ON_DATABASES, ALONG,
	  "only the users in FILE, one a line; -: stdin" },
	{ 0, "set", "SECTION.KEY=VALUE", ASSIGNMENT, ALL, ALONG,
	  "override any key of the configuration" },
	{ 0, "lock-wait", "SECONDS", KEY("run.lock_wait"), LOCKING | SHOWN,
	  ALONG,
	  "wait so long for another run to end" },
	{ 0, "failed", NULL, FLAG(failed), BIT(UPGRADE), ALONG,
	  "only what did not get there last time" },
	{ 0, "release", NULL, FLAG(release), BIT(UPGRADE), ALONG,
	  "lift the hold that a rollback left" },
	{ 0, "check", NULL, FLAG(check), BIT(STATUS), STAYS,
	  "exit with 3 if anything is pending" },
	{ 0, "sql", NULL, FLAG(sql), BIT(LIST), STAYS,
	  "show the text of each step" },
	{ 0, "markdown", NULL, FLAG(markdown), BIT(LIST), STAYS,
	  "write a Markdown table of what each step makes" },
	{ 0, "at", "VERSION", KEY("migrations.target"),
	  BIT(MIGRATIONS_DUMP) | SHOWN, ALONG,
	  "the version whose schema it is (default: newest)" },
	{ 0, "kind", "KIND", TEXT(kind),
	  BIT(MIGRATIONS_DUMP) | BIT(TEMPLATE_BUILD) | BIT(NEW), ALONG,
	  "system or user databases" },
	{ 0, "run", "ID", TEXT(run), BIT(ROLLBACK) | BIT(RESTORE), ALONG,
	  "the run whose backups are used, not the newest" },
	{ 0, "force", NULL, FLAG(force), BIT(ROLLBACK) | BIT(RESTORE), ALONG,
	  "put back even what was written since: rows go" },
	{ 0, "system", NULL, FLAG(system), BIT(RESTORE), ALONG,
	  "restore system.db" },
	{ 0, "offline", NULL, FLAG(offline), BIT(RESTORE), ALONG,
	  "nobody has it open; replace a lost or broken file" },
	{ 0, "from", "TOOL", TEXT(from), BIT(BASELINE), ALONG,
	  "record what TOOL's own table says, or auto" },
	{ 0, "forget", NULL, FLAG(forget), BIT(BASELINE), ALONG,
	  "remove our ledger from the databases" },
	{ 0, "json", NULL, FLAG(json), ALL, STAYS,
	  "print JSON, one object a line" },
	{ 'q', "quiet", NULL, FLAG(quiet), ALL, STAYS,
	  "print nothing if all is well" },
	{ 'v', "verbose", NULL, FLAG(verbose), ALL, STAYS,
	  "print a line for each database" },
	{ 0, "no-color", NULL, FLAG(no_color), ALL, STAYS,
	  "print without colour" },
	{ 'V', "version", NULL, FLAG(version), ALL, STAYS,
	  "print the version, also of SQLite and libuv" },
	{ 'h', "help", NULL, FLAG(help), ALL, STAYS,
	  "print this; after a COMMAND, what it takes" },
};

const size_t option_row_count = sizeof(option_rows) / sizeof(option_rows[0]);
