/*
 * tag: the comment lines that say where a step begins and where it ends.
 *
 *     -- [user:0.3.19→0.3.20:start]
 *     -- [user:0.3.19→0.3.20:end]
 *
 * ":down", ":check" and ":verify" begin other parts of the step: between the
 * start and the end, or in a block of their own that ends with an end as well.
 *
 * Runs on: any thread. No state; a struct tag is plain data.
 * A tag has its line for itself. "→" and "->" are the same, blanks around the
 * parts do not count. Whoever explains tags to people writes placeholders where
 * the versions would be; that is no tag, but it is told apart from a version
 * mistyped.
 */
#ifndef FLEET_MIGRATION_TAG_H
#define FLEET_MIGRATION_TAG_H

#include <stdbool.h>
#include <stddef.h>

#include "migration/step.h"
#include "migration/version.h"

enum tag_type {
	TAG_NONE,        /* any other line */
	TAG_PLACEHOLDER, /* shaped like a tag; its versions are none */
	TAG_WRONG,       /* meant as a tag, but no such thing: see `problem` */
	TAG_START,  /* the way up */
	TAG_DOWN,   /* here begins another part of the same step */
	TAG_CHECK,
	TAG_VERIFY,
	TAG_END,
};

#define TAG_NAME_BYTES 160

struct tag {
	enum tag_type type;
	enum kind kind;           /* from TAG_START on, as are from and to */
	char from[VERSION_BYTES]; /* "": baseline */
	char to[VERSION_BYTES];
	char name[TAG_NAME_BYTES]; /* the step's name; else what
				    * stands between the brackets, perhaps
				    * cut */
	bool has_digit;            /* a placeholder, perhaps a mistyped
				    * version */
	const char *problem; /* static: what is wrong, and what would do */
};

/* Reads the line (without its line break) and returns out->type. */
enum tag_type tag_read(const char *line, size_t bytes, struct tag *out);

/* True if both speak of the same step. */
bool tag_is_same_step(const struct tag *a, const struct tag *b);

#endif
