#include "cli/help.h"

#include <string.h>

#include "cli/option.h"
#include "fleet/queue.h"
#include "sqlite/connection.h"

/* Columns before the explanation of a command and of an option. */
#define COMMAND_COLUMNS 17
#define OPTION_COLUMNS 30

static void print_option(FILE *out, const struct option_row *row)
{
	char letter[] = "    ";
	int width;

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	width = fprintf(out, "  %s--%s%s%s", letter, row->name,
			row->argument ? " " : "",
			row->argument ? row->argument : "");
	if (width > OPTION_COLUMNS - 2) {
		fputc('\n', out);
		width = 0;
	}
	fprintf(out, "%*s%s\n", OPTION_COLUMNS - width, "", row->help);
}

static void print_options(FILE *out, unsigned commands_wanted)
{
	fprintf(out, "\nOptions:\n");
	for (size_t i = 0; i < option_row_count; i++)
		if (option_rows[i].commands & commands_wanted)
			print_option(out, &option_rows[i]);
}

static void print_command(FILE *out, const struct command *command)
{
	fprintf(out, "Usage: fleet-upgrade %s [OPTION]...%s%s\n\n%s\n",
		command->name, command->words ? " " : "",
		command->words ? command->words : "", command->summary);
	print_options(out, 1u << command_id(command));
}

static void print_program(FILE *out)
{
	fprintf(out,
		"Usage: fleet-upgrade [OPTION]... [COMMAND] [USER]...\n\n"
		"Brings a fleet of SQLite databases, one system.db and one for "
		"each user, to the\n"
		"newest schema. Each is backed up first, and is left as it was "
		"if a step fails.\n\nCommands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-*s%s%s\n", COMMAND_COLUMNS, commands[i].name,
			commands[i].summary,
			i == COMMAND_UPGRADE ? " (default)" : "");
	print_options(out, ~0u);
	fprintf(out,
		"\nNot every option fits every command: 'fleet-upgrade COMMAND "
		"--help' lists those\nthat do. 'man fleet-upgrade' has exit "
		"statuses, files and examples.\n");
}

void help_print(FILE *out, const struct options *options)
{
	if (options->is_named)
		print_command(out, options->command);
	else
		print_program(out);
}

void help_print_version(FILE *out)
{
	fprintf(out, "fleet-upgrade %s\nSQLite %s%s\nlibuv %s\n",
		PACKAGE_VERSION, library_version(),
		library_has_wal_reset_defect()
			? " (has the WAL-reset defect of before 3.51.3; no "
			  "checkpoint is made beside an application)"
			: "",
		queue_library_version());
}
