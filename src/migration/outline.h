/*
 * outline: where in a document one is: the headings above, and what they say.
 *
 * Runs on: the thread that reads the document. Zeroed is ready to use. Owns:
 * the texts of the fields, until outline_release().
 *
 * Calling order: outline_read() for every line of prose, in order,
 * outline_break() for what interrupts it; in between the questions.
 */
#ifndef FLEET_MIGRATION_OUTLINE_H
#define FLEET_MIGRATION_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

#define OUTLINE_LEVELS 6

enum outline_field { OUTLINE_DATE, OUTLINE_DESCRIPTION, OUTLINE_FIELD_COUNT };

struct outline {
	/* [0] is the text before any heading. */
	struct heading {
		bool is_planned;
		char *fields[OUTLINE_FIELD_COUNT]; /* NULL: not given here */
	} headings[OUTLINE_LEVELS + 1];
	int level;        /* of the innermost heading */
	char **paragraph; /* the field that the next line goes on with */
};

/* A line, without its break. A heading is one to six "#" and a blank, indented
 * by at most three blanks (more is code); it ends all headings of its level and
 * below. "**Date**: text" and "**Description**: text" (also "**Date:**", also
 * as an item of a list) belong to the innermost heading; their text goes on
 * until an empty line, a heading or the next field, list or table. */
void outline_read(struct outline *outline, const char *line, size_t bytes);

/* Something that is no prose stands here: a paragraph ends. */
void outline_break(struct outline *outline);

/* True if any heading above says "(Planned)" or "Future Migrations", without
 * regard to case. */
bool outline_is_planned(const struct outline *outline);

/* The field of the nearest heading that has it; "" if none has. Borrowed until
 * the next outline_read(). */
const char *outline_text(const struct outline *outline,
			 enum outline_field field);

void outline_release(struct outline *outline);

#endif
