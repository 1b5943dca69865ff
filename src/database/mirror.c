#include "database/mirror.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "base/text.h"
#include "database/adoption.h"
#include "database/applied.h"
#include "database/ledger.h"
#include "database/matching.h"
#include "sqlite/connection.h"
#include "sqlite/query.h"

/* No file of a source is bigger. */
#define FILE_LIMIT (16 << 20)

struct sum {
	unsigned char bytes[CHECKSUM_384_BYTES];
};

struct mirror {
	const struct tracker *tracker;
	const struct migrations *migrations;
	struct sum *sums[KIND_COUNT]; /* one for each step, if it takes them */
};

/* ---- what the tool could write down ---- */

/* The sum of the whole file, of which the step's SQL has to be a part: it was
 * read before. */
static int sum_file(const struct step *step, struct sum *out, struct error *err)
{
	FILE *file = fopen(step->file, "re");
	char *text = NULL, *from, *to;
	size_t bytes;
	int rc = 0;

	if (file != NULL)
		text = text_read_all(file, FILE_LIMIT, &bytes);
	if (text == NULL) {
		rc = error_set_errno(err, ERROR_MIGRATION, errno, "%s",
				     step->file);
	} else {
		checksum_384(text, bytes, out->bytes);
		/* The step has "\n" for every kind of line break. */
		for (from = to = text; *from != '\0'; from++) {
			if (*from == '\r' && from[1] == '\n')
				continue;
			*to++ = *from == '\r' ? '\n' : *from;
		}
		*to = '\0';
		if (!step->is_program && strstr(text, step->sql) == NULL)
			rc = error_set(err, ERROR_MIGRATION,
				       "%s was changed while the migrations "
				       "were read; run again",
				       step->file);
	}
	free(text);
	if (file != NULL)
		(void)fclose(file);
	return rc;
}

static bool is_whole_number(const char *text)
{
	char *end;

	errno = 0;
	(void)strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' &&
	       strspn(text, "0123456789") == strlen(text);
}

static bool has_same_file(const struct chain *chain, size_t p)
{
	size_t i;

	for (i = 0; i < p; i++) {
		if (strcmp(matching_file_name(chain->steps[i]),
			   matching_file_name(chain->steps[p])) == 0)
			return true;
	}
	return false;
}

/* Can the tool write that step down? */
static int check_step(const struct tracker *tracker, const struct chain *chain,
		      size_t p, struct error *err)
{
	const struct step *step = chain->steps[p];
	const char *why = NULL;

	if (tracker->records_integers && !is_whole_number(step->to))
		why = "writes down whole numbers, and that is none";
	else if (tracker->records_files && !chain->is_set)
		why = "writes down the name of a file for each migration, and "
		      "that has none of its own";
	else if (tracker->records_files && has_same_file(chain, p))
		why = "writes down the names of files, and two have that name";
	if (why == NULL)
		return 0;
	return error_set(err, ERROR_CONFIG,
			 "migrations.ledger = %s: %s (%s:%d): %s %s; leave "
			 "migrations.ledger out, or use migrations in that "
			 "tool's form",
			 tracker->name, step->to, step->file, step->line,
			 tracker->name, why);
}

static int prepare_kind(struct mirror *mirror, enum kind kind,
			struct error *err)
{
	const struct chain *chain = &mirror->migrations->chains[kind];
	size_t p;
	int rc = 0;

	if (mirror->tracker->records_sums)
		mirror->sums[kind] =
			xcalloc(chain->count + 1, sizeof(struct sum));
	for (p = 0; rc == 0 && p < chain->count; p++) {
		rc = check_step(mirror->tracker, chain, p, err);
		if (rc == 0 && mirror->tracker->records_sums)
			rc = sum_file(chain->steps[p], &mirror->sums[kind][p],
				      err);
	}
	return rc;
}

int mirror_new(const struct tracker *tracker,
	       const struct migrations *migrations, struct mirror **out,
	       struct error *err)
{
	struct mirror *mirror = xcalloc(1, sizeof(*mirror));
	int kind, rc = 0;

	mirror->tracker = tracker;
	mirror->migrations = migrations;
	for (kind = 0; rc == 0 && kind < KIND_COUNT; kind++)
		rc = prepare_kind(mirror, (enum kind)kind, err);
	if (rc != 0) {
		mirror_free(mirror);
		mirror = NULL;
	}
	*out = mirror;
	return rc;
}

void mirror_free(struct mirror *mirror)
{
	int kind;

	if (mirror == NULL)
		return;
	for (kind = 0; kind < KIND_COUNT; kind++)
		free(mirror->sums[kind]);
	free(mirror);
}

/* ---- the two of them ---- */

/* What the ledger and the table say, for one database. */
struct sides {
	const struct mirror *mirror;
	enum kind kind;
	const struct chain *chain;
	struct sqlite3 *db;
	bool *ours;		/* one for each step */
	size_t newest;		/* of ours; 0: none */
	bool is_there;		/* the table */
	struct adoption theirs; /* if it is */
};

/* In a chain each version stands on the one before; of a set the ledger says
 * which steps there are. */
static int read_ours(struct sides *sides, struct error *err)
{
	const struct chain *chain = sides->chain;
	struct ledger_head head = { 0 };
	size_t p;
	int rc = 0;

	sides->ours = xcalloc(chain->count + 1, sizeof(*sides->ours));
	if (chain->is_set)
		rc = applied_read(sides->db, chain, sides->ours, err);
	else
		rc = ledger_read(sides->db, &head, err);
	if (rc == 0 && !chain->is_set && head.exists)
		memset(sides->ours, true,
		       chain_position(chain, head.version) * sizeof(bool));
	for (p = 0; p < chain->count; p++) {
		if (sides->ours[p])
			sides->newest = p + 1;
	}
	return rc;
}

static void sides_release(struct sides *sides)
{
	free(sides->ours);
	adoption_release(&sides->theirs);
}

static int sides_read(const struct mirror *mirror, enum kind kind,
		      struct sqlite3 *db, struct sides *out, struct error *err)
{
	const struct tracker *tool = NULL;
	size_t tables;
	int rc;

	*out = (struct sides){
		.mirror = mirror,
		.kind = kind,
		.chain = &mirror->migrations->chains[kind],
		.db = db,
	};
	rc = read_ours(out, err);
	if (rc == 0)
		rc = adoption_choose(db, mirror->tracker, &tool, &tables, err);
	out->is_there = rc == 0 && tool != NULL;
	if (out->is_there)
		rc = adoption_read(db, tool, out->chain, &out->theirs, err);
	if (rc == ERROR_UNVERSIONED)
		error_append(err, "or leave migrations.ledger = %s out",
			     mirror->tracker->name);
	return rc;
}

static bool they_have(const struct sides *sides, size_t p)
{
	return sides->is_there && sides->theirs.has[p];
}

/* Of a tool that keeps one version, only that one counts: it does not say which
 * of the steps before it ran, or ran late. */
static bool counts(const struct sides *sides, size_t p)
{
	return sides->mirror->tracker->clear == NULL ||
	       p + 1 == sides->newest || p + 1 == sides->theirs.newest;
}

int mirror_check(const struct mirror *mirror, enum kind kind,
		 struct sqlite3 *db, struct error *err)
{
	const char *name = mirror->tracker->name;
	struct sides sides;
	char table[64];
	size_t p;
	int rc = sides_read(mirror, kind, db, &sides, err);

	for (p = 0; rc == 0 && p < sides.chain->count; p++) {
		if (sides.ours[p] || !they_have(&sides, p) ||
		    !counts(&sides, p))
			continue;
		rc = error_set(err, ERROR_UNVERSIONED,
			       "%s has %s, and our ledger has not: %s was run "
			       "here since; it was left untouched; take over "
			       "what that did with fleet-upgrade baseline "
			       "--forget USER, and then fleet-upgrade baseline "
			       "--from %s USER",
			       tracker_describe(mirror->tracker, table,
						sizeof(table)),
			       sides.chain->steps[p]->to, name, name);
	}
	sides_release(&sides);
	return rc;
}

/* "0001_create_users.up.sql": "create users", as sqlx keeps it. */
static char *words_of(const char *file_name)
{
	const char *begin = strchr(file_name, '_');
	char *words = xstrdup(begin == NULL ? "" : begin + 1);
	char *c;

	if (text_ends_with(words, ".up.sql"))
		words[strlen(words) - strlen(".up.sql")] = '\0';
	else if (text_ends_with(words, ".sql"))
		words[strlen(words) - strlen(".sql")] = '\0';
	for (c = words; *c != '\0'; c++) {
		if (*c == '_')
			*c = ' ';
	}
	return words;
}

/* Runs one of the tool's statements about a step. */
static int write_step(const struct sides *sides, const char *sql, size_t p,
		      struct error *err)
{
	const struct mirror *mirror = sides->mirror;
	const struct step *step = sides->chain->steps[p];
	char *words = words_of(matching_file_name(step));
	struct query query = { 0 };
	int rc = query_open(&query, sides->db, sql, err);

	if (rc == 0) {
		if (strstr(sql, "?1") != NULL)
			query_bind_text(&query, 1, step->to);
		if (strstr(sql, "?2") != NULL)
			query_bind_text(&query, 2, matching_file_name(step));
		if (strstr(sql, "?3") != NULL)
			query_bind_text(&query, 3, words);
		if (strstr(sql, "?4") != NULL)
			query_bind_blob(&query, 4,
					mirror->sums[sides->kind][p].bytes,
					CHECKSUM_384_BYTES);
		rc = query_write(&query, err);
	}
	query_close(&query);
	free(words);
	return rc;
}

/* Of a tool that keeps one row: the newest of ours, in the old one's place. */
static int write_newest(const struct sides *sides, struct error *err)
{
	const struct tracker *tracker = sides->mirror->tracker;
	size_t theirs = sides->is_there ? sides->theirs.newest : 0;
	struct query query = { 0 };
	int rc;

	if (sides->newest == theirs)
		return 0;
	rc = query_open(&query, sides->db, tracker->clear, err);
	if (rc == 0)
		rc = query_write(&query, err);
	query_close(&query);
	if (rc == 0 && sides->newest > 0)
		rc = write_step(sides, tracker->record, sides->newest - 1, err);
	return rc;
}

/* Of one that keeps all: what one has and the other has not. */
static int write_each(const struct sides *sides, struct error *err)
{
	const struct tracker *tracker = sides->mirror->tracker;
	size_t p;
	int rc = 0;

	for (p = 0; rc == 0 && p < sides->chain->count; p++) {
		if (sides->ours[p] == they_have(sides, p))
			continue;
		rc = write_step(sides,
				sides->ours[p] ? tracker->record
					       : tracker->remove,
				p, err);
	}
	return rc;
}

int mirror_write(const struct mirror *mirror, enum kind kind,
		 struct sqlite3 *db, struct error *err)
{
	struct sides sides;
	int rc = sides_read(mirror, kind, db, &sides, err);

	if (rc == 0 && !sides.is_there)
		rc = connection_run(db, mirror->tracker->create, err);
	if (rc == 0)
		rc = mirror->tracker->clear != NULL ? write_newest(&sides, err)
						    : write_each(&sides, err);
	sides_release(&sides);
	return rc;
}

int mirror_compare(const struct mirror *mirror, enum kind kind,
		   struct sqlite3 *db, char *out, size_t room,
		   struct error *err)
{
	struct sides sides;
	char table[64];
	size_t p;
	int rc = sides_read(mirror, kind, db, &sides, err);

	out[0] = '\0';
	for (p = 0; rc == 0 && sides.is_there && p < sides.chain->count; p++) {
		if (!sides.ours[p] || they_have(&sides, p) ||
		    !counts(&sides, p))
			continue;
		(void)snprintf(out, room, "%s lacks %s, which our ledger has",
			       tracker_describe(mirror->tracker, table,
						sizeof(table)),
			       sides.chain->steps[p]->to);
		break;
	}
	sides_release(&sides);
	return rc;
}
