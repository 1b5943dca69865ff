#include "database/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const outcome_names[OUTCOME_COUNT] = {
	[OUTCOME_NONE] = "none",
	[OUTCOME_UPGRADED] = "upgraded",
	[OUTCOME_CURRENT] = "current",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_BUSY] = "busy",
	[OUTCOME_SKIPPED] = "skipped",
	[OUTCOME_NEWER] = "newer",
	[OUTCOME_WOULD_UPGRADE] = "would-upgrade",
	[OUTCOME_WOULD_FAIL] = "would-fail",
	[OUTCOME_RESTORED] = "restored",
	[OUTCOME_KEPT] = "kept",
};

static const char *const strategy_names[STRATEGY_COUNT] = {
	[STRATEGY_NONE] = NULL,
	[STRATEGY_IN_PLACE] = "in-place",
	[STRATEGY_SWAP] = "swap",
};

/* What an error makes of a database; everything else is a failure. */
static const struct {
	enum error_code code;
	enum outcome outcome;
} outcomes_of_errors[] = {
	{ ERROR_BUSY, OUTCOME_BUSY },       { ERROR_SKIPPED, OUTCOME_SKIPPED },
	{ ERROR_MISSING, OUTCOME_SKIPPED }, { ERROR_NEWER, OUTCOME_NEWER },
	{ ERROR_WRITTEN, OUTCOME_KEPT },    { ERROR_STOPPED, OUTCOME_NONE },
};

const char *outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

const char *strategy_name(enum strategy strategy)
{
	return strategy_names[strategy];
}

void result_note(struct result *result, const char *fmt, ...)
{
	char note[sizeof(result->notes)];
	char all[sizeof(result->notes) * 2 + 4];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(note, sizeof(note), fmt, args);
	va_end(args);
	(void)snprintf(all, sizeof(all), "%s%s%s", result->notes,
		       result->notes[0] != '\0' ? "; " : "", note);
	text_copy(result->notes, sizeof(result->notes), all);
}

void result_fail(struct result *result, const struct error *error)
{
	const size_t count =
		sizeof(outcomes_of_errors) / sizeof(outcomes_of_errors[0]);
	size_t i;

	result->outcome = OUTCOME_FAILED;
	for (i = 0; i < count; i++) {
		if (outcomes_of_errors[i].code == error->code)
			result->outcome = outcomes_of_errors[i].outcome;
	}
	result->failure.error = *error;
}

void result_fail_unchanged(struct result *result, const struct error *error)
{
	result_fail(result, error);
	memcpy(result->to, result->from, sizeof(result->to));
	result->steps = 0;
}

bool result_is_unchanged(const struct result *result)
{
	return strcmp(result->from, result->to) == 0;
}
