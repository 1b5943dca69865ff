/*
 * matching: which step of ours it is that another tool calls so.
 *
 * Runs on: any thread; reads only its arguments, which are const by then.
 *
 * Tools that keep a number may write it otherwise than the file does (1 for
 * 0001), so that numbers are compared as versions. Tools that keep a name are
 * matched by it:
 *
 *     d1, prisma       the name of the file, or of the folder it is in
 *     sqlite-migrate   what the file's name says behind its number, or the
 *                      step's description; "_", "-", "." and blanks are alike
 *     alembic          a word in the file's name or in the description
 *
 * and in migrations that are Markdown, which have no such names, by the number
 * that the name begins with, which has to be a version there.
 */
#ifndef FLEET_DATABASE_MATCHING_H
#define FLEET_DATABASE_MATCHING_H

#include <stdbool.h>
#include <stddef.h>

#include "database/tracker.h"
#include "migration/source.h"

/* How many steps it is. *position (from 1) is the first of them; of 0 and of
 * more than 1 nothing can be made. */
size_t matching_find(enum tracker_match match, const struct chain *chain,
		     const char *text, size_t *position);

/* True if `text` stands before the first step, by its number. */
bool matching_is_before(enum tracker_match match, const struct chain *chain,
			const char *text);

/* The last part of the path of the step's file, or of the folder that it is in
 * where the file itself has no number; borrowed. */
const char *matching_file_name(const struct step *step);

#endif
