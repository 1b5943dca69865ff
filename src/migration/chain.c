#include "migration/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "migration/mistakes.h"
#include "migration/parts.h"
#include "migration/version.h"

#define LATEST "latest"

static int by_way(const void *left, const void *right)
{
	const struct step *a = *(struct step *const *)left;
	const struct step *b = *(struct step *const *)right;
	int order = version_compare(a->from, b->from);

	return order != 0 ? order : version_compare(a->to, b->to);
}

static int by_version(const void *left, const void *right)
{
	return version_compare(*(char *const *)left, *(char *const *)right);
}

static void sort_chain(struct migrations *migrations, enum kind kind)
{
	struct chain *chain = &migrations->chains[kind];
	size_t i;

	chain->kind = kind;
	chain->steps = xcalloc(migrations->step_count, sizeof(struct step *));
	chain->planned = xcalloc(migrations->step_count, sizeof(struct step *));
	for (i = 0; i < migrations->step_count; i++) {
		struct step *step = migrations->steps[i];

		if (step->kind != kind)
			continue;
		if (step->is_planned)
			chain->planned[chain->planned_count++] = step;
		else
			chain->steps[chain->count++] = step;
	}
	qsort(chain->steps, chain->count, sizeof(struct step *), by_way);
	qsort(chain->planned, chain->planned_count, sizeof(struct step *),
	      by_way);
}

static void collect_versions(struct migrations *migrations)
{
	char **versions = xcalloc(migrations->step_count, sizeof(char *));
	size_t i, count = 0, kept = 0;

	for (i = 0; i < migrations->step_count; i++) {
		if (!migrations->steps[i]->is_planned)
			versions[count++] = migrations->steps[i]->to;
	}
	qsort(versions, count, sizeof(char *), by_version);
	for (i = 0; i < count; i++) {
		if (kept == 0 ||
		    version_compare(versions[kept - 1], versions[i]) != 0)
			versions[kept++] = versions[i];
	}
	migrations->versions = versions;
	migrations->version_count = kept;
}

static bool is_same_version(const char *a, const char *b)
{
	return version_compare(a, b) == 0;
}

/* The step of the kind that leads to the version; NULL if there is none. */
static const struct step *step_to(struct step *const *steps, size_t count,
				  const char *version)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (is_same_version(steps[i]->to, version))
			return steps[i];
	}
	return NULL;
}

static const struct step *step_from(const struct chain *chain,
				    const char *version)
{
	size_t i;

	for (i = 0; i < chain->count; i++) {
		if (is_same_version(chain->steps[i]->from, version))
			return chain->steps[i];
	}
	return NULL;
}

/* A step that leads back closes a cycle if the way goes on to where it began;
 * no way is longer than the chain. */
static bool closes_cycle(const struct chain *chain, const struct step *step)
{
	const struct step *next = step;
	size_t i;

	for (i = 0; next != NULL && i < chain->count; i++) {
		next = step_from(chain, next->to);
		if (next == step)
			return true;
	}
	return false;
}

static bool check_rise(struct migrations *migrations, const struct chain *chain)
{
	bool is_fine = true;
	size_t i;

	for (i = 0; i < chain->count; i++) {
		const struct step *step = chain->steps[i];

		if (version_compare(step->from, step->to) < 0)
			continue;
		is_fine = false;
		if (!is_same_version(step->from, step->to) &&
		    closes_cycle(chain, step))
			migrations_add_finding(
				migrations, SEVERITY_ERROR, step->file,
				step->line, "cycle",
				"%s leads back to %s, from where the steps "
				"come to %s again: a cycle; versions only rise",
				step->name, step->to, step->from);
		else
			migrations_add_finding(
				migrations, SEVERITY_ERROR, step->file,
				step->line, "step-back",
				"%s does not lead to a newer version; versions "
				"only rise (as numbers: 0.3.9 is older than "
				"0.3.20)",
				step->name);
	}
	return is_fine;
}

/* Two neighbours in the order of their ways. */
static bool check_fork(struct migrations *migrations, const struct step *first,
		       const struct step *second)
{
	const char *from = second->from == NULL ? STEP_BASELINE : second->from;

	if (!is_same_version(first->from, second->from))
		return true;
	if (is_same_version(first->to, second->to))
		migrations_add_finding(migrations, SEVERITY_ERROR, second->file,
				       second->line, "same-step",
				       "%s is there twice, first at %s:%d; "
				       "keep one of them",
				       second->name, first->file, first->line);
	else
		migrations_add_finding(migrations, SEVERITY_ERROR, second->file,
				       second->line, "fork",
				       "two ways lead from %s: %s at %s:%d and "
				       "%s; keep one of them",
				       from, first->name, first->file,
				       first->line, second->name);
	return false;
}

static void report_gap(struct migrations *migrations, const struct chain *chain,
		       const struct step *step)
{
	const struct step *planned =
		step_to(chain->planned, chain->planned_count, step->from);

	if (planned != NULL)
		migrations_add_finding(
			migrations, SEVERITY_ERROR, step->file, step->line,
			"gap",
			"%s: no active step leads to %s, from which %s goes "
			"on: %s at %s:%d is only planned; make it active, or "
			"this one planned too",
			kind_name(chain->kind), step->from, step->name,
			planned->name, planned->file, planned->line);
	else
		migrations_add_finding(
			migrations, SEVERITY_ERROR, step->file, step->line,
			"gap",
			"%s: no step leads to %s, from which %s goes on; add "
			"the missing step, or mend the versions in the tags",
			kind_name(chain->kind), step->from, step->name);
}

/* A step may begin where the one before it ended, or later at a version that
 * only the other kind has. */
static void check_link(struct migrations *migrations, const struct chain *chain,
		       const struct step *before, const struct step *step)
{
	const char *reached = before == NULL ? NULL : before->to;
	int order = version_compare(step->from, reached);

	if (order == 0)
		return;
	if (before != NULL && order < 0)
		migrations_add_finding(
			migrations, SEVERITY_ERROR, step->file, step->line,
			"fork",
			"%s begins inside %s at %s:%d: two ways lead on from "
			"%s; keep one of them",
			step->name, before->name, before->file, before->line,
			step->from);
	else if (!migrations_know(migrations, step->from))
		report_gap(migrations, chain, step);
}

static void check_chain(struct migrations *migrations,
			const struct chain *chain)
{
	size_t i;

	/* Of a chain that does not rise, gaps and forks say nothing more. */
	if (!check_rise(migrations, chain))
		return;
	for (i = 0; i < chain->count; i++) {
		const struct step *before = i == 0 ? NULL : chain->steps[i - 1];

		if (before == NULL ||
		    check_fork(migrations, before, chain->steps[i]))
			check_link(migrations, chain, before, chain->steps[i]);
	}
}

void migrations_chain(struct migrations *migrations)
{
	size_t errors;
	enum kind kind;

	parts_attach(migrations);
	(void)migrations_first_error(migrations, &errors);
	collect_versions(migrations);
	for (kind = 0; kind < KIND_COUNT; kind++)
		sort_chain(migrations, kind);
	for (kind = 0; errors == 0 && kind < KIND_COUNT; kind++)
		check_chain(migrations, &migrations->chains[kind]);
	mistakes_find(migrations);
}

size_t chain_position(const struct chain *chain, const char *version)
{
	size_t position = 0;

	if (version == NULL || strcmp(version, LATEST) == 0)
		return chain->count;
	while (position < chain->count &&
	       version_compare(chain->steps[position]->to, version) <= 0)
		position++;
	return position;
}

const char *chain_format(const struct migrations *migrations, enum kind kind)
{
	const char *own = migrations->chains[kind].format;

	if (own != NULL)
		return own;
	return migrations->format != NULL ? migrations->format : "";
}

const char *chain_version(const struct chain *chain, size_t position)
{
	return position == 0 ? NULL : chain->steps[position - 1]->to;
}

bool migrations_know(const struct migrations *migrations, const char *version)
{
	size_t i;

	for (i = 0; i < migrations->version_count; i++) {
		if (is_same_version(migrations->versions[i], version))
			return true;
	}
	return false;
}

void migrations_set(const struct migrations *migrations,
		    char out[CHECKSUM_HEX_BYTES])
{
	struct checksum sum;
	bool has_set = false;

	checksum_init(&sum);
	for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
		const struct chain *chain = &migrations->chains[kind];

		for (size_t i = 0; chain->is_set && i < chain->count; i++)
			checksum_add(&sum, chain->steps[i]->to,
				     strlen(chain->steps[i]->to) + 1);
		checksum_add(&sum, "", 1);
		has_set |= chain->is_set;
	}
	checksum_end(&sum, out);
	if (!has_set)
		out[0] = '\0';
}

const char *migrations_newest(const struct migrations *migrations)
{
	size_t count = migrations->version_count;

	return count == 0 ? NULL : migrations->versions[count - 1];
}
