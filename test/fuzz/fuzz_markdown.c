/*
 * Any text as a document of migrations: what is taken for a step is one, what
 * is wrong is said with its line, and a chain that passes is a chain.
 *
 * Input: the document.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/markdown.h"
#include "migration/sql.h"
#include "migration/version.h"
#include "report/json.h"

static struct migrations *read_text(const char *text, size_t bytes)
{
	struct migrations *migrations = xcalloc(1, sizeof(*migrations));

	markdown_parse("f.md", text, bytes, migrations);
	migrations_chain(migrations);
	return migrations;
}

static int lines_of(const char *text, size_t bytes)
{
	int lines = 1;

	for (size_t i = 0; i < bytes; i++)
		lines += text[i] == '\n';
	return lines;
}

static void check_steps(const struct migrations *migrations, int lines)
{
	char sum[CHECKSUM_HEX_BYTES];

	for (size_t i = 0; i < migrations->step_count; i++) {
		const struct step *step = migrations->steps[i];
		size_t sql_bytes = strlen(step->sql);

		fuzz_claim(step->line >= 1 && step->line <= lines &&
				   step_line_at(step, 0) <= lines &&
				   step_line_at(step, sql_bytes) <= lines,
			   "a step lies in its file");
		fuzz_claim(version_is_valid(step->to) &&
				   (step->from == NULL ||
				    version_is_valid(step->from)),
			   "a step leads from version to version");
		fuzz_claim(step->is_blank == sql_is_blank(step->sql) &&
				   (step->is_blank || step->statements > 0),
			   "a step with statements is not blank");
		sql_checksum(step->sql, sum);
		fuzz_claim(strcmp(sum, step->checksum) == 0,
			   "the checksum is that of its SQL");
	}
}

static void check_chain(const struct migrations *migrations,
			const struct chain *chain)
{
	for (size_t p = 0; p < chain->count; p++) {
		const struct step *step = chain->steps[p];

		fuzz_claim(!step->is_planned && step->kind == chain->kind,
			   "a chain has active steps of its own kind");
		/* The other kind may have had a version before. */
		fuzz_claim(step->from == NULL
				   ? p == 0
				   : p > 0 || migrations_know(migrations,
							      step->from),
			   "the first step is the baseline, or bridges to it");
		fuzz_claim(p == 0 ||
				   version_compare(chain->steps[p - 1]->to,
						   step->from) <= 0,
			   "a step begins where the last ended, or later");
		fuzz_claim(version_compare(step->from, step->to) < 0,
			   "a step leads forward");
		fuzz_claim(migrations_know(migrations, step->to) &&
				   chain_position(chain, step->to) == p + 1 &&
				   strcmp(chain_version(chain, p + 1),
					  step->to) == 0,
			   "each version has its place");
	}
}

static void check_versions(const struct migrations *migrations)
{
	for (size_t i = 1; i < migrations->version_count; i++)
		fuzz_claim(version_compare(migrations->versions[i - 1],
					   migrations->versions[i]) < 0,
			   "versions are in order, each of them once");
}

/* With CRLF and a byte-order mark it says the same. */
static void check_other_ends(const struct migrations *migrations,
			     const char *text, size_t bytes)
{
	static const char mark[] = "\xef\xbb\xbf";
	char *other = xmalloc(2 * bytes + sizeof(mark)), *to = other;
	struct migrations *again;

	to = stpcpy(to, bytes >= 3 && memcmp(text, mark, 3) == 0 ? "" : mark);
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
			*to++ = '\r';
		*to++ = text[i];
	}
	again = read_text(other, (size_t)(to - other));
	fuzz_claim(again->step_count == migrations->step_count &&
			   again->finding_count == migrations->finding_count,
		   "line ends make no difference");
	for (size_t i = 0; i < again->step_count; i++)
		fuzz_claim(strcmp(again->steps[i]->sql,
				  migrations->steps[i]->sql) == 0,
			   "line ends are no part of the SQL");
	migrations_free(again);
	free(other);
}

static void check_printed(const struct migrations *migrations, int lines)
{
	struct list_options options = { .sql = false };
	struct fuzz_page page;

	fuzz_page_open(&page);
	for (size_t i = 0; i < migrations->finding_count; i++) {
		const struct finding *finding = &migrations->findings[i];

		fuzz_claim(finding->line >= 0 && finding->line <= lines,
			   "a finding lies in its file");
		json_print_finding(page.out, finding);
	}
	json_print_list(page.out, migrations, NULL, true);
	fuzz_page_close_json(&page);
	fuzz_page_open(&page);
	options.out = page.out;
	list_print(migrations, &options);
	fuzz_page_close(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const char *text = (const char *)data;
	int lines = lines_of(text, bytes);
	struct migrations *migrations = read_text(text, bytes);
	size_t errors;

	check_steps(migrations, lines);
	if (migrations_first_error(migrations, &errors) == NULL)
		for (int kind = 0; kind < KIND_COUNT; kind++)
			check_chain(migrations, &migrations->chains[kind]);
	check_versions(migrations);
	check_other_ends(migrations, text, bytes);
	check_printed(migrations, lines);
	migrations_free(migrations);
	return 0;
}
