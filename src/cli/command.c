#include "cli/command.h"

#include <stdbool.h>
#include <string.h>

#define USERS "[USER]..."

const struct command commands[COMMAND_COUNT] = {
	[COMMAND_UPGRADE] = {
		"upgrade", USERS,
		"bring every database to the target",
		NEED_MIGRATIONS | NEED_FLEET | NEED_WRITE | USES_SEEN,
		cmd_upgrade, NULL },
	[COMMAND_STATUS] = {
		"status", USERS,
		"show at which versions the fleet is, and what is pending",
		WANT_MIGRATIONS | NEED_FLEET | USES_SEEN, cmd_status, NULL },
	[COMMAND_LIST] = {
		"list", USERS,
		"list the migrations, and how many databases need each",
		NEED_MIGRATIONS | WANT_FLEET | USES_SEEN, cmd_list,
		cmd_list_check },
	[COMMAND_VERIFY] = {
		"verify", USERS,
		"check integrity, foreign keys, ledger and schema of each",
		NEED_MIGRATIONS | NEED_FLEET | USERS_ONLY, cmd_verify, NULL },
	[COMMAND_ROLLBACK] = {
		"rollback", USERS,
		"take back the newest upgrade, and hold the fleet there",
		WANT_MIGRATIONS | NEED_FLEET | NEED_WRITE | USERS_ONLY,
		cmd_rollback, cmd_rollback_check },
	[COMMAND_RESTORE] = {
		"restore", USERS,
		"put the backups of single databases back",
		WANT_MIGRATIONS | NEED_DATA | NEED_WRITE, cmd_restore,
		cmd_restore_check },
	[COMMAND_BACKUPS_LIST] = {
		"backups list", USERS,
		"list the backups, newest run first",
		NEED_DATA, cmd_backups_list, NULL },
	[COMMAND_BACKUPS_PRUNE] = {
		"backups prune", NULL,
		"remove the backups that are old and beyond backup.keep",
		NEED_DATA | NEED_WRITE | FREES_ROOM, cmd_backups_prune, NULL },
	[COMMAND_MIGRATIONS_DUMP] = {
		"migrations dump", NULL,
		"print the schema of any version as SQL",
		NEED_MIGRATIONS, cmd_migrations_dump,
		cmd_migrations_dump_check },
	[COMMAND_TEMPLATE_BUILD] = {
		"template build", "FILE",
		"write an empty database at the target, to be copied",
		NEED_MIGRATIONS, cmd_template_build,
		cmd_template_build_check },
	[COMMAND_BASELINE] = {
		"baseline", USERS,
		"record databases as being at a version; runs no step",
		NEED_MIGRATIONS | NEED_FLEET | NEED_WRITE | USERS_ONLY,
		cmd_baseline, cmd_baseline_check },
	[COMMAND_NEW] = {
		"new", "DESCRIPTION",
		"write the next migration, for its SQL to be filled in",
		0, cmd_new, cmd_new_check },
	[COMMAND_LINT] = {
		"lint", NULL,
		"check the migrations without touching a database",
		0, cmd_lint, NULL },
	[COMMAND_HISTORY] = {
		"history", "[RUN] [USER]...",
		"show past runs, or what became of each database in one",
		NEED_DATA, cmd_history, NULL },
	[COMMAND_CONFIG] = {
		"config", NULL,
		"show the configuration, each value with its origin",
		0, cmd_config, NULL },
};

/* How many of the words name the command; 0: they do not. */
static size_t words_of(const struct command *command, char *const *words,
		       size_t count)
{
	const char *blank = strchr(command->name, ' ');
	size_t first = blank ? (size_t)(blank - command->name)
			     : strlen(command->name);

	if (count < 1 || strlen(words[0]) != first ||
	    memcmp(words[0], command->name, first) != 0)
		return 0;
	if (!blank)
		return 1;
	return count > 1 && strcmp(words[1], blank + 1) == 0 ? 2 : 0;
}

/* True if `word` alone is the beginning of a command of two words. */
static bool is_half(const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (strncmp(commands[i].name, word, length) == 0 &&
		    commands[i].name[length] == ' ')
			return true;
	return false;
}

int command_find(char *const *words, size_t count, const struct command **out,
		 size_t *out_used, struct error *err)
{
	*out = &commands[COMMAND_UPGRADE];
	*out_used = 0;
	for (size_t i = 0; i < COMMAND_COUNT && *out_used == 0; i++) {
		*out_used = words_of(&commands[i], words, count);
		if (*out_used)
			*out = &commands[i];
	}
	if (*out_used == 0 && count > 0 && is_half(words[0]))
		return error_set(err, ERROR_USAGE,
				 "'%s' needs a second word; 'fleet-upgrade "
				 "--help' lists the commands", words[0]);
	return 0;
}

enum command_id command_id(const struct command *command)
{
	return (enum command_id)(command - commands);
}
