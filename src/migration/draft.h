/*
 * draft: the next migration, decided and written out, before anything is on
 * disk.
 *
 * Runs on: the main thread. Owns: its strings, until draft_release().
 * Reads the file that it adds to; writes nothing.
 *
 * The step comes after the newest of its kind, planned ones too, so that two
 * drafts in a row are two steps in a row. Its version is one more than the
 * newest of any kind that is active, or than the newest of its own. With a
 * version said, it comes after the newest step of its kind below that.
 *
 * It is a planned step: appendix.h says why, and how in Markdown; namesake.h
 * for numbered files.
 */
#ifndef FLEET_MIGRATION_DRAFT_H
#define FLEET_MIGRATION_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "migration/source.h"

#define DRAFT_FILES 2

struct draft_request {
	enum kind kind;
	const char *words;   /* what it is for; one line */
	const char *version; /* NULL: the next */
	int64_t now_s;	     /* seconds since 1970 */
	bool is_apart;	     /* each kind has a source of its own: the first
			      * step of a kind cannot stand with the other's */
};

struct draft {
	enum kind kind;
	char *version;
	char *before;	  /* the version that it comes after; NULL: none */
	char *waits_for;  /* the name of that step, if that is only planned */
	bool appends;	  /* to a file that is there, which it replaces whole */
	size_t old_bytes; /* how much of the text was there before */
	char *folder;	/* to be made first, or NULL */
	struct draft_file {
		char *path; /* NULL: there is no such file */
		char *text; /* its whole content */
		int line;   /* where to write */
	} files[DRAFT_FILES]; /* the step, and its way down if that has a file
			       * of its own */
};

/* `migrations` have no error and at least one step. ERROR_USAGE: the words or
 * the version will not do; ERROR_MIGRATION: the source is of a form that cannot
 * be added to. On failure nothing is owned. */
int draft_make(const struct migrations *migrations,
	       const struct draft_request *request, struct draft *out,
	       struct error *err);
void draft_release(struct draft *draft);

#endif
