/*
 * source: the migrations that a file or a folder holds, read and put in order.
 *
 * Runs on: the main thread before the run; const from then on. Lifetime: the
 * run. Owns: every step, chain and finding, until migrations_free().
 *
 * Calling order: migrations_read() (once, with one path for both kinds or one
 * each), then look at `findings`; any error among them means ERROR_MIGRATION
 * and nothing may be touched. Readers add steps; the chains are built and
 * checked afterwards in the same way for every format (chain.c).
 *
 * One reader per format, recognised by looking: a folder with numbered SQL
 * files (files.h), all for one kind: that of the path, or users where it is
 * named for both; a folder with folders "system" and "user" (or one of them) of
 * such files; else every "*.md" in the folder (markdown.h), in order of name,
 * hidden ones left out. A file that is named itself is Markdown, whatever its
 * name.
 */
#ifndef FLEET_MIGRATION_SOURCE_H
#define FLEET_MIGRATION_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "migration/step.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* Something to tell about a source: "file:line: severity: message [rule]". */
struct finding {
	enum severity severity;
	char *file;
	int line; /* 0: the file as a whole */
	char *message;
	const char *rule; /* static: "placeholder", "gap", "no-end"... */
};

/* The active steps of one kind, first to last; position p in 0..count is the
 * state after p of them. */
struct chain {
	enum kind kind;
	struct step **steps; /* borrowed from struct migrations */
	size_t count;
	bool is_set; /* the steps are files of a folder, to which one that
		      * stands before others may come later: which of them a
		      * database has, its ledger says one by one */
	const char *format; /* static; NULL: that of the whole source */
	struct step **planned; /* listed only */
	size_t planned_count;
};

struct migrations {
	struct step **steps; /* all, in the order found; owned */
	size_t step_count, step_capacity;
	struct finding *findings; /* owned */
	size_t finding_count, finding_capacity;
	struct chain chains[KIND_COUNT];
	char **versions; /* every version known, oldest first, each once:
			  * the to-version of active steps of any kind;
			  * the texts are borrowed from the steps */
	size_t version_count;
	struct loose_part *loose; /* parts.h: until migrations_chain() */
	size_t loose_count, loose_capacity;
	const char *format; /* static: "markdown", "numbered", "pairs",
			     * "folders", "dbmate", "goose", "sql-migrate" */
};

/* What may be said about how a source is written, where looking at it would
 * find another way or marks that are none. */
enum source_format {
	SOURCE_AUTO, /* look */
	SOURCE_MARKDOWN,
	SOURCE_NUMBERED, /* no comment is a mark */
	SOURCE_DBMATE,	 /* only its marks are some; so with the others */
	SOURCE_GOOSE,
	SOURCE_SQL_MIGRATE,
};

/* What is to be read, and how. */
struct source {
	const char *path;	      /* for both kinds; or NULL, and then */
	const char *paths[KIND_COUNT]; /* one for each kind */
	enum source_format format;
	bool allows_programs;	      /* a step may be a program */
};

/* Reads `path` for both kinds, or, where `path` is NULL, `paths[kind]` for each
 * kind (NULL: that kind has none; a step of the other kind in it is an error,
 * as it would never run). Fails with ERROR_MIGRATION: no such file, no active
 * step in it, or a finding of SEVERITY_ERROR, the first of which is the message
 * with its file and line. *out is set even then (for lint), but NULL if a file
 * or folder could not be read. */
int migrations_read(const struct source *source, struct migrations **out,
		    struct error *err);
void migrations_free(struct migrations *migrations);

/* For readers: takes over `step`, of which what the source says is filled; adds
 * a finding. */
void migrations_add_step(struct migrations *migrations, struct step *step);
void migrations_add_finding(struct migrations *migrations,
			    enum severity severity, const char *file, int line,
			    const char *rule, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* The first finding of SEVERITY_ERROR, NULL if there is none; and how many. */
const struct finding *
migrations_first_error(const struct migrations *migrations, size_t *count);

/* Builds and checks `chains` and `versions`: the same step twice, two ways from
 * one version or to one, a gap, a cycle, a step back (findings of
 * SEVERITY_ERROR with both lines; looked for only if the reader found no error:
 * a block that could not be read would look like a gap). A from-version that
 * the kind itself never reaches is no gap if the other kind has it: the step
 * bridges it. */
void migrations_chain(struct migrations *migrations);

/* The position in the chain of the newest step whose to-version is not above
 * `version`; 0 if there is none. NULL or "latest": the end. */
size_t chain_position(const struct chain *chain, const char *version);

/* How the chain's migrations are written, for people: "numbered"; "" if there
 * are none. */
const char *chain_format(const struct migrations *migrations, enum kind kind);

/* The version at a position: NULL at 0. */
const char *chain_version(const struct chain *chain, size_t position);

/* True if `version` is one of `migrations->versions`. */
bool migrations_know(const struct migrations *migrations, const char *version);

/* Which steps there are in the chains that are sets, as a checksum: any step
 * that comes or goes makes it another. "" without such a chain. */
void migrations_set(const struct migrations *migrations,
		    char out[CHECKSUM_HEX_BYTES]);

/* The newest version of any kind; NULL without steps. */
const char *migrations_newest(const struct migrations *migrations);

#endif
