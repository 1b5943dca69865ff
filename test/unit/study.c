#include "study.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "migration/markdown.h"
#include "sqlite/library.h"

int study_begin(void **state)
{
	(void)state;
	return library_begin(NULL);
}

struct migrations *study(const char *markdown)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));

	markdown_parse("t.md", markdown, strlen(markdown), migrations);
	migrations_chain(migrations);
	return migrations;
}

size_t study_count(const struct migrations *migrations, const char *rule)
{
	size_t i, count = 0;

	for (i = 0; i < migrations->finding_count; i++) {
		if (strcmp(migrations->findings[i].rule, rule) == 0)
			count++;
	}
	return count;
}

static void print_findings(const struct migrations *migrations)
{
	size_t i;

	for (i = 0; i < migrations->finding_count; i++) {
		const struct finding *finding = &migrations->findings[i];

		print_error("%s:%d: %s [%s]\n", finding->file, finding->line,
			    finding->message, finding->rule);
	}
}

const struct finding *study_finding(const struct migrations *migrations,
				    const char *rule)
{
	size_t i;

	if (study_count(migrations, rule) != 1) {
		print_findings(migrations);
		fail_msg("%zu findings of rule %s, not one",
			 study_count(migrations, rule), rule);
	}
	for (i = 0; i < migrations->finding_count; i++) {
		if (strcmp(migrations->findings[i].rule, rule) == 0)
			return &migrations->findings[i];
	}
	return NULL;
}

void study_expect_in(const struct migrations *migrations, const char *file,
		     const char *rule, enum severity severity, int line,
		     const char *part)
{
	const struct finding *finding = study_finding(migrations, rule);

	if (!text_ends_with(finding->file, file))
		fail_msg("\"%s\" does not end with \"%s\"", finding->file,
			 file);
	assert_int_equal(finding->line, line);
	assert_int_equal(finding->severity, severity);
	if (strstr(finding->message, part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", part, finding->message);
}

void study_expect(const struct migrations *migrations, const char *rule,
		  enum severity severity, int line, const char *part)
{
	study_expect_in(migrations, "t.md", rule, severity, line, part);
}

void study_expect_nothing(const struct migrations *migrations)
{
	print_findings(migrations);
	assert_int_equal(migrations->finding_count, 0);
}

void study_expect_no_error(const struct migrations *migrations)
{
	size_t errors;

	if (migrations_first_error(migrations, &errors) != NULL)
		print_findings(migrations);
	assert_int_equal(errors, 0);
}
