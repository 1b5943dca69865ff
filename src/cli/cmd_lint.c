#include "cli/command.h"

#include <stdio.h>

#include "cli/exit_status.h"
#include "cli/session.h"
#include "replay/lint.h"
#include "report/json.h"
#include "report/say.h"

static const char *const severities[] = {
	[SEVERITY_NOTE] = "note",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ERROR] = "error",
};

static const enum tone tones[] = {
	[SEVERITY_NOTE] = TONE_ASIDE,
	[SEVERITY_WARNING] = TONE_WARN,
	[SEVERITY_ERROR] = TONE_BAD,
};

/* "FILE:LINE: severity: message [rule]", which editors understand. */
static void print(const struct finding *finding, bool colour)
{
	say_escaped(stdout, finding->file);
	if (finding->line)
		printf(":%d", finding->line);
	fputs(": ", stdout);
	say_toned(stdout, colour, tones[finding->severity], "%s",
		  severities[finding->severity]);
	fputs(": ", stdout);
	say_escaped(stdout, finding->message);
	printf(" [%s]\n", finding->rule);
}

static void print_all(const struct session *session)
{
	const struct migrations *migrations = session->migrations;
	bool colour = session_has_colour(session, stdout);

	for (size_t i = 0; i < migrations->finding_count; i++) {
		const struct finding *finding = &migrations->findings[i];

		if (session->options->json)
			json_print_finding(stdout, finding);
		else if (!session->options->quiet ||
			 finding->severity == SEVERITY_ERROR)
			print(finding, colour);
	}
}

static size_t count(const struct migrations *migrations, enum severity severity)
{
	size_t found = 0;

	for (size_t i = 0; i < migrations->finding_count; i++)
		found += migrations->findings[i].severity == severity;
	return found;
}

int cmd_lint(struct session *session, int *exit_status, struct error *err)
{
	const struct migrations *migrations;
	struct lint_options options;
	struct error first = { 0 };
	int rc = session_read_migrations(session, &first);
	size_t errors;

	migrations = session->migrations;
	if (!migrations) {
		*err = first;
		return rc;
	}
	options.destructive = (enum severity)session->config.destructive;
	lint_with(session->migrations, &options);
	errors = count(migrations, SEVERITY_ERROR);
	/* What is wrong without being a finding: there is no step at all. */
	if (rc && errors == 0) {
		*err = first;
		return rc;
	}
	print_all(session);
	*exit_status = errors ? EXIT_STATUS_MIGRATIONS : EXIT_STATUS_GOOD;
	if (session->options->json) {
		json_print_lint(stdout, migrations, *exit_status);
	} else if (!session->options->quiet) {
		say_amount(stdout, migrations->step_count, "step", "steps");
		fputs(": ", stdout);
		say_amount(stdout, errors, "error", "errors");
		fputs(", ", stdout);
		say_amount(stdout, count(migrations, SEVERITY_WARNING),
			   "warning", "warnings");
		putchar('\n');
	}
	return 0;
}
