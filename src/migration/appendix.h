/*
 * appendix: a Markdown document of migrations with one more step at its end.
 *
 * Runs on: any thread. No state; text in, text out.
 *
 * The step is a block of comments below a heading of its own that says
 * "(Planned)": it is listed and not run until somebody has written its SQL and
 * takes that word out; without it, a step that does nothing would be recorded
 * in each database of the fleet, and its SQL would come too late.
 *
 * It is written as the document writes its own: the level of the newest step's
 * heading, the words in front of and between its versions, its arrow, its line
 * ends. Where the document ends below a heading that makes all planned ("Future
 * Migrations"), the new heading is of that one's level, so as to end it: below
 * it the step would stay planned whatever its own heading says.
 */
#ifndef FLEET_MIGRATION_APPENDIX_H
#define FLEET_MIGRATION_APPENDIX_H

#include <stddef.h>

#include "base/error.h"
#include "migration/step.h"

/* Writes `made` (kind, from, to, description, date) behind `text`, the content
 * of the file `name`, in which `newest` is the newest step. Gives the new
 * content, which the caller frees, and sets made->line to where its SQL goes.
 * ERROR_MIGRATION, and nothing is given: read again it would not be what was
 * there and that step, planned; the message says why. */
int appendix_write(const char *name, const char *text, size_t bytes,
		   const struct step *newest, struct step *made, char **out,
		   struct error *err);

#endif
