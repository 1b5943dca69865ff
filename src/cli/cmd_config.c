#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cli/exit_status.h"
#include "cli/session.h"
#include "report/json.h"
#include "report/say.h"

/* Columns of "section.key = value" before the origin. */
#define COLUMNS 56

static void print(const struct key_row *row, const struct config_value *value)
{
	char *text = value->text
		? xasprintf("%s.%s = %s", row->section, row->name, value->text)
		: xasprintf("%s.%s", row->section, row->name);

	say_padded(stdout, text, COLUMNS);
	fputs("  # ", stdout);
	say_escaped(stdout, value->where);
	putchar('\n');
	free(text);
}

int cmd_config(struct session *session, int *exit_status, struct error *err)
{
	(void)err;
	for (int key = 0; key < KEY_COUNT; key++) {
		const struct key_row *row = &key_rows[key];
		const struct config_value *value = &session->config.values[key];
		char *name = xasprintf("%s.%s", row->section, row->name);

		if (session->options->json)
			json_print_setting(stdout, name, value->text,
					   value->where);
		else
			print(row, value);
		free(name);
	}
	*exit_status = EXIT_STATUS_GOOD;
	return 0;
}
