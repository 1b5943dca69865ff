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

static void print_end(const struct migrations *migrations, const size_t found[])
{
	say_amount(stdout, migrations->step_count, "step", "steps");
	fputs(": ", stdout);
	say_amount(stdout, found[SEVERITY_ERROR], "error", "errors");
	fputs(", ", stdout);
	say_amount(stdout, found[SEVERITY_WARNING], "warning", "warnings");
	if (migrations->format != NULL)
		printf(" (%s)", migrations->format);
	putchar('\n');
}

int cmd_lint(struct session *session, int *exit_status, struct error *err)
{
	const struct lint_options options = {
		(enum severity)session->config.destructive,
	};
	size_t found[] = {
		[SEVERITY_NOTE] = 0,
		[SEVERITY_WARNING] = 0,
		[SEVERITY_ERROR] = 0,
	};
	const struct migrations *migrations;
	struct error first = { 0 };
	int rc = session_read_migrations(session, &first);

	migrations = session->migrations;
	if (!migrations) {
		*err = first;
		return rc;
	}
	lint_with(session->migrations, &options);
	for (size_t i = 0; i < migrations->finding_count; i++)
		found[migrations->findings[i].severity]++;
	/* What is wrong without being a finding: there is no step at all. */
	if (rc && found[SEVERITY_ERROR] == 0) {
		*err = first;
		return rc;
	}
	print_all(session);
	*exit_status = found[SEVERITY_ERROR] ? EXIT_STATUS_MIGRATIONS
					     : EXIT_STATUS_GOOD;
	if (session->options->json)
		json_print_lint(stdout, migrations, found, *exit_status);
	else if (!session->options->quiet)
		print_end(migrations, found);
	return 0;
}
